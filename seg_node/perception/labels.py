# Copyright 2026 seg_node contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Tables that turn label ids into what the classes mean, and nearest-label resizing.

A label map is uint8 [h, w]: an index into the model's classes, or UNLABELLED. Every table has
256 rows, so that no label value can index past its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import ClassInfo

Label = TypeVar('Label', np.uint8, np.uint16)


def drivable_lut(classes: Sequence[ClassInfo]) -> NDArray[np.uint8]:
    """Return uint8 [256]: 1 for the ids of drivable classes, else 0."""
    table = np.zeros(256, np.uint8)
    table[[index for index, info in enumerate(classes) if info.drivable]] = 1
    return table


def ground_lut(classes: Sequence[ClassInfo]) -> NDArray[np.bool_]:
    """Return bool [256]: whether pixels with a label show the ground; not where it is no class."""
    table = np.zeros(256, np.bool_)
    table[:len(classes)] = [info.is_ground for info in classes]
    return table


def color_lut(classes: Sequence[ClassInfo]) -> NDArray[np.uint8]:
    """Return uint8 [256, 1, 3] in BGR, as cv2.applyColorMap takes it; black beyond the classes."""
    table = np.zeros((256, 1, 3), np.uint8)
    for index, info in enumerate(classes):
        table[index, 0] = info.color[::-1]
    return table


def drivable(labels: NDArray[np.uint8], classes: Sequence[ClassInfo]) -> NDArray[np.bool_]:
    """Return bool, shaped like labels: whether the pixel belongs to a drivable class."""
    return cv2.LUT(labels, drivable_lut(classes)).view(np.bool_)


def resize_labels(labels: NDArray[Label], size: tuple[int, int]) -> NDArray[Label]:
    """
    Return labels, uint8 or uint16 [h, w], at size (width, height), each pixel its nearest label.

    Pixel centres are aligned, as in the linear resize that made the network's input.
    """
    width, height = size
    wide = cv2.resize(labels, (width, labels.shape[0]), interpolation=cv2.INTER_NEAREST_EXACT)
    # Many rows of the result are alike: copying them takes half of OpenCV's time.
    return cast('NDArray[Label]', wide.take(nearest_index(labels.shape[0], height), axis=0))


@lru_cache(maxsize=64)
def nearest_index(source: int, target: int) -> NDArray[np.int32]:
    """Return int32 [target]: the source pixel that cv2.INTER_NEAREST_EXACT takes for each."""
    line = np.arange(source, dtype=np.int32)[None]
    taken = cv2.resize(line, (target, 1), interpolation=cv2.INTER_NEAREST_EXACT).reshape(-1)
    taken.flags.writeable = False
    return cast('NDArray[np.int32]', taken)
