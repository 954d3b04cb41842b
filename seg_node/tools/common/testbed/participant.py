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

"""A ROS node of our own in a domain, to listen, publish and wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import threading
import time
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions

from seg_node.errors import UserError
from seg_node.tools.common.testbed.domain import Domain

STEP = 0.05
"""Longest time in seconds between two looks at what notifies nobody: processes, signals."""


class DeadlineError(UserError):
    """What was waited for has not happened in time; the message says what."""


class Participant:
    """A ROS node whose callbacks run on a thread of its own and notify `changed`."""

    def __init__(self, domain: Domain, name: str, arguments: Sequence[str] = ()) -> None:
        """
        Enter the domain.

        :param arguments: those for ROS, of a command line.
        """
        self.changed = threading.Condition()
        self._context = Context()
        rclpy.init(args=list(arguments), context=self._context, domain_id=domain.number,
                   signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node(
            name, context=self._context, start_parameter_services=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, name=name, daemon=True)
        self._thread.start()

    def subscribe(self, kind: type, topic: str, take: Callable[[Any, float], Any],
                  qos: QoSProfile | int = 50, *, raw: bool = False) -> Any:
        """Subscribe; `take` gets each message and when it arrived, on the monotonic clock."""
        def receive(message: Any) -> None:
            arrival = time.monotonic()
            with self.changed:
                take(message, arrival)
                self.changed.notify_all()

        return self.node.create_subscription(kind, topic, receive, qos, raw=raw)

    def notify(self) -> None:
        """Have those who wait look again."""
        with self.changed:
            self.changed.notify_all()

    def wait(self, condition: Callable[[], Any], seconds: float,
             check: Callable[[], None] = lambda: None) -> bool:
        """
        Wait until something is so; return whether it is.

        :param check: called while it is not so; raises to give up.
        """
        deadline = time.monotonic() + seconds
        with self.changed:
            while not condition():
                check()
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, STEP))
            return True

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float,
                 check: Callable[[], None] = lambda: None) -> None:
        """
        Wait until something is so; see wait().

        :raises DeadlineError: when it is not so in time.
        """
        if not self.wait(condition, seconds, check):
            raise DeadlineError(f'{what}: not within {seconds:g} s')

    def close(self) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        self._context.try_shutdown()
