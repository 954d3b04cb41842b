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

"""The vehicle of a parameter file, instead of one that is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from pathlib import Path

import numpy as np

from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.vehicle_setup import draw_timing, fit, VehicleSetup
from seg_node.errors import UserError
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import configure, read_params_file
from seg_node.parameters.structure import check_mountings, key
from seg_node.recordings.calibration import read_calibration
from seg_node.simulation.camera import Camera
from seg_node.stop_go.camera_view import to_intrinsics, ViewError
from seg_node.stop_go.geometry import Mounting
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.tools.common.camera_messages import ASSUMED_FOV


@dataclass(frozen=True)
class GivenVehicle:
    """
    What a parameter file says of a vehicle and its camera.

    :param fov: horizontal field of view, radians.
    """

    limits: Limits
    mounting: Mounting
    fov: float

    def draw(self, rng: np.random.Generator, size: tuple[int, int], limits: StatedLimits,
             ) -> VehicleSetup:
        """
        Return the setup; chance decides only how quick camera, network and brakes are.

        :raises UserError: when the camera does not see as far as the vehicle's speed asks for.
        """
        timing, acceleration = draw_timing(rng, limits)
        camera = Camera.from_fov(
            *size, self.fov, height_m=self.mounting.height, pitch_rad=self.mounting.pitch)
        found = fit(self.limits, self.mounting, camera, timing, acceleration)
        if found is None:
            vehicle = self.limits.vehicle
            raise UserError(
                f'vehicle.max_speed: at {vehicle.max_speed:g} m/s it needs '
                f'{vehicle.stopping_distance(vehicle.max_speed):.1f} m to stop, and the camera '
                'does not see the ground from close by to a metre beyond that. Lower '
                'vehicle.max_speed, or mount the camera otherwise')
        return found


def read_vehicle(params_file: Path, node: str, camera_info: Path | None) -> GivenVehicle:
    """
    Read the vehicle of a parameter file, as the node does.

    :param node: its name in the file.
    :param camera_info: calibration file; None: ASSUMED_FOV.
    :raises UserError: names the parameter and the remedy.
    """
    try:
        configuration = configure(read_params_file(params_file, node))
        structure, limits = configuration.structure, configuration.limits
        check_mountings(structure, limits)
    except ParameterError as error:
        raise UserError(str(error)) from None
    if structure.geometry is not Geometry.GROUND or structure.mounting_source != 'parameters':
        raise UserError(f'{params_file}: the closed loop drives on the ground, by mounting.*: it '
                        'needs geometry: ground and mounting_source: parameters')
    if len(structure.cameras) > 1:
        raise UserError(f'cameras: {", ".join(structure.cameras)}: the closed loop has one camera')
    (camera,) = structure.cameras
    mounting = limits.mountings[camera]
    for name in ('roll', 'yaw', 'left'):
        if getattr(mounting, name):
            raise UserError(f'mounting.{key(camera)}.{name}: {getattr(mounting, name):g}: the '
                            'rendered camera looks ahead from the middle, so it must be 0.0')
    for name in ('width', 'max_speed'):
        if not getattr(limits.vehicle, name) > 0:
            raise UserError(f'vehicle.{name}: not set; measure it')
    fov = math.radians(ASSUMED_FOV)
    if camera_info is not None:
        try:
            lens = to_intrinsics(read_calibration(camera_info), structure.rectified)
        except ViewError as error:
            raise UserError(f'--camera-info {camera_info}: {error}') from None
        fov = 2.0 * math.atan(lens.width / 2.0 / lens.fx)
    return GivenVehicle(replace(limits, mountings={}), mounting, fov)
