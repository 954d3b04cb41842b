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

from seg_node.stop_go.bounds import Bound, bounds_of
from seg_node.stop_go.camera_health import CameraHealth, HealthThresholds
from seg_node.stop_go.corridor import Corridor, CorridorMeasure, Trapezoid
from seg_node.stop_go.decision import StopGo
from seg_node.stop_go.thresholds import assess, Thresholds
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.verdict import combine, Decision, Finding, Reason, Verdict

__all__ = [
    'Bound', 'CameraHealth', 'Corridor', 'CorridorMeasure', 'Decision', 'Finding',
    'HealthThresholds', 'Instant', 'Reason', 'StopGo', 'Thresholds', 'Trapezoid', 'Verdict',
    'assess', 'bounds_of', 'combine',
]
