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

"""The testbed of the fault benchmark: a node, and the robot around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import signal
import time
from typing import Any

from benchmarks.faults.faulty_camera import FaultyCamera, Show
from benchmarks.faults.images import Clips
from seg_node.errors import UserError
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.common.testbed.process import Process
from seg_node.tools.common.testbed.testbed import Testbed

START_SECONDS = 30.0
"""Time for a node to start, load its model and give GO."""
GO_SECONDS = 10.0
"""Time in which a healthy node must give GO."""
_COMPLAINTS = ('Traceback', 'callback failed', 'heartbeat failed')


class InjectionError(UserError):
    """A fault could not be injected; the message says what was missing."""


class FaultTestbed(Testbed):
    """
    One node under test with what surrounds it.

    `healthy` is what the camera shows when nothing is wrong.
    """

    def __init__(self, domain: Domain, clips: Clips, model: Path, folder: Path) -> None:
        """Enter the domain; `folder` takes logs and scratch files."""
        super().__init__(domain, folder)
        self.clips = clips
        self.model = model
        self.healthy: Show | None = None
        self.camera: FaultyCamera | None = None
        self.keep: dict[str, Any] = {}
        self.node_was_killed = False
        self._closers: list[Callable[[], None]] = []

    # --- what runs ------------------------------------------------------------------------------

    def restart_node(self, *arguments: str) -> Process:
        """Start the node as it was started before, or with more arguments; it has ended."""
        self.node_was_killed = False
        process = super().restart_node(*arguments)
        # Now, so that no request is late because the two sides have yet to find each other.
        self.client.connect(START_SECONDS)
        return process

    def start_camera(self, show: Show) -> None:
        """Start the camera that the node watches; this is what it shows in health."""
        self.healthy = show
        self.camera = FaultyCamera(self.node, show)
        self.at_end(self.camera.close)

    def at_end(self, close: Callable[[], None]) -> None:
        """Call this when the testbed is closed; the last one first."""
        self._closers.append(close)

    def kill_node(self, number: int = signal.SIGKILL) -> float:
        """Send the node a signal that ends it; return when, on the monotonic clock."""
        assert self.process is not None
        self.node_was_killed = True
        now = time.monotonic()
        self.process.send(number)
        return now

    # --- the state of the node -------------------------------------------------------------------

    def crash(self) -> str:
        """Return how the node has ended, '' while it runs or where the benchmark killed it."""
        code = self.process.exit_code if self.process is not None else None
        return '' if code is None or self.node_was_killed else f'exit code {code}'

    def complaints(self) -> int:
        """Count the lines of the node's log that tell of a failure inside it."""
        assert self.process is not None
        lines = self.process.output.splitlines()
        return sum(any(sign in line for sign in _COMPLAINTS) for line in lines)

    def limit(self, name: str) -> float:
        """Return the value of a parameter that is a number."""
        return self.client.numbers(name)[name]

    # --- waiting ---------------------------------------------------------------------------------

    def wait_until(self, moment: float) -> None:
        """Let time pass until that moment on the monotonic clock."""
        time.sleep(max(0.0, moment - time.monotonic()))

    def wait_for_go(self, seconds: float = GO_SECONDS) -> float:
        """Wait until the node says GO from now on; return when it did."""
        begin = time.monotonic()
        self.wait_for(lambda: self.listener.goes(begin), 'GO', seconds)
        return next(message.time for message in self.listener.stops_since(begin)
                    if not message.stop)

    def wait_for_stop(self, since: float, seconds: float) -> bool:
        """Wait until the node has said STOP since a moment; False when it has not."""
        return self.participant.wait(
            lambda: any(message.stop for message in self.listener.stops_since(since)), seconds)

    # --- the end ---------------------------------------------------------------------------------

    def finish(self) -> str:
        """End everything; return how the node ended where that was not as it should, else ''."""
        ended = self.crash()
        if self.process is not None and not ended and not self.node_was_killed:
            code = self.process.stop()
            ended = f'exit code {code} at the end' if code else ''
        for close in reversed(self._closers):
            close()
        self.close()
        return ended


def taken_at(state: StateMessage) -> float:
    """Return when the newest image that was decided on was taken, on the monotonic clock."""
    return float(state.values['camera.image_stamp']) - time.time() + time.monotonic()
