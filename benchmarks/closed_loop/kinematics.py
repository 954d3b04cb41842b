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

"""How a vehicle moves: arcs at a speed and a curvature, and a driver who follows a road."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from seg_node.simulation.road import CentreLine, Pose

_SHORTEST_LOOK_M = 2.5
_LOOK_S = 1.2


@dataclass(frozen=True)
class VehicleState:
    """
    Where a vehicle is and how it moves.

    The pose is that of the vehicle's origin, the point that follows the way (the middle of the
    rear axle for a car). speed in m/s, not below 0; curvature in 1/m, positive to the left;
    acceleration in m/s^2, that of the last step.
    """

    pose: Pose
    speed: float = 0.0
    curvature: float = 0.0
    acceleration: float = 0.0

    @property
    def yaw_rate(self) -> float:
        """Yaw rate in rad/s, positive to the left."""
        return self.speed * self.curvature


def advance(
    state: VehicleState, acceleration: float, curvature: float, seconds: float,
) -> VehicleState:
    """
    Drive on at constant acceleration (m/s^2) along an arc, without rolling backwards.

    The distance is the closed form v t + a t^2 / 2, cut off at standstill, so that a stop is as
    long as v^2 / (2 a) whatever the length of the steps.
    """
    moving, speed = seconds, state.speed + acceleration * seconds
    if acceleration < 0.0 and speed <= 0.0:
        moving, speed = state.speed / -acceleration, 0.0
    distance = state.speed * moving + acceleration * moving * moving / 2.0
    pose, turned = state.pose, curvature * distance
    # sinc keeps the straight way exact: 2 sin(k s / 2) / k = s sinc(k s / 2).
    chord = distance * float(np.sinc(turned / (2.0 * math.pi)))
    middle = pose.yaw + turned / 2.0
    return VehicleState(
        Pose(pose.x + chord * math.cos(middle), pose.y + chord * math.sin(middle),
             pose.yaw + turned),
        speed, curvature, acceleration if speed > 0.0 else 0.0)


@dataclass(frozen=True)
class Driver:
    """
    Follow a road at a lateral offset (m, to the left of its centre line).

    The road's own curvature, corrected by the offset and the heading error over a distance that
    grows with the speed; curvature in 1/m and its change in 1/(m s) are limited.
    """

    line: CentreLine
    lateral_m: float
    max_curvature: float
    curvature_rate: float

    def steer(self, state: VehicleState, seconds: float) -> float:
        """Return the curvature for the next step of `seconds`."""
        s, d = self.line.locate(state.pose.x, state.pose.y)
        heading = float(np.interp(s, self.line.s, self.line.heading))
        road = float(np.interp(s, self.line.s, self.line.curvature))
        look = max(_SHORTEST_LOOK_M, _LOOK_S * state.speed)
        off = d - self.lateral_m
        turned = math.remainder(state.pose.yaw - heading, 2.0 * math.pi)
        # Critically damped: off'' = -2 off' / look - off / look^2 along the way.
        wanted = road / (1.0 - d * road) - 2.0 * turned / look - off / look ** 2
        wanted = max(-self.max_curvature, min(self.max_curvature, wanted))
        maximum = self.curvature_rate * seconds
        return state.curvature + max(-maximum, min(maximum, wanted - state.curvature))
