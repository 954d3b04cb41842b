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

"""Camera pictures to the input of a network, on the CPU."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class InputScaler:
    """Make pictures RGB of one size, in buffers that are used again: one thread at a time."""

    def __init__(self, width: int, height: int) -> None:
        """Take the network's input size in pixels."""
        self._size = (width, height)
        self._scaled: NDArray[np.uint8] = np.empty((height, width, 3), np.uint8)
        self._rgb: NDArray[np.uint8] = np.empty_like(self._scaled)

    def scale(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """
        Return a BGR picture uint8 [H, W, 3] as RGB uint8 [height, width, 3].

        The memory is used again by the next call.
        """
        size = (bgr.shape[1], bgr.shape[0])
        scaled = bgr
        if size != self._size:
            resized = cv2.resize(
                bgr, self._size, dst=self._scaled, interpolation=resampling(size, self._size))
            scaled = cast('NDArray[np.uint8]', resized)
        rgb = cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB, dst=self._rgb)
        return cast('NDArray[np.uint8]', rgb)


def resampling(size: tuple[int, int], target: tuple[int, int]) -> int:
    """
    Return how cv2.resize takes a picture to the network's size, both (width, height).

    Averaging from factor 2 on, where linear interpolation skips pixels; below, the interpolation
    that OpenCV defines bit by bit, so that the GPU's kernels can give the same.
    """
    shrinking = size[0] >= 2 * target[0] and size[1] >= 2 * target[1]
    return cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR_EXACT
