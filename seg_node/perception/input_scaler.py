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

"""Camera images to the input of a network, on the CPU."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


_KEPT = 16
"""Buffers of one kind: those of a few cameras' sizes."""


class InputScaler:
    """Bring images to one size, in buffers that are used again: one thread at a time."""

    def __init__(self, width: int, height: int) -> None:
        """Take the network's input size in pixels."""
        self._size = (width, height)
        self._halves, self._padded = _Buffers(3), _Buffers(4)
        self._scaled: NDArray[np.uint8] = np.empty((height, width, 4), np.uint8)
        self._bgr: NDArray[np.uint8] = np.empty((height, width, 3), np.uint8)
        self._rgb: NDArray[np.uint8] = np.empty_like(self._bgr)

    def scale(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a BGR image uint8 [H, W, 3] as RGB uint8 [height, width, 3]; see resize()."""
        rgb = cv2.cvtColor(self.resize(bgr), cv2.COLOR_BGR2RGB, dst=self._rgb)
        return cast('NDArray[np.uint8]', rgb)

    def resize(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """
        Return an image uint8 [H, W, 3] as uint8 [height, width, 3].

        Images at least twice as large in both directions are halved until they are not: OpenCV
        does that in a fifth of the time of its mean over other areas, and interpolation alone
        would skip pixels. An odd last row or column is left out. The rest is interpolated in the
        way that OpenCV defines bit by bit, so that the GPU gives the same. The memory is used
        again by the next call.
        """
        scaled = bgr
        for _ in range(halvings((bgr.shape[1], bgr.shape[0]), self._size)):
            scaled = self._halve(scaled)
        if (scaled.shape[1], scaled.shape[0]) == self._size:
            return scaled
        # A fourth channel is a third more to compute, and halves the time: OpenCV's vector code
        # for this interpolation takes one, two or four, not three.
        padded = cv2.cvtColor(scaled, cv2.COLOR_BGR2BGRA, dst=self._padded.like(scaled.shape))
        cv2.resize(padded, self._size, dst=self._scaled, interpolation=cv2.INTER_LINEAR_EXACT)
        resized = cv2.cvtColor(self._scaled, cv2.COLOR_BGRA2BGR, dst=self._bgr)
        return cast('NDArray[np.uint8]', resized)

    def _halve(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = bgr.shape[0] // 2, bgr.shape[1] // 2
        halved = cv2.resize(
            bgr[:2 * height, :2 * width], (width, height),
            dst=self._halves.like((height, width)), interpolation=cv2.INTER_AREA)
        return cast('NDArray[np.uint8]', halved)


class _Buffers:
    """An image uint8 [H, W, channels] of each size that is asked for."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._kept: dict[tuple[int, ...], NDArray[np.uint8]] = {}

    def like(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return the one of a height and width, the first two of a shape."""
        size = shape[:2]
        found = self._kept.get(size)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[size] = np.empty((*size, self._channels), np.uint8)
        return found


def halvings(size: tuple[int, int], target: tuple[int, int]) -> int:
    """Return how often an image can be halved and is not smaller than the target, (w, h) both."""
    times = 0
    while all(side >> times + 1 >= wanted for side, wanted in zip(size, target, strict=True)):
        times += 1
    return times
