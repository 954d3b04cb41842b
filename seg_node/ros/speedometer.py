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
"""The vehicle's speed from odometry, as far as it is known."""

from __future__ import annotations

from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from seg_node.ros.clocks import Clocks

MAX_AGE = 1.0      # seconds; odometry comes at 10 Hz or more
_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Speedometer:
    """Listen to odom. May be read from any thread: one assignment publishes a reading."""

    def __init__(self, node: Node, clocks: Clocks) -> None:
        self._clocks = clocks
        self._reading: tuple[float, float] | None = None
        node.create_subscription(Odometry, 'odom', self._receive, _QOS)

    def speed(self) -> float | None:
        """Return the forward speed in m/s (REP 103), None without odometry in the last second."""
        reading = self._reading
        if reading is None or self._clocks.now().steady - reading[1] > MAX_AGE:
            return None
        return reading[0]

    def _receive(self, message: Odometry) -> None:
        self._reading = (message.twist.twist.linear.x, self._clocks.now().steady)
