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

"""
The stated limits of the closed-loop benchmark: what may go wrong, and how much at a time.

Within them there must be no collision. They are limits of the model, not promises of a network:
whoever uses the node checks that the own camera, network and vehicle stay within them.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.thresholds import Thresholds
from seg_node.stop_go.vehicle import Vehicle

TICK = 0.02
"""Step of the simulation in seconds; decisions and brakes take effect at its multiples."""
MIN_OBSTACLE = 0.1
"""Width of the narrowest obstacle, metres."""


@dataclass(frozen=True)
class StatedLimits:
    """
    What the modelled perception and the modelled vehicle may do to each other.

    Shares are of frames unless said otherwise. A frame is *bad* when it does not show an obstacle
    as it is: the obstacle is missing, or a part of it, or path was seen where there is none.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_speed: float = bounded(0.5, 0.1, 50.0, 'lowest target speed, m/s')
    max_speed: float = bounded(10.0, 0.1, 50.0, 'highest target speed, m/s')
    min_rate: float = bounded(10.0, 1.0, 100.0, 'lowest camera rate, frames per second')
    max_rate: float = bounded(30.0, 1.0, 100.0, 'highest camera rate, frames per second')
    transport: float = bounded(0.03, 0.0, 1.0, 'longest way of an image to the node, seconds')
    min_inference: float = bounded(0.025, 0.0, 1.0, 'shortest inference, seconds')
    max_inference: float = bounded(0.17, 0.0, 1.0, 'longest inference, seconds')
    inference_jitter: float = bounded(
        0.25, 0.0, 1.0, 'how much an inference may take longer or shorter, share of its time')
    dropped: float = bounded(0.03, 0.0, 1.0, 'share of images at which a loss begins')
    longest_loss: float = bounded(
        0.1, 0.0, 1.0, 'longest time without an image beyond one period, seconds')
    bad: float = bounded(0.05, 0.0, 1.0, 'share of judged frames at which bad frames begin')
    bad_frames: int = bounded(2, 0, 10, 'most bad frames among the judged ones in a row')
    good_frames: int = bounded(
        2, 1, 10, 'good frames among the judged ones between two runs of bad ones')
    critical: float = bounded(
        0.5, 0.0, 1.0, 'share of drives on which all comes together when it matters: when the '
        'way ceases to be clear as far as it must be, images are lost, the next frames are bad, '
        'and from then on everything takes as long as it may')
    false_obstacle: float = bounded(
        0.004, 0.0, 1.0, 'share of frames with an obstacle that is none, somewhere')
    shrunk_path: float = bounded(0.05, 0.0, 1.0, 'share of frames whose path is a pixel smaller')
    rough: float = bounded(
        0.15, 0.0, 1.0, 'share of the pixels at boundaries that take the class beyond')
    min_pitch_error: float = bounded(
        0.002, 0.0, 0.2, 'smallest value of ground.pitch_error, radians')
    max_pitch_error: float = bounded(
        0.01, 0.0, 0.2, 'largest value of ground.pitch_error, radians; the pitch is off by so '
        'much at most: calibration, braking and bumps together')
    speed_error: float = bounded(0.02, 0.0, 1.0, 'error of the measured speed, share of it')
    speed_noise: float = bounded(0.02, 0.0, 1.0, 'error of the measured speed besides, m/s')
    yaw_drift: float = bounded(
        0.01, 0.0, 1.0, 'error of the heading that odometry adds up, radians per metre')
    odometry_age: float = bounded(
        0.15, 0.0, 1.0, 'age of the newest odometry, gaps included, seconds')
    no_odometry: float = bounded(0.04, 0.0, 1.0, 'share of drives without odometry, straight on')
    max_actuation: float = bounded(
        0.15, 0.0, 2.0, 'from the decision to the brakes acting, seconds')
    max_acceleration: float = bounded(1.0, 0.1, 10.0, 'acceleration of the vehicle, m/s^2')
    spare_change: float = bounded(
        0.35, 0.0, 1.0, 'share of the spare side margin that a change of curvature may use up')
    spare_yaw: float = bounded(
        0.25, 0.0, 1.0, 'share of the spare side margin that an error of the yaw rate may use up')
    spare_pitch: float = bounded(
        0.4, 0.0, 1.0, 'share of the spare side margin that an error of the pitch may use up in '
        'a bend')

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class Timing:
    """How fast one system is: rate in frames per second, times in seconds."""

    rate: float
    inference: float
    actuation: float

    def losable(self, limits: StatedLimits) -> int:
        """Count the images in a row that may be lost."""
        return int(limits.longest_loss * self.rate)

    def longest_inference(self, limits: StatedLimits) -> float:
        """Return the longest time of one inference, seconds."""
        return self.inference * (1.0 + limits.inference_jitter)

    def between_judged(self, limits: StatedLimits) -> float:
        """Return the longest time between the starts of two inferences, seconds."""
        gap = (self.losable(limits) + 1) / self.rate
        return max(self.longest_inference(limits), gap) + TICK

    def oldest(self, limits: StatedLimits) -> float:
        """
        Return the greatest age that the newest judged image can reach, seconds.

        max_image_age must be over it, or lost images alone stop the vehicle.
        """
        return (self.between_judged(limits) + self.waiting(limits)
                + self.longest_inference(limits) + 2 * TICK)

    def waiting(self, limits: StatedLimits) -> float:
        """Return the longest time from an image being taken to its inference, seconds."""
        return limits.transport + min(
            self.longest_inference(limits), self.between_judged(limits)) + TICK

    def reaction(self, limits: StatedLimits, thresholds: Thresholds) -> float:
        """
        Return the longest time from the last clear moment of the way to the brakes acting.

        The next image may be lost, may wait for the inference, and may be bad with those after
        it; then `stop_after` frames are needed, and each waits for the one before.
        """
        first = (self.losable(limits) + 1) / self.rate + self.waiting(limits)
        more = limits.bad_frames + thresholds.stop_after - 1
        return (first + more * self.between_judged(limits) + self.longest_inference(limits)
                + self.actuation + 2 * TICK)


def speed_allowance(vehicle: Vehicle, acceleration: float, limits: StatedLimits) -> float:
    """
    Return the room in metres that the stopping distance must have to spare in `stop_margin`.

    It is reckoned with the measured speed, held during the reaction time; in truth the speed may
    be higher by its error, and the vehicle may accelerate until it brakes (to max_speed at most).
    """
    true = np.linspace(0.0, vehicle.max_speed, 200)
    error = limits.speed_error * true + limits.speed_noise + acceleration * limits.odometry_age
    measured = np.maximum(true - error, 0.0)
    longest = vehicle.reaction_time
    rising = np.minimum(longest, (vehicle.max_speed - true) / acceleration)
    reached = true + acceleration * rising
    needed = (true * rising + acceleration * rising ** 2 / 2 + reached * (longest - rising)
              + reached ** 2 / (2 * vehicle.deceleration))
    reckoned = measured * longest + measured ** 2 / (2 * vehicle.deceleration)
    return float((needed - reckoned).max())


def spare_margin(vehicle: Vehicle) -> float:
    """
    Return the part of the side margin in metres that errors of the corridor's place may use up.

    An obstacle in the vehicle's way must still reach into the corridor by MIN_OBSTACLE.
    """
    return max(0.0, vehicle.side_margin - MIN_OBSTACLE)


def curvature_change(vehicle: Vehicle, distance: float, limits: StatedLimits) -> float:
    """
    Return the largest change of a road's curvature along it, 1/m per metre.

    The corridor keeps the present curvature. Where it changes at a rate c, the way leaves the
    corridor by c d^3 / 6 at distance d from the vehicle's origin.
    """
    return 6.0 * limits.spare_change * spare_margin(vehicle) / distance ** 3


def sharpest_bend(vehicle: Vehicle, distance: float, camera_height: float, pitch_error: float,
                  limits: StatedLimits) -> float:
    """
    Return the largest curvature of a road, 1/m, for a corridor that matters up to `distance`.

    With the pitch off by e, what stands at distance d seems to stand at D = d / (1 - e d / h), in
    the same direction. In a bend of curvature k it then lies k D (D - d) / 2 beside the corridor.
    """
    fall = 1.0 - pitch_error * distance / camera_height
    if fall <= 0.0:
        return 0.0
    seeming = distance / fall
    return 2.0 * limits.spare_pitch * spare_margin(vehicle) / max(
        seeming * (seeming - distance), 1e-9)


def yaw_rate_error(vehicle: Vehicle, distance: float, speed: float, limits: StatedLimits) -> float:
    """
    Return the largest error of the yaw rate at a speed, rad/s.

    An error of the curvature k moves the corridor by k d^2 / 2 at distance d.
    """
    curvature = 2.0 * limits.spare_yaw * spare_margin(vehicle) / distance ** 2
    return curvature * max(speed, 0.0)


def could_look_near(distance: float, camera_height: float, pitch_error: float) -> float:
    """
    Return the true distance from the camera at which a thing could be taken to be at `distance`.

    The pitch may be off by pitch_error, and the node reckons with the same error once more:
    both turn the ray to it down, by about 2 e d^2 / h in distance. Infinite beyond the horizon.
    """
    fall = camera_height / max(distance, 1e-6) - 2.0 * pitch_error
    return camera_height / fall if fall > 0.0 else math.inf
