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

"""~/speed_limit: the fraction of full speed that is allowed."""

from __future__ import annotations

from rclpy.node import Node
from std_msgs.msg import Float32

from seg_node.parameters.structure import Structure
from seg_node.ros.outputs.output import VehicleDecision, VehicleOutput
from seg_node.ros.qos import DECISIONS


class SpeedLimitOutput(VehicleOutput):
    """Publish 1 at GO, slow_fraction at SLOW, 0 at STOP."""

    def __init__(self, node: Node, structure: Structure) -> None:
        self._limit = node.create_publisher(Float32, '~/speed_limit', DECISIONS)

    def publish(self, decision: VehicleDecision) -> None:
        """Publish the fraction."""
        self._limit.publish(Float32(data=decision.speed_fraction))
