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

"""From depth to heights over the ground: the table of a view."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import View

_WIDTH = 320
"""Pixels that are looked at in a row, at least, where there are so many."""
Depth = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DepthRays:
    """
    Where the pixels of a depth image look, each `stride`-th of rows and columns.

    At depth z along the optical axis a pixel shows the point `origin` + z * `toward` of the
    vehicle frame: float64 [3] and float32 [h, w, 3]. `away`, float32 [h, w], is how far from the
    lens over the ground each metre of depth leads; `ground`, float32 [h, w], the depth of flat
    ground, inf where there is none. NaN where the lens is past its calibration.
    """

    stride: int
    origin: NDArray[np.float64]
    toward: Depth
    away: Depth
    ground: Depth

    @classmethod
    def build(cls, view: View) -> DepthRays:
        """Make the table of a view at the image's size."""
        camera = view.intrinsics
        stride = max(1, camera.width // _WIDTH)
        pixels = np.stack(np.meshgrid(
            np.arange(0.0, camera.width, stride), np.arange(0.0, camera.height, stride)), axis=-1)
        plane = camera.unproject(pixels)
        optical = np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1)
        toward = optical @ view.pose.rotation
        down = -toward[..., 2]
        with np.errstate(divide='ignore', invalid='ignore'):
            ground = np.where(down > 0, view.pose.position[2] / down, math.inf)
        return cls(stride, view.pose.position, toward.astype(np.float32),
                   np.hypot(toward[..., 0], toward[..., 1]).astype(np.float32),
                   ground.astype(np.float32))

    def sample(self, metres: Depth) -> Depth:
        """Return the depth [h, w] of the pixels that are looked at."""
        return metres[::self.stride, ::self.stride]

    def height(self, depth: Depth) -> Depth:
        """Return the height [h, w] over the ground of what is seen at depths [h, w], metres."""
        return np.asarray(depth * self.toward[..., 2] + np.float32(self.origin[2]), np.float32)

    def places(self, depth: Depth, where: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return x and y [N, 2] in the vehicle frame of the flagged pixels, metres."""
        return np.asarray(
            self.origin[:2] + depth[where][:, None] * self.toward[..., :2][where], np.float64)
