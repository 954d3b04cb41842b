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

"""Which places on the ground vehicles and obstacles take up, and whether they overlap."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.road import Pose

Corners = NDArray[np.float64]


@dataclass(frozen=True)
class Footprint:
    """
    A rectangle around an origin: `front` and `rear` metres ahead of and behind it, `width` wide.

    A rear below 0 lies ahead of the origin.
    """

    front: float
    rear: float
    width: float

    def corners(self, pose: Pose) -> Corners:
        """Return the world corners, float64 [4, 2]: front left, front right, rear right..."""
        cos_y, sin_y = math.cos(pose.yaw), math.sin(pose.yaw)
        half = self.width / 2.0
        ahead = np.array([self.front, self.front, -self.rear, -self.rear])
        aside = np.array([half, -half, -half, half])
        return np.stack([pose.x + ahead * cos_y - aside * sin_y,
                         pose.y + ahead * sin_y + aside * cos_y], -1)


def overlap(one: Corners, other: Corners) -> bool:
    """
    Tell whether two convex outlines overlap, float64 [N, 2] and [M, 2]; touching does not count.

    Separating axes: convex outlines are apart exactly when they are along a normal of an edge.
    """
    for outline in (one, other):
        edges = np.roll(outline, -1, 0) - outline
        normals = np.stack([-edges[:, 1], edges[:, 0]], -1)
        first, second = one @ normals.T, other @ normals.T
        apart = (first.max(0) <= second.min(0)) | (second.max(0) <= first.min(0))
        if bool(apart.any()):
            return False
    return True
