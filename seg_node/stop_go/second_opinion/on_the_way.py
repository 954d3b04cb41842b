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

"""The way that is looked at, and what stands on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seg_node.stop_go.corridor.ground_corridor import SweptPath, turned
from seg_node.stop_go.second_opinion.level_camera import LevelCamera
from seg_node.stop_go.second_opinion.suspicions import Suspicions
from seg_node.stop_go.second_opinion.travel import StampedPose

_PASSED = -0.3


@dataclass(frozen=True)
class Ahead:
    """
    The way to be looked at: from the vehicle's origin, `turned` to the left of straight on.

    near, far: metres from the camera's foot. needed: metres from the bumper that must be clear.
    """

    way: SweptPath
    turned: float
    near: float
    far: float
    needed: float


@dataclass(frozen=True)
class Standing:
    """
    Something that stands on the way.

    distance: of its foot from the bumper, metres; aside: of the middle of the way, to the left.
    x, y: its foot from the camera's. score: the most that one image said. stops: it is nearer than
    what must be clear, or was: what must be clear shrinks as the vehicle stops.
    """

    distance: float
    aside: float
    x: float
    y: float
    score: float
    stops: bool


def standing_on(suspicions: Suspicions, ahead: Ahead, camera: LevelCamera, place: StampedPose,
                ) -> tuple[Standing, ...]:
    """Return what surely stands on the way, the nearest first; forget what has been passed."""
    found, half = [], ahead.way.width / 2
    for one in list(suspicions.all):
        x, y = place.to_here(one.x, one.y)
        along, aside = (float(each[0]) for each in ahead.way.locate(
            turned(np.array([[x, y]]), -ahead.turned)))
        distance = along - ahead.way.bumper
        if distance < _PASSED:
            suspicions.drop(one)
        elif one.sure and -half - one.left < aside < half + one.right:
            one.stopped_for |= distance < ahead.needed
            found.append(Standing(max(distance, 0.0), aside, x - camera.ahead, y - camera.aside,
                                  one.strongest, one.stopped_for))
    return tuple(sorted(found, key=lambda standing: standing.distance))
