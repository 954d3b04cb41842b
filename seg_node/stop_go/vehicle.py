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

"""The vehicle: its size, how it stops, and how it moves."""

from __future__ import annotations

from dataclasses import dataclass
import math

from seg_node.stop_go.bounds import bounded, check_bounds

SLOWEST_TURN = 0.2
"""Forward speed in m/s below which a yaw rate tells no path: turning on the spot."""


@dataclass(frozen=True)
class Motion:
    """How the vehicle moves: forward speed in m/s and yaw rate in rad/s (REP 103)."""

    speed: float
    yaw_rate: float = 0.0


@dataclass(frozen=True)
class Vehicle:
    """
    Size and brakes; lengths in metres, 0 for width and max_speed means not set.

    :raises ValueError: names the field, its value and the permitted range.
    """

    width: float = bounded(0.0, 0.0, 10.0, 'width over everything, metres; 0: not set')
    side_margin: float = bounded(0.15, 0.0, 5.0, 'free room wanted on each side, metres')
    front: float = bounded(
        0.0, -10.0, 10.0, 'front bumper ahead of the origin of the vehicle frame, metres')
    rear: float = bounded(
        0.0, -10.0, 10.0, 'rear bumper behind the origin of the vehicle frame, metres')
    max_speed: float = bounded(
        0.0, 0.0, 100.0, 'highest speed, m/s, taken when odometry is missing; 0: not set')
    reaction_time: float = bounded(
        0.5, 0.0, 10.0, 'from an image being taken to the brakes acting, seconds')
    deceleration: float = bounded(1.0, 0.05, 20.0, 'deceleration of a stop, m/s^2')
    stop_margin: float = bounded(0.3, 0.0, 10.0, 'room left at standstill, metres')
    resume_margin: float = bounded(
        0.5, 0.0, 20.0, 'after a stop for the road: what must be free to go on, beyond where '
        'that lies which it was stopped for, metres')
    odometry_timeout: float = bounded(
        0.5, 0.05, 10.0, 'age of odometry from which the speed counts as unknown, seconds')
    max_curvature: float = bounded(
        0.5, 0.0, 10.0, 'tightest turn, 1/m; odometry beyond it is held to it')

    def __post_init__(self) -> None:
        check_bounds(self)

    @property
    def unset(self) -> tuple[str, ...]:
        """Names of the values that have no sensible default and are not set."""
        return tuple(name for name in ('width', 'max_speed') if not getattr(self, name) > 0)

    def stopping_distance(self, speed: float) -> float:
        """
        Return v t + v^2 / (2 a) + margin in metres for a speed in m/s of either sign.

        The distance driven during the reaction time, and then at constant deceleration.
        """
        v = abs(speed)
        return v * self.reaction_time + v * v / (2 * self.deceleration) + self.stop_margin

    def speed_of(self, motion: Motion | None) -> float:
        """Return the speed to reckon with, m/s, 0 or more: the highest when it is unknown."""
        if motion is None or not math.isfinite(motion.speed):
            return self.max_speed
        return abs(motion.speed)

    def curvature_of(self, motion: Motion | None) -> float:
        """Return the curvature of the path in 1/m, positive to the left of the way driven."""
        if motion is None or not (
                math.isfinite(motion.yaw_rate) and abs(motion.speed) >= SLOWEST_TURN):
            return 0.0
        curvature = motion.yaw_rate / abs(motion.speed)
        return max(-self.max_curvature, min(self.max_curvature, curvature))
