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

"""STOP or GO from what the network sees; free of ROS and of input and output."""

from seg_node.stop_go.assessor import Assessment, Assessor, Observation
from seg_node.stop_go.bounds import Bound, bounds_of
from seg_node.stop_go.camera_health.camera_health import CameraHealth, HealthThresholds
from seg_node.stop_go.corridor.corridor import Corridor
from seg_node.stop_go.corridor.ground_corridor import (
    build_ground_corridor,
    GroundLimits,
    SweptPath,
)
from seg_node.stop_go.corridor.measure import CorridorMeasure, CorridorMeter
from seg_node.stop_go.corridor.trapezoid import build_image_corridor, Trapezoid
from seg_node.stop_go.decision import StopGo
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.roles import combine, Direction, directions, Duty, Role
from seg_node.stop_go.thresholds import assess, Thresholds
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.vehicle import Motion, Vehicle
from seg_node.stop_go.verdict import Decision, Finding, Reason, Verdict

__all__ = [
    'Assessment', 'Assessor', 'Bound', 'CameraHealth', 'CameraPose', 'Corridor', 'CorridorMeasure',
    'CorridorMeter', 'Decision', 'Direction', 'Duty', 'Finding', 'Geometry', 'GroundLimits',
    'HealthThresholds', 'Instant', 'Intrinsics', 'Limits', 'Motion', 'Mounting', 'Observation',
    'Reason', 'Role', 'StopGo', 'SweptPath', 'Thresholds', 'Trapezoid', 'Vehicle', 'Verdict',
    'View', 'assess', 'bounds_of', 'build_ground_corridor', 'build_image_corridor', 'combine',
    'directions',
]
