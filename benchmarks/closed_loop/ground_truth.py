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

"""What is true on a drive, whatever was seen: how far the way is free, and what is hit."""

from __future__ import annotations

from collections.abc import Sequence
import math

from benchmarks.closed_loop.actors import Body
from benchmarks.closed_loop.course import Course
from benchmarks.closed_loop.footprint import overlap
from benchmarks.closed_loop.kinematics import VehicleState
from benchmarks.closed_loop.limits import could_look_near
from benchmarks.closed_loop.vehicle_setup import VehicleSetup

MOVING = 0.05
"""Speed in m/s over which an overlap is a collision: who walks into a standing vehicle, is not."""
SPARE_SIDE = 0.4
"""Metres beside the corridor that must be free too before a STOP is called false."""
SPARE_AHEAD = 2.0
"""Metres ahead that must be free besides before a STOP is called false."""
_NEAR = 12.0


class GroundTruth:
    """
    Judge a drive by the world.

    Distances are from the bumper along the road, at the vehicle's offset from the centre line.
    """

    def __init__(self, course: Course, setup: VehicleSetup) -> None:
        """Take the course and who drives on it."""
        self._course, self._setup = course, setup

    def place(self, state: VehicleState) -> tuple[float, float]:
        """Return arc length and offset (s, d) of the vehicle's origin, m."""
        return self._course.scene.line.locate(state.pose.x, state.pose.y)

    def free(self, place: tuple[float, float], bodies: Sequence[Body], spare: float) -> float:
        """
        Return how far the way is free, with `spare` metres beside the corridor; inf: to the end.

        0 where the road is too narrow for that.
        """
        s, d = place
        half = self._setup.corridor_width / 2.0 + spare
        bumper = s + self._setup.vehicle.front
        if abs(d) + half > self._course.half_width:
            return 0.0
        gap = self._course.scene.profile.end_s - bumper
        for body in bodies:
            if body.s > s and abs(body.d - d) < half + body.width / 2.0:
                gap = min(gap, body.s - bumper)
        return max(gap, 0.0)

    def ample(self, speed: float) -> float:
        """
        Return the free distance from which on a STOP is false, metres from the bumper.

        Farther than an error of the pitch within the limits can make anything look too near.
        """
        vehicle, mounting = self._setup.vehicle, self._setup.mounting
        behind = vehicle.front - mounting.forward
        near = behind + self._setup.required(speed)
        return could_look_near(near, mounting.height, self._setup.pitch_error) + SPARE_AHEAD

    def hit(self, state: VehicleState, place: tuple[float, float], bodies: Sequence[Body],
            ) -> str | None:
        """Name what the moving vehicle runs into or off; None for nothing."""
        if state.speed <= MOVING:
            return None
        vehicle = self._setup.vehicle
        s, d = place
        if s + vehicle.front > self._course.scene.profile.end_s:
            return 'end of road'
        outline = self._setup.footprint.corners(state.pose)
        line = self._course.scene.line
        # Only a vehicle near the edge can be over it: the corners need not always be located.
        if abs(d) + math.hypot(vehicle.front, vehicle.width) > self._course.half_width:
            for x, y in outline.tolist():
                if abs(line.locate(x, y)[1]) > self._course.half_width + vehicle.side_margin:
                    return 'edge of road'
        for body in bodies:
            if abs(body.s - s) < _NEAR and overlap(outline, body.corners):
                return self._course.kind.value
        return None
