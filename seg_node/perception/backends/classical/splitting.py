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

"""Region splitting and merging: quarters until each is even, then like neighbours together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends.classical.clustering import flooded
from seg_node.perception.backends.classical.seeded_image import enlarged

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

_LARGEST = 32
"""Side of the squares that are split, in pixels; the smallest are single ones."""
_EVEN = 6.0
"""Standard deviation up to which a square is even, levels."""
_STEP = 8
"""How far neighbouring squares of one region may differ, levels."""


def split_and_merge(image: SeededImage) -> Plane:
    """
    Return the ground by splitting and merging, uint8 [h, w] of 0 and 1.

    S. L. Horowitz and T. Pavlidis, "Picture segmentation by a tree traversal algorithm", 1976.
    """
    small = image.half
    return enlarged(small.grown(flooded(split(small.lab), small, _STEP)), image)


def split(planes: Plane) -> Plane:
    """Return an image uint8 [h, w, 3] with the mean of its square in each pixel."""
    height, width = planes.shape[:2]
    values = planes.astype(np.float32)
    squares = values * values
    result = planes.copy()
    undecided = np.ones((height, width), np.bool_)
    side = _LARGEST
    while side > 1:
        size = (-(-width // side), -(-height // side))
        mean = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        spread = cv2.resize(squares, size, interpolation=cv2.INTER_AREA) - mean * mean
        even = (spread.max(axis=2) <= _EVEN ** 2).view(np.uint8)
        full = cv2.resize(even, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        here = undecided & full.view(np.bool_)
        means = cv2.resize(mean, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        result[here] = means[here]
        undecided &= ~here
        side //= 2
    return result
