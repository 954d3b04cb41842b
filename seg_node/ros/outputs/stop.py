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

"""~/stop: true is STOP."""

from __future__ import annotations

from rclpy.node import Node
from std_msgs.msg import Bool

from seg_node.parameters.structure import Structure
from seg_node.ros.outputs.output import VehicleDecision, VehicleOutput
from seg_node.ros.qos import DECISIONS, LAST_WORD
from seg_node.stop_go.verdict import Decision


class StopOutput(VehicleOutput):
    """Publish whether the vehicle must stop."""

    def __init__(self, node: Node, structure: Structure) -> None:
        self._stop = node.create_publisher(Bool, '~/stop', DECISIONS)

    def publish(self, decision: VehicleDecision) -> None:
        """Publish STOP, or not."""
        self._stop.publish(Bool(data=decision.verdict.decision is Decision.STOP))

    def close(self) -> None:
        """Wait until reliable subscribers have the last STOP."""
        self._stop.wait_for_all_acked(LAST_WORD)
