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

"""The live page served by a thread of the test's process, with a robot that the test plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
import json
import threading
import time
from typing import Any

import cv2
import numpy as np

from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.view.access import Access
from seg_node.tools.view.feed import Feed
from seg_node.tools.view.server import Server
from seg_node.tools.view.tuning import Tunable

TOKEN = 'a-token-of-the-tests'
NODE = '/seg_node'
WAIT = 60.0


class PlayedRobot:
    """Parameters of a robot: changes are kept in `values`, unless `refusal` says why not."""

    def __init__(self) -> None:
        self.refusal = ''
        self.values: dict[str, Any] = {'stop_go.min_confidence': 0.6, 'stop_go.go_after': 5,
                                       'camera_health.enabled': True, 'vehicle.shape': 'box'}

    def tunables(self) -> tuple[Tunable, ...]:
        kinds = {bool: 'switch', int: 'integer', float: 'number', str: 'text'}
        return tuple(Tunable(
            name, kinds[type(value)], value, f'what {name} means',
            *((0.0, 100.0) if type(value) in (int, float) else (None, None)),
            choices=('box', 'round') if isinstance(value, str) else ())
            for name, value in self.values.items())

    def tune(self, name: str, value: Any) -> str:
        if not self.refusal:
            self.values[name] = {one.name: one for one in self.tunables()}[name].accept(value)
        return self.refusal


class ServedPage:
    """The server, what it is fed, and requests to it."""

    def __init__(self, access: Access) -> None:
        self.robot = PlayedRobot()
        self.watched: set[str] = set()
        self._access = access
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        started = threading.Event()
        self._loop.call_soon(started.set)
        self._thread.start()
        assert started.wait(WAIT)
        self.listen()

    def listen(self, port: int = 0) -> None:
        """Begin to serve."""
        self.feed, self.server = self._do(lambda: self._make(port))
        self.port = self.server.port

    def stop_serving(self) -> None:
        """Let go of the port, as a process that has ended."""
        asyncio.run_coroutine_threadsafe(self.server.close(), self._loop).result(WAIT)

    def say(self, decision: str, reason: str, text: str = '', **values: str) -> None:
        """Have the robot say something; a double underscore stands for the dot."""
        told = {'decision': decision, 'reason': reason, 'speed_limit': '1.0000',
                **{key.replace('__', '.'): value for key, value in values.items()}}
        self._do(lambda: self.feed.take_state(StateMessage(time.monotonic(), text, told)))

    def show(self, camera: str, gray: int) -> None:
        """Have the robot show an image."""
        jpeg = cv2.imencode('.jpg', np.full((48, 64, 3), gray, np.uint8))[1].tobytes()
        self._do(lambda: self.feed.take_overlay(camera, jpeg))

    def diagnose(self, *statuses: Mapping[str, Any]) -> None:
        """Have the robot send diagnostics."""
        self._do(lambda: self.feed.take_diagnostics(statuses))

    def request(self, method: str, path: str, body: Any = None, **headers: str
                ) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body of the answer."""
        connection = HTTPConnection('127.0.0.1', self.port, timeout=WAIT)
        try:
            connection.request(
                method, path, None if body is None else
                body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def run(self, made: Callable[[], Any]) -> Any:
        """Return what a coroutine comes to on the server's thread."""
        return asyncio.run_coroutine_threadsafe(made(), self._loop).result(WAIT)

    def close(self) -> None:
        self.stop_serving()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT)
        self._loop.close()

    def _make(self, port: int) -> tuple[Feed, Server]:
        feed = Feed(NODE, 1000.0, lambda cameras: setattr(self, 'watched', cameras))
        return feed, Server(self._access, port, feed, self.robot)

    def _do(self, what: Callable[[], Any]) -> Any:
        async def done() -> Any:
            return what()
        return self.run(done)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


@contextmanager
def served_page(access: Access | None = None) -> Iterator[ServedPage]:
    """Serve the page, on this computer only."""
    served = ServedPage(access or Access('127.0.0.1', TOKEN))
    try:
        yield served
    finally:
        served.close()
