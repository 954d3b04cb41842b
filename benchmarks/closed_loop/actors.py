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

"""What stands or walks on a road: a sprite to be seen, and the ground that it takes up."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from benchmarks.closed_loop.footprint import Corners, Footprint
from seg_node.simulation import obstacles
from seg_node.simulation.billboards import Billboard
from seg_node.simulation.renderer import Scene
from seg_node.simulation.sprite import Sprite

_BODY_M = (0.4, 0.3)
"""Width and depth of a pedestrian on the ground."""
_STRIDE_M = 1.4


@dataclass(frozen=True, eq=False)
class Body:
    """
    Something on the road at (s, d) in metres along and to the left of its centre line.

    The sprite stands at its near face; the body takes up `width` across and `depth` beyond it.
    """

    thing: Billboard
    s: float
    d: float
    width: float
    corners: Corners


def stand(scene: Scene, s: float, d: float, sprite: Sprite, width: float, depth: float) -> Body:
    """Put a body on a scene's road."""
    pose = scene.line.pose(s, d)
    return Body(Billboard(pose.x, pose.y, sprite), s, d, width,
                Footprint(depth, 0.0, width).corners(pose))


@dataclass(frozen=True)
class Walk:
    """
    How a pedestrian crosses: from offset `begin` to `end` (m) at `pace` (m/s).

    At the offset `rest_at` the pedestrian stands for `rest_s` seconds, then walks on, or back to
    the beginning where `back` is true. variant: the looks.
    """

    s: float
    begin: float
    end: float
    pace: float
    rest_at: float
    rest_s: float
    back: bool
    variant: int

    def offset(self, walked_s: float) -> float:
        """Return the offset (m) so many seconds after setting out; 0 or less is the beginning."""
        there = abs(self.rest_at - self.begin) / self.pace
        if walked_s <= there:
            return float(np.interp(walked_s, [0.0, there], [self.begin, self.rest_at]))
        goal = self.begin if self.back else self.end
        left = max(walked_s - there - self.rest_s, 0.0) * self.pace
        return self.rest_at + math.copysign(
            min(left, abs(goal - self.rest_at)), goal - self.rest_at)

    def body(self, scene: Scene, walked_s: float) -> Body:
        """Return the pedestrian so many seconds after setting out."""
        d, soon = self.offset(walked_s), self.offset(walked_s + 0.05)
        return self.at(scene, self.s, d, soon - d)

    def at(self, scene: Scene, s: float, d: float, onward: float) -> Body:
        """Return the pedestrian at a place on the road, and walking where `onward` is not 0."""
        phase = -1 if abs(onward) < 1e-6 else int(
            (d + 50.0) / _STRIDE_M * obstacles.PHASES) % obstacles.PHASES
        facing = -1 if onward > 0 else 1
        width, depth = _BODY_M
        return stand(scene, s, d, obstacles.pedestrian(self.variant, phase, facing), width, depth)


@dataclass(frozen=True)
class Approach:
    """
    How somebody who stands in the way comes up to a standing vehicle, at `pace` (m/s).

    And stays, `gap` metres before its bumper, at the offset `d` (m) from the road's centre line.
    """

    gap: float
    d: float
    pace: float

    def seconds(self, begin: Body, bumper: float) -> float:
        """Return how long the way takes from a place to a bumper at an arc length, m."""
        return math.hypot(begin.s - bumper - self.gap, begin.d - self.d) / self.pace

    def body(self, scene: Scene, walk: Walk, begin: Body, bumper: float, walked_s: float) -> Body:
        """Return the pedestrian so many seconds after setting out."""
        share = min(1.0, walked_s / max(self.seconds(begin, bumper), 1e-6))
        s = begin.s + share * (bumper + self.gap - begin.s)
        d = begin.d + share * (self.d - begin.d)
        return walk.at(scene, s, d, self.d - begin.d if share < 1.0 else 0.0)
