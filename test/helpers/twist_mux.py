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

"""What twist_mux does with topics and locks (its README), for a machine that has none."""

from __future__ import annotations

import time
from typing import Any

from geometry_msgs.msg import Twist
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from std_msgs.msg import Bool


class TwistMux(Node):
    """Passes the command of the highest priority that no lock stops."""

    def __init__(self) -> None:
        super().__init__('twist_mux', automatically_declare_parameters_from_overrides=True)
        self._commands = self._inputs('topics', Twist, self._pass_on)
        self._locks = self._inputs('locks', Bool, self._heard)
        self._heard_at: dict[str, tuple[float, Any]] = {}
        self._out = self.create_publisher(Twist, 'cmd_vel_out', 10)

    def _inputs(self, kind: str, message: type, callback: Any) -> dict[str, tuple[int, float]]:
        given = {name: one.value for name, one in self.get_parameters_by_prefix(kind).items()}
        inputs = {}
        for name in {key.partition('.')[0] for key in given}:
            inputs[name] = given[f'{name}.priority'], given[f'{name}.timeout']
            self.create_subscription(message, given[f'{name}.topic'],
                                     lambda told, name=name: callback(name, told), 10)
        return inputs

    def _heard(self, name: str, message: Any) -> None:
        self._heard_at[name] = time.monotonic(), message

    def _is_silent(self, name: str, timeout: float) -> bool:
        at, _ = self._heard_at.get(name, (float('-inf'), None))
        return time.monotonic() - at > timeout

    def _pass_on(self, name: str, command: Twist) -> None:
        self._heard(name, command)
        locks = [priority for lock, (priority, timeout) in self._locks.items()
                 if self._is_silent(lock, timeout) or self._heard_at[lock][1].data]
        best = max(priority for other, (priority, timeout) in self._commands.items()
                   if not self._is_silent(other, timeout))
        if self._commands[name][0] == best >= max(locks, default=0):
            self._out.publish(command)


def main() -> None:
    """Run until a signal."""
    try:
        with rclpy.init():
            rclpy.spin(TwistMux())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass


if __name__ == '__main__':
    main()
