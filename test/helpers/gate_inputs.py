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
"""What the gate listens to: ~/stop, ~/speed_limit and commands, from a thread or a process."""

from __future__ import annotations

from collections.abc import Callable
import signal
import sys
import threading
import time
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
import rclpy
from rclpy.node import Node
from std_msgs.msg import Bool, Float32

from seg_node.tools.common.camera_messages import to_time

PERIOD = 0.05      # seconds, that of the heartbeat


class GateInputs:
    """
    Publish all the time, until stopped; what is None is not published.

    `limit` and `command` may be anything that fits the message, so also NaN. With a `frame_id`
    commands are TwistStamped, and `stamp` gives their stamps in seconds.
    """

    def __init__(self, node: Node, stop: bool | None = False, limit: float | None = 1.0,
                 command: tuple[float, ...] | None = None, frame_id: str = '',
                 stamp: Callable[[], float] = time.time) -> None:
        self.stop, self.limit, self.command = stop, limit, command
        self.stamp = stamp
        self._sent = 0
        self._sending = threading.Condition()
        self._frame_id = frame_id
        self._stops = node.create_publisher(Bool, 'stop', 10)
        self._limits = node.create_publisher(Float32, 'speed_limit', 10)
        self._commands = node.create_publisher(
            TwistStamped if frame_id else Twist, 'cmd_vel_in', 10)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send_command(self, command: tuple[float, ...]) -> None:
        """Publish one command."""
        twist = Twist()
        twist.linear.x, twist.linear.y, twist.linear.z = command[:3]
        twist.angular.x, twist.angular.y, twist.angular.z = command[3:]
        message: Any = twist
        if self._frame_id:
            message = TwistStamped(twist=twist)
            message.header.frame_id = self._frame_id
            message.header.stamp = to_time(round(self.stamp() * 1e9))
        self._commands.publish(message)

    def wait_for_rounds(self, count: int, timeout: float = 60.0) -> None:
        """Wait until everything has been published so many times more."""
        with self._sending:
            goal = self._sent + count
            if not self._sending.wait_for(lambda: self._sent >= goal, timeout):
                raise AssertionError(f'not {count} rounds within {timeout:.0f} s')

    def end(self) -> None:
        """Fall silent."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(PERIOD):
            if self.stop is not None:
                self._stops.publish(Bool(data=self.stop))
            if self.limit is not None:
                self._limits.publish(Float32(data=self.limit))
            if self.command is not None:
                self.send_command(self.command)
            with self._sending:
                self._sent += 1
                self._sending.notify_all()


def main() -> None:
    """Say GO at full speed until killed; with an argument, command that forward speed too."""
    rclpy.init()
    command = (float(sys.argv[1]), *[0.0] * 5) if len(sys.argv) > 1 else None
    GateInputs(rclpy.create_node('go'), command=command)
    while True:
        signal.pause()


if __name__ == '__main__':
    main()
