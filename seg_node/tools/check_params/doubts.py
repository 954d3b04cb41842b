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

"""What the node takes, but hardly anybody can mean."""

from __future__ import annotations

from collections.abc import Iterator
import math

import numpy as np

from seg_node.parameters.params_file import Configuration
from seg_node.parameters.structure import key
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.model import Model
from seg_node.perception.segmenter import Segmentation
from seg_node.stop_go.assessor import Assessment, Assessor, Observation
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.mounting_check import MountingCheck
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.vehicle import Vehicle
from seg_node.stop_go.verdict import Reason

_OF_WAY = (Reason.BEYOND_RANGE, Reason.UNWATCHED)
_DEGREES, _LEANS, _ASIDE = 1.0, 0.25, 0.6
"""Radians beyond which a pitch, a roll or a yaw is rare."""
_LOW, _HIGH = 0.05, 3.5
"""Metres between which most cameras sit."""
_WIDE, _NARROW, _FAST = 4.0, 0.1, 40.0


def doubts_of_numbers(configuration: Configuration) -> Iterator[str]:
    """Yield what is doubtful in the numbers alone."""
    structure, limits = configuration.structure, configuration.limits
    if structure.geometry is not Geometry.GROUND:
        return
    if structure.mounting_source == 'parameters':
        for camera, mounting in limits.mountings.items():
            name = f'mounting.{key(camera)}'
            if mounting.height > 0 and not _LOW <= mounting.height <= _HIGH:
                yield f'{name}.height: {mounting.height:g} m is rare; metres are wanted'
            way = math.pi if structure.roles[camera].direction is Direction.REVERSE else 0.0
            off = abs(math.remainder(mounting.yaw - way, 2 * math.pi))
            for what, value, most in (
                    ('pitch', mounting.pitch, _DEGREES), ('roll', mounting.roll, _LEANS),
                    ('yaw', off, _ASIDE)):
                if abs(value) > most:
                    yield (f'{name}.{what}: {getattr(mounting, what):g} rad is '
                           f'{math.degrees(getattr(mounting, what)):.0f} degrees, which is rare '
                           'for a camera that looks along the way; radians are wanted')
    vehicle = limits.vehicle
    if vehicle.width > 0 and not _NARROW <= vehicle.width <= _WIDE:
        yield f'vehicle.width: {vehicle.width:g} m is rare; metres are wanted'
    if vehicle.max_speed > _FAST:
        yield f'vehicle.max_speed: {vehicle.max_speed:g} m/s is rare; m/s are wanted'
    needed = vehicle.stopping_distance(vehicle.max_speed)
    if needed > limits.ground.max_range:
        yield (f'vehicle.max_speed: {vehicle.max_speed:g} m/s needs {needed:.1f} m to stop, '
               f'beyond ground.max_range {limits.ground.max_range:g} m: there is GO only up to '
               f'{_speed_within(vehicle, limits.ground.max_range):.1f} m/s')


def doubts_of_view(configuration: Configuration, camera: str, model: Model, view: View,
                   ) -> list[str]:
    """Return what is doubtful in how a camera sees its way, were all of it path."""
    direction = configuration.structure.roles[camera].direction or Direction.FORWARD
    assessor = Assessor(model.classes, model.width, model.height, configuration.limits,
                        configuration.structure.geometry, direction)
    path = int(assessor.paths.argmax())
    shape = model.height, model.width
    found = assessor.assess(Observation(
        np.full(shape, path, np.uint8), np.full(shape, 255, np.uint8), view))
    doubts = [f'{camera}: {finding.text}' for finding in found.findings
              if finding.reason in _OF_WAY]
    if found.corridor is not None and doubts:
        vehicle, seen = configuration.limits.vehicle, found.corridor.length - found.corridor.start
        if vehicle.stopping_distance(vehicle.max_speed) > seen:
            doubts.append(
                f'{camera}: so there is GO only up to {_speed_within(vehicle, seen):.1f} m/s of '
                f'vehicle.max_speed {vehicle.max_speed:g}: the way is seen from '
                f'{found.corridor.start:.1f} to {found.corridor.length:.1f} m')
    return doubts


def doubts_of_image(configuration: Configuration, camera: str, judge: CameraJudge,
                    image: CameraImage, segmentation: Segmentation, assessment: Assessment,
                    ) -> list[str]:
    """Return what is doubtful in an image: the camera's health, and where path is seen."""
    found = list(judge.inspect(image, configuration.limits).findings)
    if assessment.sight is not None:
        found += MountingCheck(configuration.limits.ground.max_horizon_error).judge(
            assessment.sight, 0.0)
    if not segmentation.drivable.any():
        return [*(f'{camera}: {finding.text}' for finding in found),
                f'{camera}: the network sees no path in the picture']
    return [f'{camera}: {finding.text}' for finding in found]


def _speed_within(vehicle: Vehicle, distance: float) -> float:
    """Return the highest speed, m/s, that stops within so many metres."""
    room = max(distance - vehicle.stop_margin, 0.0)
    lag = vehicle.deceleration * vehicle.reaction_time
    return math.sqrt(lag * lag + 2 * vehicle.deceleration * room) - lag
