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

"""How the vehicle moves, and which way it is to move."""

from __future__ import annotations

import math

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Header

from seg_node.ros.clocks import Clocks
from seg_node.ros.twists import seconds, TwistInput
from seg_node.stop_go.vehicle import Motion

COMMAND_TIMEOUT = 0.5      # seconds; drivers of robots take a silence of about this for a stop
_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Speedometer:
    """Listen to odom. May be read from any thread: one assignment publishes a reading."""

    def __init__(self, node: Node, clocks: Clocks) -> None:
        self._clocks = clocks
        self._logger = node.get_logger()
        self._reading: tuple[Motion, float] | None = None
        node.create_subscription(Odometry, 'odom', self._receive, _QOS)

    def motion(self, timeout: float) -> Motion | None:
        """Return the newest motion, None when it is older than `timeout` seconds."""
        reading = self._reading
        if reading is None or self._clocks.now().steady - reading[1] > timeout:
            return None
        return reading[0]

    def _receive(self, message: Odometry) -> None:
        twist = message.twist.twist
        motion = Motion(twist.linear.x, twist.angular.z)
        if not (math.isfinite(motion.speed) and math.isfinite(motion.yaw_rate)):
            self._logger.warning(
                f'odom: speed {motion.speed}, yaw rate {motion.yaw_rate} are no numbers; ignored',
                throttle_duration_sec=2.0)
            return
        self._reading = (motion, self._clocks.now().steady)


class CommandMeter:
    """Listen to cmd_vel, which tells the direction before the vehicle moves."""

    def __init__(self, node: Node, clocks: Clocks) -> None:
        self._clocks = clocks
        self._reading: tuple[float, float] | None = None
        self.commands = TwistInput(node, 'cmd_vel', _QOS, self._receive)

    def speed(self) -> float | None:
        """Return the forward speed commanded, m/s, None without a fresh command."""
        reading = self._reading
        if reading is None or self._clocks.now().steady - reading[1] > COMMAND_TIMEOUT:
            return None
        return reading[0]

    def _receive(self, twist: Twist, header: Header | None) -> None:
        now = self._clocks.now()
        if header is not None and not abs(now.ros - seconds(header)) <= COMMAND_TIMEOUT:
            return
        self._reading = (twist.linear.x, now.steady)
