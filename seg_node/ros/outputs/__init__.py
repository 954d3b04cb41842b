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
What the node publishes: each output is one module here and one entry below.

A camera's outputs are published beside the next frame's inference, on the publishing thread. The
vehicle's are published with every decision and every heartbeat, in this order, under the signal's
lock: the vehicle waits for the first.
"""

from __future__ import annotations

from seg_node.ros.outputs.camera_info import CameraInfoOutput
from seg_node.ros.outputs.confidence import ConfidenceOutput
from seg_node.ros.outputs.free_distance import FreeDistanceOutput
from seg_node.ros.outputs.free_space import FreeSpaceOutput
from seg_node.ros.outputs.grid import GridOutput
from seg_node.ros.outputs.label_info import LabelInfoOutput
from seg_node.ros.outputs.mask import MaskOutput
from seg_node.ros.outputs.output import CameraOutput, VehicleOutput
from seg_node.ros.outputs.overlay import OverlayOutput
from seg_node.ros.outputs.points import PointsOutput
from seg_node.ros.outputs.speed_limit import SpeedLimitOutput
from seg_node.ros.outputs.state import StateOutput
from seg_node.ros.outputs.stop import StopOutput
from seg_node.ros.outputs.things import ThingsOutput

# The 6 MB of the points come after what is small: they push all else out of the cores' caches.
CAMERA_OUTPUTS: tuple[type[CameraOutput], ...] = (
    MaskOutput, ConfidenceOutput, CameraInfoOutput, FreeSpaceOutput, ThingsOutput, GridOutput,
    PointsOutput, OverlayOutput, LabelInfoOutput)
VEHICLE_OUTPUTS: tuple[type[VehicleOutput], ...] = (
    StopOutput, SpeedLimitOutput, StateOutput, FreeDistanceOutput)
