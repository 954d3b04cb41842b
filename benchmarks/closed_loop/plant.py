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

"""The vehicle of a drive: it obeys decisions after a delay, nods, and measures its own motion."""

from __future__ import annotations

from collections import deque
import math

import numpy as np

from benchmarks.closed_loop.course import Course
from benchmarks.closed_loop.kinematics import advance, Driver, VehicleState
from benchmarks.closed_loop.limits import StatedLimits, TICK, yaw_rate_error
from benchmarks.closed_loop.vehicle_setup import VehicleSetup
from seg_node.simulation.road import Pose
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Decision

_CURVATURE_RATE = 0.4
_SLOWING = 0.6
"""Share of the full deceleration at which the vehicle comes down to a lower speed."""
_BUMP_NOD_S = 0.4
_BUMP_NOD_M = 0.8
_JOIN_S = 2.5
"""The vehicle joins at speed; so long, or until the first GO, it does not obey yet."""


class Plant:
    """Vehicle, driver, brakes and odometry; time in seconds from the beginning of the drive."""

    def __init__(self, rng: np.random.Generator, course: Course, setup: VehicleSetup,
                 limits: StatedLimits) -> None:
        """Put the vehicle on the road, standing or at some speed."""
        self._rng, self._course, self._setup, self._limits = rng, course, setup, limits
        speed = 0.0 if rng.random() < 0.3 else float(
            rng.uniform(0.3, 1.0)) * setup.vehicle.max_speed
        line = course.scene.line
        road = float(np.interp(0.0, line.s, line.curvature))
        curvature = road / (1.0 - course.lateral * road)
        self.state = VehicleState(line.pose(0.0, course.lateral), speed, curvature)
        self._driver = Driver(line, course.lateral, setup.vehicle.max_curvature, _CURVATURE_RATE)
        self._obeyed = Decision.STOP
        self._coming: deque[tuple[float, Decision]] = deque()
        self._joining = True
        self._past: deque[VehicleState] = deque(maxlen=1 + int(limits.odometry_age / TICK))
        self._past.append(self.state)
        self._errors = rng.uniform(-1.0, 1.0, 3).tolist()
        self._calibration = float(rng.uniform(-0.5, 0.5)) * setup.pitch_error
        self._nod = float(rng.uniform(0.0, 0.5)) * setup.pitch_error / setup.vehicle.deceleration
        straight = bool((line.curvature == 0.0).all())
        self._blind = straight and rng.random() < limits.no_odometry
        self._place = Place(0.0, 0.0, 0.0)

    @property
    def joining(self) -> bool:
        """Whether the first GO is still awaited at speed."""
        return self._joining

    @property
    def mute(self) -> bool:
        """Whether there is no odometry at all."""
        return self._blind

    def command(self, decision: Decision, now: float) -> None:
        """Take a decision; it acts after the delay of the actuators."""
        self._coming.append((now + self._setup.timing.actuation, decision))

    def step(self, now: float) -> None:
        """Drive on by one tick."""
        while self._coming and self._coming[0][0] <= now + 1e-9:
            self._obeyed = self._coming.popleft()[1]
        if self._joining and (self._obeyed is not Decision.STOP or now > _JOIN_S):
            self._joining = False
        curvature = self._driver.steer(self.state, TICK)
        self.state = advance(self.state, self._acceleration(), curvature, TICK)
        self._past.append(self.state)
        self._reckon()

    def _reckon(self) -> None:
        """Let odometry add up where the vehicle is: with constant errors, which all add up."""
        share, _, turn = self._errors
        state = self.state
        share = min(1.0, max(-1.0, share)) * self._limits.speed_error
        error = turn * self._limits.yaw_drift * state.speed
        self._place = self._place.after(
            Motion(state.speed * (1.0 + share), state.yaw_rate + error), TICK)

    @property
    def place(self) -> Place | None:
        """Where odometry says that the vehicle is."""
        return None if self._blind else self._place

    def _acceleration(self) -> float:
        vehicle, speed = self._setup.vehicle, self.state.speed
        if self._joining:
            return 0.0
        if self._obeyed is Decision.STOP:
            return -vehicle.deceleration
        target = vehicle.max_speed
        if self._obeyed is Decision.SLOW:
            target *= self._setup.limits.stop_go.slow_fraction
        wanted = (target - speed) / TICK
        return max(-_SLOWING * vehicle.deceleration, min(self._setup.acceleration, wanted))

    def pitch_error(self, now: float, place: float) -> float:
        """Return how much lower than calibrated the camera looks, rad; place: arc length, m."""
        maximum = self._setup.pitch_error
        nod = self._calibration - self._nod * self.state.acceleration
        for bump in self._course.scene.profile.bumps:
            if abs(place - bump.s) < bump.length_m / 2.0 + _BUMP_NOD_M:
                nod += 0.5 * maximum * math.sin(2.0 * math.pi * now / _BUMP_NOD_S)
        return max(-maximum, min(maximum, nod))

    def motion(self) -> Motion | None:
        """Return what odometry last said: late and inexact within the limits."""
        if self._blind:
            return None
        past = self._past[int(self._rng.integers(len(self._past)))]
        share, noise, turn = self._errors
        share = min(1.0, max(-1.0, share)) * self._limits.speed_error
        noise = float(self._rng.uniform(-1.0, 1.0)) * abs(noise) * self._limits.speed_noise
        speed = past.speed * (1.0 + share) + (noise if past.speed > 0.0 else 0.0)
        distance = self._setup.vehicle.front + self._setup.required(past.speed)
        maximum = yaw_rate_error(self._setup.vehicle, distance, past.speed, self._limits)
        wobble = 0.5 * turn + 0.5 * float(self._rng.uniform(-1.0, 1.0))
        return Motion(max(speed, 0.0), past.yaw_rate + wobble * maximum)

    @property
    def fastest_measured(self) -> float:
        """The highest speed that odometry may have told of late, m/s."""
        fastest = max(past.speed for past in self._past)
        return fastest * (1.0 + self._limits.speed_error) + self._limits.speed_noise

    def pose(self) -> Pose:
        """Return the pose of the vehicle's origin."""
        return self.state.pose
