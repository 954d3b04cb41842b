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

from collections.abc import Callable

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Header

from seg_node.ros.clocks import Clocks
from seg_node.ros.twists import seconds, TwistInput
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.place import Place, PlaceTrack
from seg_node.stop_go.timing import follow, Trust
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import most_serious

COMMAND_TIMEOUT = 0.5      # seconds; drivers of robots take a silence of about this for a stop
_LOG_EVERY = 2.0      # seconds
_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Speedometer:
    """
    Listen to odom. May be read from any thread: one assignment publishes a reading.

    :param limits: returns the present ones.
    """

    def __init__(self, node: Node, clocks: Clocks, limits: Callable[[], Limits]) -> None:
        self._clocks = clocks
        self._limits = limits
        self._logger = node.get_logger()
        self._reading: tuple[Motion | str, Trust] | None = None
        self._track = PlaceTrack()
        self._pose_problem = ''
        self.refused = 0
        """Messages that were not believed."""
        node.create_subscription(Odometry, 'odom', self._receive, _QOS)

    def motion(self) -> Motion | None:
        """Return the newest motion, None when it is not to be believed."""
        motion, doubt = self.read()
        return None if doubt else motion

    def place(self, stamp: float) -> Place | None:
        """Return where the vehicle was at a stamp, seconds; None when that is not believed."""
        return None if self.read()[1] or self._pose_problem else self._track.at(stamp)

    @property
    def place_problem(self) -> str:
        """Why there is no place, '' where there is one."""
        if self.read()[1]:
            return self.read()[1]
        if not self._track.follows:
            return 'the poses of odom do not move as its speed tells'
        return self._pose_problem

    @property
    def jumps(self) -> int:
        """Count the jumps of the poses so far."""
        return self._track.jumps

    def read(self) -> tuple[Motion | None, str]:
        """Return the newest motion and why it is not to be believed, '' when it is."""
        reading = self._reading
        if reading is None:
            return None, 'no odometry'
        motion, trust = reading
        if isinstance(motion, str):
            return None, motion
        doubts = trust.doubts(self._clocks.now(), self._limits().odometry_age)
        return motion, most_serious(doubts).text if doubts else ''

    def _receive(self, message: Odometry) -> None:
        before = self._reading[1] if self._reading else None
        trust = follow(before, seconds(message.header), self._clocks.now(),
                       self._limits().odometry_age)
        motion: Motion | str
        try:
            motion = Motion.from_twist(message.twist.twist)
            self._add_pose(message, motion)
        except ValueError as error:
            motion = f'{error}'
        self._reading = motion, trust
        _, doubt = self.read()
        if doubt:
            self.refused += 1
            self._logger.warning(f'odom: {doubt}; the speed counts as unknown',
                                 throttle_duration_sec=_LOG_EVERY)
        elif self.place_problem:
            self._logger.warning(f'odom: {self.place_problem}; nothing new is remembered',
                                 throttle_duration_sec=_LOG_EVERY)

    def _add_pose(self, message: Odometry, motion: Motion) -> None:
        """Keep the pose; one that is none is no reason to doubt the speed."""
        try:
            place = Place.from_pose(message.pose.pose, message.header.frame_id)
        except ValueError as error:
            self._pose_problem = f'{error}'
            return
        self._pose_problem = ''
        self._track.add(seconds(message.header), place, motion)


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
