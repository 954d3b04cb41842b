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

"""The vehicle of one drive, its camera and its speed: drawn at random, then made to fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np

from benchmarks.closed_loop.footprint import Footprint
from benchmarks.closed_loop.limits import (
    curvature_change,
    MIN_OBSTACLE,
    sharpest_bend,
    speed_allowance,
    StatedLimits,
    Timing,
)
from seg_node.simulation.camera import Camera
from seg_node.simulation.road import Pose
from seg_node.stop_go.corridor.ground_corridor import (
    build_ground_corridor,
    GroundLimits,
    SweptPath,
)
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.thresholds import Thresholds
from seg_node.stop_go.vehicle import Vehicle

_TRIES = 400
_BASE_MARGIN = 0.3
_SPARE_RANGE = 1.0
_LONGEST_BLIND = 2.5
_SKY = 0.06
"""Share of the image over the horizon at least: an image full of path is taken for a fault."""
_SHARPEST = 0.12
_LATERAL_ACCELERATION = 1.5


@dataclass(frozen=True, eq=False)
class VehicleSetup:
    """
    A vehicle with its camera, and the limits that it was set up with.

    sight: how far the node must see at full speed, metres from the bumper. blind: where the
    corridor comes into view, metres from the bumper.
    """

    limits: Limits
    mounting: Mounting
    camera: Camera
    view: View
    timing: Timing
    acceleration: float
    sight: float
    blind: float

    @property
    def vehicle(self) -> Vehicle:
        """What the node knows about the vehicle."""
        return self.limits.vehicle

    @property
    def pitch_error(self) -> float:
        """Largest error of the pitch, as the node is told, rad."""
        return self.limits.ground.pitch_error

    @property
    def footprint(self) -> Footprint:
        """The ground under the vehicle."""
        return Footprint(self.vehicle.front, self.vehicle.rear, self.vehicle.width)

    @property
    def corridor_width(self) -> float:
        """Width of the corridor, metres."""
        return self.vehicle.width + 2.0 * self.vehicle.side_margin

    @property
    def reach(self) -> float:
        """How far the corridor matters at full speed, metres from the vehicle's origin."""
        return self.vehicle.front + self.sight

    def required(self, speed: float) -> float:
        """Return how far the way must be clear at a speed, metres from the bumper."""
        return self.blind + self.vehicle.stopping_distance(speed)

    def pitched(self, error: float) -> Camera:
        """Return the camera as it really stands, with an error of its pitch in radians."""
        return replace(self.camera, pitch_rad=self.camera.pitch_rad + error)

    def camera_foot(self, pose: Pose) -> Pose:
        """Return the place on the ground below the camera."""
        return Pose(pose.x + self.mounting.forward * math.cos(pose.yaw),
                    pose.y + self.mounting.forward * math.sin(pose.yaw), pose.yaw)

    def sharpest(self, limits: StatedLimits) -> float:
        """Return the largest curvature of a road that it can drive and see into, 1/m."""
        curvature = min(
            _SHARPEST, _LATERAL_ACCELERATION / self.vehicle.max_speed ** 2,
            sharpest_bend(self.vehicle, self.reach, self.mounting.height, self.pitch_error,
                          limits))
        while not all(self._sees(sign * curvature) for sign in (-1.0, 1.0)):
            curvature *= 0.7
        return curvature

    def _sees(self, curvature: float) -> bool:
        way = SweptPath(self.corridor_width, self.vehicle.front, curvature)
        try:
            corridor = build_ground_corridor(self.view, way, self.limits.ground)
        except ValueError:
            return False
        return corridor.length > corridor.start + self.vehicle.stopping_distance(
            self.vehicle.max_speed) + _SPARE_RANGE / 2

    def sharpest_change(self, limits: StatedLimits) -> float:
        """Return the largest change of curvature along a road for this vehicle, 1/m^2."""
        return curvature_change(self.vehicle, self.reach, limits)


def draw_vehicle_setup(rng: np.random.Generator, size: tuple[int, int], limits: StatedLimits,
                       ) -> VehicleSetup:
    """
    Draw a vehicle whose camera sees as far as its speed asks for.

    The speed is drawn first, even on a logarithmic scale, then systems are drawn until one fits
    it, as an integrator would choose one; if none does, the speed is lowered.
    """
    speed = float(np.exp(rng.uniform(math.log(limits.min_speed), math.log(limits.max_speed))))
    while True:
        for _ in range(_TRIES):
            setup = _attempt(rng, speed, size, limits)
            if setup is not None:
                return setup
        speed *= 0.9


def _attempt(rng: np.random.Generator, speed: float, size: tuple[int, int], limits: StatedLimits,
             ) -> VehicleSetup | None:
    quick = min(1.0, speed / limits.max_speed)
    timing, acceleration = draw_timing(rng, limits)
    thresholds = Thresholds(max_image_age=max(
        Thresholds().max_image_age, timing.oldest(limits)))
    bare = Vehicle(
        width=float(rng.uniform(0.5, 1.0 + 0.8 * quick)),
        side_margin=float(rng.uniform(0.2, 0.3 + 0.2 * quick)),
        front=float(rng.uniform(0.3, 0.8 + 1.5 * quick)), rear=float(rng.uniform(0.2, 0.8)),
        max_speed=speed, reaction_time=timing.reaction(limits, thresholds),
        deceleration=float(rng.uniform(1.0 + 2.0 * quick, 2.5 + 3.0 * quick)))
    vehicle = replace(
        bare, stop_margin=_BASE_MARGIN + speed_allowance(bare, acceleration, limits))
    mounting = Mounting(
        height=float(rng.uniform(0.6 + 0.5 * quick, 1.4 + 0.6 * quick)),
        pitch=math.radians(float(rng.uniform(2.0, 22.0 - 17.0 * quick))),
        forward=float(vehicle.front - rng.uniform(0.0, 0.4)))
    camera = Camera.from_fov(
        *size, math.radians(float(rng.uniform(45.0, 95.0 - 35.0 * quick))),
        height_m=mounting.height, pitch_rad=mounting.pitch)
    if not _shows_sky(camera):
        return None
    ground = GroundLimits(
        min_obstacle=MIN_OBSTACLE, max_range=60.0, pitch_error=float(
            rng.uniform(limits.min_pitch_error, limits.max_pitch_error)))
    setup = fit(Limits(ground=ground, vehicle=vehicle, stop_go=thresholds), mounting, camera,
                timing, acceleration)
    return None if setup is None or setup.blind > _LONGEST_BLIND else setup


def draw_timing(rng: np.random.Generator, limits: StatedLimits) -> tuple[Timing, float]:
    """Draw how quick a system is, and its acceleration in m/s^2."""
    timing = Timing(
        float(rng.uniform(limits.min_rate, limits.max_rate)),
        float(rng.uniform(limits.min_inference, limits.max_inference / (
            1.0 + limits.inference_jitter))),
        float(rng.uniform(0.03, limits.max_actuation)))
    return timing, float(rng.uniform(0.3, limits.max_acceleration))


def _shows_sky(camera: Camera) -> bool:
    return camera.horizon_row >= _SKY * camera.height


def fit(limits: Limits, mounting: Mounting, camera: Camera, timing: Timing, acceleration: float,
        ) -> VehicleSetup | None:
    """Return the setup of a vehicle; None where its camera sees too little for its speed."""
    vehicle = limits.vehicle
    if not _shows_sky(camera):
        return None
    view = View(
        Intrinsics(camera.width, camera.height, camera.focal_px, camera.focal_px, camera.cx,
                   camera.cy), CameraPose.from_mounting(mounting))
    way = SweptPath(vehicle.width + 2.0 * vehicle.side_margin, vehicle.front)
    try:
        corridor = build_ground_corridor(view, way, limits.ground)
    except ValueError:
        return None
    sight = corridor.start + vehicle.stopping_distance(vehicle.max_speed)
    if corridor.length < sight + _SPARE_RANGE or corridor.start > limits.ground.max_blind:
        return None
    return VehicleSetup(
        limits, mounting, camera, view, timing, acceleration, sight, corridor.start)
