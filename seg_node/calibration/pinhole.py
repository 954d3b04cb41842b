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

"""A camera's picture as a pinhole without lens errors would give it, in grey and not too large."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import Intrinsics

Grey = NDArray[np.uint8]
Rays = NDArray[np.float64]
"""Unit vectors of the optical frame, [N, 3]."""


@dataclass(frozen=True, eq=False)
class Pinhole:
    """
    What straightens the pictures of one camera.

    matrix: float64 [3, 3], pixels from directions. size: width and height of what it gives.
    maps: float32 [height, width] each, where a pixel lies in the reduced picture; None where the
    lens does not bend.
    """

    matrix: NDArray[np.float64]
    size: tuple[int, int]
    maps: tuple[NDArray[np.float32], NDArray[np.float32]] | None

    @classmethod
    def build(cls, intrinsics: Intrinsics, max_width: int) -> Pinhole:
        """Return that of a camera, for pictures of its size; reduced to max_width pixels."""
        width = min(intrinsics.width, max_width)
        size = width, max(1, round(intrinsics.height * width / intrinsics.width))
        small = intrinsics.scaled(*size)
        matrix = np.array([[small.fx, 0.0, small.cx], [0.0, small.fy, small.cy], [0.0, 0.0, 1.0]])
        if not small.lens.bends:
            return cls(matrix, size, None)
        u, v = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
        plane = np.stack([(u - small.cx) / small.fx, (v - small.cy) / small.fy,
                          np.ones(u.shape)], -1)
        pixels = np.nan_to_num(small.project(plane), nan=-1.0).astype(np.float32)
        return cls(matrix, size, (pixels[..., 0], pixels[..., 1]))

    @property
    def focal(self) -> float:
        """Pixels per radian in the middle of the picture."""
        return float(self.matrix[0, 0])

    def grey(self, bgr: NDArray[np.uint8]) -> Grey:
        """Return the straight picture, uint8 [height, width]; 0 where nothing is."""
        grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
        if (grey.shape[1], grey.shape[0]) != self.size:
            grey = cv2.resize(grey, self.size, interpolation=cv2.INTER_AREA)
        if self.maps is not None:
            grey = cv2.remap(grey, *self.maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(grey, np.uint8)

    def rays(self, pixels: NDArray[np.floating]) -> Rays:
        """Return the directions that pixels [N, 2] of the straight picture show."""
        plane = (np.asarray(pixels, np.float64) - self.matrix[:2, 2]) / self.matrix.diagonal()[:2]
        rays = np.concatenate([plane, np.ones((len(plane), 1))], axis=1)
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))
