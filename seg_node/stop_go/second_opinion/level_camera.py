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

"""A camera's image as a level camera would give it, small: what the witnesses look at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import View

WIDTH = 320
"""Columns of the small image, and of the level one."""
HORIZON = 2.0
"""Row of the horizon in the level image."""
_MOST_ROWS = 224
_SKIPPED = 0.35
"""Metres of ground before the camera's foot that are never looked at."""

Image = NDArray[np.uint8]
Map = NDArray[np.float32]


def small_image(bgr: Image) -> Image:
    """Return an image, uint8 [H, W, 3], reduced to WIDTH columns by averaging."""
    height, width = bgr.shape[:2]
    rows = max(1, round(height * WIDTH / width))
    way = cv2.INTER_AREA if width > WIDTH else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(bgr, (WIDTH, rows), interpolation=way), np.uint8)


@dataclass(frozen=True, eq=False)
class LevelCamera:
    """
    A camera without lens errors, pitch, roll and yaw, in the place of the real one.

    It looks along x of its own frame, whose origin is the ground below it: x forward along the
    way, y left, z up. A point is seen at u = centre - focal y / x and
    v = HORIZON + focal (height - z) / x. `ahead` and `aside`: the place of its origin in the
    vehicle frame that is turned into the way. `size`: width and height of the small images.
    map_u and map_v: float32 [rows, WIDTH], where each pixel lies in the small image, -1 outside;
    `seen`: uint8 [rows, WIDTH], 255 where it lies in it.
    """

    focal: float
    centre: float
    height: float
    ahead: float
    aside: float
    size: tuple[int, int]
    map_u: Map
    map_v: Map
    seen: Image

    @classmethod
    def build(cls, view: View, size: tuple[int, int]) -> LevelCamera:
        """
        Build the tables for a view whose x axis is the way, for small images of a size.

        :raises ValueError: when the camera sees no ground ahead.
        """
        small = view.scaled(*size)
        focal, centre = small.intrinsics.fx, (WIDTH - 1) / 2
        ahead, aside, height = view.pose.position.tolist()
        if not height > 0:
            raise ValueError(f'the camera is {height:.2f} m over the ground; check its mounting')
        rows = int(min(_MOST_ROWS, HORIZON + focal * height / _SKIPPED))
        u, v = np.meshgrid(np.arange(WIDTH), np.arange(rows))
        rays = np.stack([np.ones(u.shape), (centre - u) / focal, (HORIZON - v) / focal], -1)
        pixels = small.intrinsics.project(rays @ small.pose.rotation.T)
        inside = ((pixels[..., 0] >= 0) & (pixels[..., 0] <= size[0] - 1)
                  & (pixels[..., 1] >= 0) & (pixels[..., 1] <= size[1] - 1))
        if not inside[int(HORIZON) + 1:].any():
            raise ValueError('the camera sees no ground ahead')
        last = int(np.flatnonzero(inside.any(1))[-1]) + 1
        pixels = np.where(inside[..., None], pixels, -1.0)[:last]
        return cls(focal, centre, height, ahead, aside, size,
                   np.asarray(pixels[..., 0], np.float32), np.asarray(pixels[..., 1], np.float32),
                   np.where(inside[:last], np.uint8(255), np.uint8(0)))

    def image(self, small: Image) -> Image:
        """Return the level image of a small one, uint8 [rows, WIDTH, 3]; 0 where nothing is."""
        return np.asarray(cv2.remap(small, self.map_u, self.map_v, cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_CONSTANT), np.uint8)
