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

"""The /clock of a replay."""

from __future__ import annotations

from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from seg_node.tools.common.camera_messages import to_time

BETWEEN_NS = 1_000_000
"""With a message the clock is told again only when the last time was longer ago than this."""


class SimClock:
    """Publishes the time of the recording, at a steady rate and before messages."""

    def __init__(self, node: Node, hertz: float, zero_ns: int) -> None:
        """Create the publisher; zero_ns is the time at position 0."""
        self._publisher = node.create_publisher(Clock, '/clock', 10)
        self._period = round(1e9 / hertz)
        self._zero = zero_ns
        self._next = self._last = 0

    def due_in(self, now: int) -> int:
        """Return the time in ns until the next regular message."""
        return max(0, self._next - now)

    def tick(self, now: int, position_ns: int) -> None:
        """Publish when it is time to."""
        if now >= self._next:
            self._next = max(self._next + self._period, now)
            self._publish(now, position_ns)

    def before_message(self, now: int, position_ns: int) -> None:
        """Publish, unless it has just been done: whoever gets a message knows its time."""
        if now - self._last >= BETWEEN_NS:
            self._publish(now, position_ns)

    def _publish(self, now: int, position_ns: int) -> None:
        self._last = now
        self._publisher.publish(Clock(clock=to_time(self._zero + position_ns)))
