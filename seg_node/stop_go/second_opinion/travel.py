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

"""The vehicle's own motion between images, from odometry: how an earlier image was seen."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.roles import STANDSTILL
from seg_node.stop_go.second_opinion.level_camera import LevelCamera
from seg_node.stop_go.vehicle import Motion

_LONGEST_GAP = 2.0
"""Seconds between two images over which their motion can be told from two measurements."""
_SPACING = 0.03
"""Metres driven from one kept image to the next."""
_KEPT = 48
_MOMENTS = 0.6
"""Seconds for which every image is kept."""


@dataclass(frozen=True)
class Step:
    """
    From the ground below the camera now to that of an earlier image: p_then = R(turn) p + (x, y).

    Metres and radians; x is positive where the vehicle has driven ahead since.
    """

    x: float
    y: float
    turn: float

    @property
    def length(self) -> float:
        """Metres between the two places of the camera."""
        return math.hypot(self.x, self.y)


@dataclass(frozen=True)
class StampedPose:
    """Where the vehicle's origin is since the first image: metres, radians, and when, seconds."""

    x: float = 0.0
    y: float = 0.0
    turn: float = 0.0
    time: float = 0.0

    def from_here(self, x: float, y: float) -> tuple[float, float]:
        """Return the fixed place of a point in the vehicle's frame."""
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        return self.x + cos * x - sin * y, self.y + sin * x + cos * y

    def to_here(self, x: float, y: float) -> tuple[float, float]:
        """Return a fixed place in the vehicle's frame."""
        cos, sin, x, y = math.cos(self.turn), math.sin(self.turn), x - self.x, y - self.y
        return cos * x + sin * y, cos * y - sin * x


@dataclass(frozen=True, eq=False)
class Keyframe:
    """A level image, float32 grey [rows, columns], and where it was taken."""

    place: StampedPose
    grey: NDArray[np.float32]


class Travel:
    """
    Keep the latest images with their places, in the frame turned by `ahead` radians.

    Some a few centimetres apart, however long ago: a vehicle that stands still sees what it saw
    from another place before. And those of the last moment.
    """

    def __init__(self, ahead: float) -> None:
        self._cos, self._sin = math.cos(ahead), math.sin(ahead)
        self._apart: deque[Keyframe] = deque(maxlen=_KEPT)
        self._latest: deque[Keyframe] = deque(maxlen=_KEPT)
        self._motion: Motion | None = None
        self.place = StampedPose()
        self.begun = 0.0
        """When it last began from nothing, seconds."""

    def go_on(self, time: float, motion: Motion) -> bool:
        """
        Move on to the time of the next image, seconds.

        :returns: False where that cannot be told, and all that was kept is forgotten.
        """
        before, self._motion = self._motion, motion
        gap = time - self.place.time
        rests = before is not None and before.speed < STANDSTILL and motion.speed < STANDSTILL
        if before is None or not gap > 0.0 or (gap > _LONGEST_GAP and not rests):
            self._apart.clear()
            self._latest.clear()
            self.place, self.begun = StampedPose(time=time), time
            return False
        forward, left = (before.forward + motion.forward) / 2, (before.left + motion.left) / 2
        turned = (before.yaw_rate + motion.yaw_rate) / 2 * gap
        middle = StampedPose(self.place.x, self.place.y, self.place.turn + turned / 2)
        at = middle.from_here((self._cos * forward + self._sin * left) * gap,
                              (self._cos * left - self._sin * forward) * gap)
        self.place = StampedPose(*at, self.place.turn + turned, time)
        return True

    def keep(self, grey: NDArray[np.float32]) -> None:
        """Keep the image of this place and moment."""
        shot = Keyframe(self.place, grey)
        if not self._apart or self._driven(self._apart[-1]) >= _SPACING:
            self._apart.append(shot)
        self._latest.append(shot)
        while self.place.time - self._latest[0].place.time > _MOMENTS:
            self._latest.popleft()

    def forget_earlier(self) -> None:
        """Forget the images from other places: the world is not what it was then."""
        self._apart.clear()

    def shot_before(self, seconds: float) -> Keyframe | None:
        """Return the image that was taken as nearly as can be so many seconds before."""
        return min(self._latest, default=None, key=lambda shot: abs(
            self.place.time - shot.place.time - seconds))

    def shot_from(self, distance: float) -> Keyframe | None:
        """Return the kept image that was taken as nearly as can be so many metres before."""
        return min(self._apart, default=None, key=lambda shot: abs(
            self._driven(shot) - distance))

    def step_to(self, shot: Keyframe, camera: LevelCamera) -> Step:
        """Return the step to an earlier image of the camera."""
        x, y = shot.place.to_here(*self.place.from_here(camera.ahead, camera.aside))
        return Step(x - camera.ahead, y - camera.aside, self.place.turn - shot.place.turn)

    def _driven(self, shot: Keyframe) -> float:
        return math.hypot(shot.place.x - self.place.x, shot.place.y - self.place.y)
