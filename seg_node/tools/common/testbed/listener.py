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

"""What a node says on ~/stop and ~/state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import itertools
import time
from typing import Any, TypeVar

from diagnostic_msgs.msg import DiagnosticStatus
from std_msgs.msg import Bool

from seg_node.tools.common.testbed.messages import StateMessage, StopMessage
from seg_node.tools.common.testbed.participant import Participant

_DEPTH = 50
_Message = TypeVar('_Message', StopMessage, StateMessage)


def values_of(status: DiagnosticStatus) -> dict[str, str]:
    """Return the key-value pairs of a status."""
    return {item.key: item.value for item in status.values}


def subscribe_to_decisions(subscribe: Callable[..., Any], name: str,
                           take_stop: Callable[..., Any], take_state: Callable[..., Any]) -> None:
    """Subscribe to what the node of that name decides."""
    # In this order: where both have arrived, the stop message is taken first.
    subscribe(Bool, f'{name}/stop', take_stop, _DEPTH)
    subscribe(DiagnosticStatus, f'{name}/state', take_state, _DEPTH)


class NodeListener:
    """The messages of ~/stop and ~/state of a node from now on, oldest first."""

    def __init__(self, participant: Participant, name: str, keep: int | None = None) -> None:
        """
        Subscribe.

        :param keep: how many of the newest messages of each are kept; None: all.
        """
        self._participant = participant
        self.stops: deque[StopMessage] = deque(maxlen=keep)
        self.states: deque[StateMessage] = deque(maxlen=keep)
        subscribe_to_decisions(participant.subscribe, name, self._take_stop, self._take_state)

    @property
    def values(self) -> dict[str, str]:
        """The key-value pairs of the newest ~/state, none before the first."""
        with self._participant.changed:
            return self.states[-1].values if self.states else {}

    def stops_since(self, begin: float) -> list[StopMessage]:
        """Return the messages of ~/stop that arrived at `begin` or later."""
        return self._since(self.stops, begin)

    def states_since(self, begin: float) -> list[StateMessage]:
        """Return the messages of ~/state that arrived at `begin` or later."""
        return self._since(self.states, begin)

    def next_state(self, seconds: float, check: Callable[[], None] = lambda: None
                   ) -> StateMessage | None:
        """Wait for the next message of ~/state; None when there is none. check: see wait()."""
        begin = time.monotonic()
        self._participant.wait(lambda: self.states_since(begin), seconds, check)
        return next(iter(self.states_since(begin)), None)

    def goes(self, since: float) -> bool:
        """Return whether the newest messages, no older than `since`, say GO on both topics."""
        return bool(
            self.stops and self.states and not self.stops[-1].stop
            and self.states[-1].decision == 'go'
            and min(self.stops[-1].time, self.states[-1].time) >= since)

    def summary(self) -> str:
        """Return what was said last, for messages to people."""
        return (f'~/stop {[message.stop for message in list(self.stops)[-3:]]}, '
                f'~/state {[message.text for message in list(self.states)[-3:]]}')

    def _since(self, messages: deque[_Message], begin: float) -> list[_Message]:
        # From the end: what matters is always recent.
        with self._participant.changed:
            newest = list(itertools.takewhile(
                lambda message: message.time >= begin, reversed(messages)))
        return newest[::-1]

    def _take_stop(self, message: Bool, arrival: float) -> None:
        self.stops.append(StopMessage(arrival, message.data))

    def _take_state(self, message: DiagnosticStatus, arrival: float) -> None:
        self.states.append(StateMessage(
            arrival, message.message, values_of(message), message.name, message.level))
