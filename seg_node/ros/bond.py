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

"""The bond topic: tell a lifecycle manager that the node lives, and notice when it does not."""

from __future__ import annotations

import threading
from typing import Any
import uuid

from rclpy.node import Node

from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.structure import BOND_OFF, BOND_REQUIRED
from seg_node.ros.clocks import Clocks
from seg_node.ros.qos import BOND, LAST_WORD
from seg_node.stop_go.bond import BEAT_PERIOD, Bond, Broken, Formed, SILENCE
from seg_node.stop_go.verdict import Finding

_TOPIC = 'bond'


class ManagerBond:
    """
    Hold a bond with a lifecycle manager from each activation to the next deactivation.

    It speaks bond/msg/Status itself, which every Nav2 brings along, and needs no bondpy.

    :param wanted: off, auto or required.
    :raises ParameterError: when the bond is required, and its messages are not installed.
    """

    def __init__(self, node: Node, clocks: Clocks, wanted: str) -> None:
        self._node = node
        self._clocks = clocks
        self._required = wanted == BOND_REQUIRED
        self._end: _End | None = None
        self._publisher: Any = None
        if wanted == BOND_OFF:
            return
        try:
            from bond.msg import Status
        except ImportError as error:
            if self._required:
                raise ParameterError(
                    f'bond: required needs the messages of bond ({error}); install them, or '
                    'choose bond: auto') from error
            return
        # For as long as the node lives: a goodbye would be taken along by its publisher.
        self._publisher = node.create_publisher(Status, _TOPIC, BOND)

    def open(self) -> None:
        """Begin to beat, with a new bond."""
        if self._publisher is not None:
            former = self._end.bond.manager if self._end else ''
            self._end = _End(self._node, self._clocks, self._publisher,
                             Bond(self._required, former))

    def close(self) -> None:
        """Say goodbye and stop beating; the bond has nothing against GO from here on."""
        if self._end is not None:
            self._end.close()

    def finding(self) -> Finding | None:
        """Return what the bond has against GO at this moment, if anything; from any thread."""
        end = self._end
        if end is None or end.closed:
            return None
        end.bond.update(self._clocks.now().steady)
        return end.bond.finding()

    @property
    def text(self) -> str:
        """How it stands with the bond, for people."""
        end = self._end
        if self._publisher is None:
            return 'bond is off or not installed: a lifecycle manager needs bond_timeout: 0.0'
        if end is None or end.closed:
            return 'no bond while not active'
        state = end.bond.state
        if isinstance(state, Broken):
            return state.cause.text
        if isinstance(state, Formed):
            strangers = end.bond.strangers
            return 'held by a lifecycle manager' + (
                f'; {strangers} messages of a second one' if strangers else '')
        return 'no lifecycle manager holds the other end: none notices when this node is gone'


class _End:
    """
    The node's end of one bond; it beats from when it is made.

    The beats have a thread of their own: nothing that the executor does holds them up.
    """

    def __init__(self, node: Node, clocks: Clocks, publisher: Any, bond: Bond) -> None:
        self.bond = bond
        self._node = node
        self._clocks = clocks
        self._publisher = publisher
        self._name = node.get_name()
        self._instance = f'{uuid.uuid4()}'
        self._closed = threading.Event()
        self._subscription = node.create_subscription(
            publisher.msg_type, _TOPIC, self._receive, BOND)
        self._thread = threading.Thread(target=self._beat, name='bond', daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._closed.is_set()

    def close(self) -> None:
        """Say goodbye, once, and let it arrive for a short time."""
        if self.closed:
            return
        self._closed.set()
        self._thread.join()
        self._node.destroy_subscription(self._subscription)
        self._say(False)
        self._publisher.wait_for_all_acked(LAST_WORD)

    def _beat(self) -> None:
        while not self.closed:
            try:
                self.bond.update(self._clocks.now().steady)
                if isinstance(self.bond.state, Broken):
                    self._say(False)
                    return      # it never forms again
                self._say(True)
            except Exception as error:      # the next may succeed; silence breaks the bond
                self._node.get_logger().error(
                    f'the bond has missed a beat: {error!r}', throttle_duration_sec=2.0)
            self._closed.wait(BEAT_PERIOD)

    def _say(self, alive: bool) -> None:
        message = self._publisher.msg_type(
            id=self._name, instance_id=self._instance, active=alive,
            heartbeat_timeout=SILENCE, heartbeat_period=BEAT_PERIOD)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _receive(self, message: Any) -> None:
        speaker = message.instance_id
        if message.id != self._name or speaker == self._instance:
            return
        self.bond.hear(speaker, message.active, self._clocks.now().steady)
        if (not message.active and isinstance(self.bond.state, Broken)
                and self.bond.state.manager == speaker):
            self._say(False)      # it waits for an answer to its goodbye
