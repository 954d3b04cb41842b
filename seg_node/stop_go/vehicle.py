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
from typing import Any

from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.roles import Direction, STANDSTILL

SLOWEST_TURN = 0.2
"""Speed in m/s below which a yaw rate tells no path: turning on the spot."""


@dataclass(frozen=True)
class Motion:
    """How the vehicle moves (REP 103): m/s forward and to the left, yaw rate in rad/s."""

    forward: float
    yaw_rate: float = 0.0
    left: float = 0.0

    @classmethod
    def from_twist(cls, twist: Any) -> Motion:
        """
        Read a geometry_msgs/Twist, whichever library made it.

        :raises ValueError: for a number that is not finite.
        """
        numbers = float(twist.linear.x), float(twist.angular.z), float(twist.linear.y)
        if not all(math.isfinite(number) for number in numbers):
            forward, yaw_rate, left = numbers
            raise ValueError(f'speed {forward} m/s forward, {left} to the left, yaw rate '
                             f'{yaw_rate} are no numbers')
        return cls(*numbers)

    @property
    def speed(self) -> float:
        """Speed in m/s, whichever way."""
        return math.hypot(self.forward, self.left)

    def heading(self, direction: Direction) -> float:
        """
        Return how far off a direction's own way the vehicle drives, radians, to the left.

        0 without sideways speed; and who drives the other way along the same axis is seen as
        driving this way: cameras that are tied to no direction count for both.
        """
        along, left = self.forward, self.left
        if direction is Direction.REVERSE:
            along, left = -along, -left
        if not abs(left) > STANDSTILL:
            return 0.0
        if along < -abs(left):
            along, left = -along, -left
        return math.atan2(left, along)


@dataclass(frozen=True)
class Way:
    """
    The way of a vehicle: an arc that begins at its origin.

    `angle`: of its beginning, radians to the left of the vehicle's front. `curvature` in 1/m,
    positive to the left. `heading`: how far off it begins of the way that a direction means, see
    :meth:`Motion.heading`.
    """

    angle: float = 0.0
    curvature: float = 0.0
    heading: float = 0.0


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
        return motion.speed

    def curvature_of(self, motion: Motion | None) -> float:
        """Return the curvature of the path in 1/m, positive to the left of the way driven."""
        if motion is None or not (
                math.isfinite(motion.yaw_rate) and motion.speed >= SLOWEST_TURN):
            return 0.0
        curvature = motion.yaw_rate / motion.speed
        return max(-self.max_curvature, min(self.max_curvature, curvature))

    def way_of(self, motion: Motion | None, direction: Direction) -> Way:
        """Return the way driven, straight on in that direction when it is unknown."""
        heading = 0.0 if motion is None else motion.heading(direction)
        ahead = math.pi if direction is Direction.REVERSE else 0.0
        return Way(ahead + heading, self.curvature_of(motion), heading)

    def width_along(self, way: Way) -> float:
        """
        Return the width in metres that the vehicle takes up on a way, with its margins.

        It is taken to be as long as it is wide at least, for a length that is not set is 0.
        """
        half = max(self.front, self.rear, self.width / 2)
        return (self.width * abs(math.cos(way.angle)) + 2 * half * abs(math.sin(way.angle))
                + 2 * self.side_margin)

    def bumper_along(self, way: Way) -> float:
        """Return how far the vehicle reaches from its origin on a way, metres."""
        ahead = self.front if math.cos(way.angle) >= 0 else self.rear
        return ahead * abs(math.cos(way.angle)) + self.width / 2 * abs(math.sin(way.angle))
