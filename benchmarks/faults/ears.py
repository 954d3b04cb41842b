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

"""What the fault benchmark hears on ~/stop and ~/state, with the times of arrival."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool

from benchmarks.faults.table import Heard, State


class Ears:
    """Listen to a node from now on; every message notifies `changed`."""

    def __init__(self, node: Node, name: str, changed: threading.Condition) -> None:
        """Subscribe to what the node of that name says."""
        self._node = node
        self._changed = changed
        self.stops: list[Heard] = []
        self.states: list[State] = []
        qos = QoSProfile(depth=50)
        self._subscriptions: list[Any] = [
            node.create_subscription(Bool, f'{name}/stop', self._noting(self._hear_stop), qos),
            node.create_subscription(
                DiagnosticStatus, f'{name}/state', self._noting(self._hear_state), qos)]

    def stops_since(self, begin: float) -> list[Heard]:
        """Return the messages of ~/stop that arrived at `begin` or later."""
        return _since(self.stops, begin)

    def states_since(self, begin: float) -> list[State]:
        """Return the messages of ~/state that arrived at `begin` or later."""
        return _since(self.states, begin)

    def goes(self, since: float) -> bool:
        """Tell whether the newest messages, no older than `since`, say GO on both topics."""
        return bool(
            self.stops and self.states and not self.stops[-1].stop
            and self.states[-1].decision == 'go'
            and min(self.stops[-1].time, self.states[-1].time) >= since)

    def close(self) -> None:
        """Stop listening."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _noting(self, take: Callable[[Any, float], None]) -> Callable[[Any], None]:
        def receive(message: Any) -> None:
            now = time.monotonic()
            with self._changed:
                take(message, now)
                self._changed.notify_all()
        return receive

    def _hear_stop(self, message: Bool, now: float) -> None:
        self.stops.append(Heard(now, message.data))

    def _hear_state(self, message: DiagnosticStatus, now: float) -> None:
        values = {item.key: item.value for item in message.values}
        self.states.append(State(
            now, values.get('decision', ''), values.get('reason', ''), message.message, values))


def taken_at(state: State) -> float:
    """Return when the newest image that was decided on was taken, on the monotonic clock."""
    return float(state.values['camera.image_stamp']) - time.time() + time.monotonic()


def _since(items: list[Any], begin: float) -> list[Any]:
    # From the end: what matters is always recent. len() first: the list grows meanwhile.
    first = len(items)
    while first and items[first - 1].time >= begin:
        first -= 1
    return items[first:]
