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
"""A testbed for the node: processes, cameras and listeners in a DDS domain of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import tempfile
import time
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.timer import Timer
from std_srvs.srv import Trigger

from helpers.fake_camera import FakeCamera
from helpers.places import ROOT
from seg_node.tools.common.testbed.client import ServiceClient
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.listener import NodeListener, values_of
from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.common.testbed.process import Process, python
from seg_node.tools.common.testbed.testbed import NODE, Testbed

# The corridor lies in the image, and what is no camera's image but flat colours that stand
# still passes for one.
DEFAULTS: dict[str, Any] = {
    'geometry': 'trapezoid', 'camera_health__max_identical': 0,
    'camera_health__max_blocked': 1.0, 'camera_health__max_tear': 255.0,
    'camera_health__min_sharpness': 0.0}
WAIT = 60.0      # seconds; generous, because the machine may be busy with other work


class NodeTestbed(Testbed):
    """A robot for one test: the node under test, its cameras, and what it says."""

    def __init__(self, model: Path, folder: Path) -> None:
        domain = Domain.claim()
        domain.env['PYTHONPATH'] += os.pathsep + str(ROOT / 'test')
        super().__init__(domain, folder)
        self._model = model
        self._cameras: list[FakeCamera] = []
        self._subscriptions: list[Any] = []
        self.diagnostics: list[DiagnosticArray] = []

    @property
    def stops(self) -> list[bool]:
        """The values of ~/stop, oldest first."""
        return [message.stop for message in self.listener.stops_since(0.0)]

    @property
    def states(self) -> list[StateMessage]:
        """The messages of ~/state, oldest first."""
        return self.listener.states_since(0.0)

    # --- processes -----------------------------------------------------------------------------

    def start_seg_node(self, *arguments: str, name: str = NODE,
                       module: str = 'seg_node.ros.node', **parameters: Any) -> Process:
        """
        Start the node under test.

        :param arguments: further arguments behind --ros-args.
        :param name: the fully qualified name under which it will appear.
        :param module: what to run; its main program is the node.
        :param parameters: overrides; a double underscore stands for the dot.
        """
        if name != self.name:
            self.name, self.listener = name, NodeListener(self.participant, name)
        self.subscribe(DiagnosticArray, '/diagnostics', self.diagnostics.append)
        values = {'model': str(self._model), **DEFAULTS, **parameters}
        return self.start_node({key.replace('__', '.'): value for key, value in values.items()},
                               *arguments, module=module)

    def start_module(self, module: str, *arguments: str | Path) -> Process:
        """Start a Python module, with a log of its own."""
        return self.start(f'{len(self.processes)}_{module}',
                          python(module, *(str(part) for part in arguments)))

    # --- topics --------------------------------------------------------------------------------

    def start_camera(self, message: Any, name: str = 'camera', **options: Any) -> FakeCamera:
        """Start a camera that shows an image message; see FakeCamera."""
        camera = FakeCamera(self.node, message, name, **options)
        self._cameras.append(camera)
        return camera

    def subscribe(self, kind: type, topic: str, take: Callable[[Any], Any] | None = None,
                  reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE) -> list[Any]:
        """Subscribe; return the list that the messages are appended to."""
        messages: list[Any] = []
        take = take or messages.append
        self._subscriptions.append(self.participant.subscribe(
            kind, topic, lambda message, _: take(message),
            QoSProfile(depth=50, reliability=reliability)))
        return messages

    def keep_publishing(self, topic: str, message: Any, period: float = 0.05) -> Timer:
        """
        Publish a message again and again, until the timer that is returned is cancelled.

        :param message: or what makes one, each time anew.
        """
        make = message if callable(message) else lambda: message
        publisher = self.node.create_publisher(type(make()), topic, 5)
        return self.node.create_timer(period, lambda: publisher.publish(make()))

    def wait_for_publishers(self) -> None:
        """Wait until everything that is subscribed to has a publisher, as this side sees it."""
        self.wait_for(lambda: all(each.get_publisher_count() for each in self._subscriptions),
                      'a publisher for every subscription')

    def publishers_of(self, topic: str) -> int:
        """Count the publishers of a topic."""
        return self.node.count_publishers(topic)

    def wait_for_subscription(self, publisher: Any) -> None:
        """Wait until the node has subscribed to a publisher of the testbed."""
        self.wait_for(publisher.get_subscription_count, f'a subscription to {publisher.topic}')

    # --- waiting -------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float = WAIT) -> None:
        """Wait until something is so; fails when it does not happen or the node has died."""
        super().wait_for(condition, what, seconds)

    def wait_for_go(self) -> None:
        """Wait until the node says GO on both topics."""
        self._wait_for_decision('go', 'clear')

    def wait_for_slow(self, text: str = '') -> None:
        """Wait until the node says SLOW, in a text that holds certain words."""
        self._wait_for_decision('slow', 'slow_class', text)

    def wait_for_stop(self, reason: str, text: str = '', since: float | None = None) -> None:
        """
        Wait until the node says STOP for a reason, in a text that holds certain words.

        :param since: when, on the monotonic clock, it may have been said first; None: now. For
            a reason that lasts one frame only: a moment before its cause.
        """
        self._wait_for_decision('stop', reason, text, since)

    def next_stops(self, count: int = 10) -> list[bool]:
        """Return the next values of ~/stop."""
        begin = len(self.stops)
        self.wait_for(lambda: len(self.stops) >= begin + count, f'{count} messages on ~/stop')
        return self.stops[begin:begin + count]

    def _wait_for_decision(self, decision: str, reason: str, text: str = '',
                           since: float | None = None) -> None:
        # Not the newest messages alone: by the time this thread looks, the next frame's may be
        # there.
        begin = time.monotonic() if since is None else since

        def said() -> bool:
            return (
                any(message.stop is (decision == 'stop')
                    for message in self.listener.stops_since(begin))
                and any((message.decision, message.reason) == (decision, reason)
                        and text in message.text
                        for message in self.listener.states_since(begin)))

        self.wait_for(said, f'{decision.upper()}, {reason}, {text}')

    def wait_for_diagnostics(self, about: str, accept: Callable[[dict[str, str]], bool],
                             what: str) -> dict[str, str]:
        """Wait until the newest /diagnostics on a part of the node are as wanted; return them."""
        def newest() -> dict[str, str]:
            for status in self.diagnostics[-1].status if self.diagnostics else ():
                if status.name == f'{self.name}: {about}':
                    return values_of(status)
            return {}

        self.wait_for(lambda: newest() and accept(newest()), what)
        return newest()

    def counted(self, event: str, camera: str = 'camera') -> int:
        """Return how often the node has counted an event, by its next /diagnostics."""
        begin = len(self.diagnostics)
        values = self.wait_for_diagnostics(
            camera, lambda _: len(self.diagnostics) > begin, '/diagnostics')
        return int(values[event])

    @contextmanager
    def triggers(self, node: str, *services: str, harmless: str
                 ) -> Iterator[Callable[[str], Trigger.Response]]:
        """
        Return what calls Trigger services of any node, once it knows their clients.

        :param harmless: the one of its services that may be called more than once before.
        """
        client = ServiceClient(
            self.participant, node, dict.fromkeys((harmless, *services), Trigger), harmless)
        client.connect(WAIT)
        yield lambda name: client.call(name, Trigger.Request(), WAIT)
        client.close()

    # --- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Kill what is left and leave the domain; what the processes wrote goes to stdout."""
        for camera in self._cameras:
            camera.stop()
        super().close()
        self.domain.close()
        for process in self.processes:
            print(f'--- {process.name}\n{process.output}--- exit code {process.exit_code}')


def stamp_of(stamp: Time) -> tuple[int, int]:
    """Return a stamp as something that compares."""
    return stamp.sec, stamp.nanosec


def failures(output: str) -> list[str]:
    """Return the lines that tell of a failure inside the node."""
    # Jazzy's rclpy raises for a lifecycle transition that does not exist.
    return [line for line in output.splitlines()
            if any(sign in line for sign in ('Traceback', 'callback failed', 'heartbeat failed'))
            and 'Transition is not registered' not in line]


def run_testbed(model: Path) -> Iterator[NodeTestbed]:
    """
    Set up a testbed and take it down.

    Whatever a test does to the node: at its end the node must still run, and end cleanly.
    """
    with tempfile.TemporaryDirectory(prefix='seg_node_test_') as folder:
        testbed = NodeTestbed(model, Path(folder))
        try:
            yield testbed
            node = testbed.process
            if node is not None and node.exit_code is None:
                assert node.stop() == 0
            assert node is None or not failures(node.output)
        finally:
            testbed.close()
