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

"""What the page's server answers: its files, one socket, and the parameters, each checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from http import HTTPStatus
import json
from pathlib import Path
import sys
import time
from typing import Any, NoReturn, Protocol

from tornado.web import HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from seg_node.errors import UserError
from seg_node.outside_text import quoted
from seg_node.tools.view.access import Access
from seg_node.tools.view.feed import Feed
from seg_node.tools.view.tuning import Tunable

FILES = {'': ('index.html', 'text/html'), 'view.css': ('view.css', 'text/css'),
         **{name: (name, 'text/javascript') for name in ('view.js', 'chart.js', 'tuning.js')}}
"""Places below the root, with file and type."""
MAX_VIEWERS = 16
HELLO_SECONDS = 10.0
_TOLD_EVERY = 10.0
_FOLDER = Path(__file__).parent / 'page'


class Parameters(Protocol):
    """The robot's parameters; both calls may wait and raise UserError."""

    def tunables(self) -> tuple[Tunable, ...]:
        """Return the parameters that may change now."""

    def tune(self, name: str, value: Any) -> str:
        """Change one; return why it is refused, or ''."""


class Refusals:
    """Counts who was not let in, and says so now and then: nothing happens in silence."""

    def __init__(self) -> None:
        self.count = 0
        self._next = 0.0

    def add(self, why: str) -> None:
        """Count a refusal."""
        self.count += 1
        if (now := time.monotonic()) >= self._next:
            self._next = now + _TOLD_EVERY
            print(f'view: refused a request: {why} ({self.count} so far)', file=sys.stderr,
                  flush=True)


class GuardedHandler(RequestHandler):
    """What all requests have in common: who may ask, and what a browser may do with the answer."""

    def initialize(self, access: Access, refusals: Refusals) -> None:
        """Take what the application has for all of them."""
        self.access, self.refusals = access, refusals

    def set_default_headers(self) -> None:
        """Set those of every answer, also of an error."""
        self.clear_header('Server')
        self.set_header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
        self.set_header('X-Content-Type-Options', 'nosniff')
        self.set_header('Referrer-Policy', 'no-referrer')
        self.set_header('Cache-Control', 'no-store')

    def prepare(self) -> None:
        """Check the Host header, before anything else."""
        host = self.request.host
        if not self.access.takes_host(host):
            self.refuse(HTTPStatus.MISDIRECTED_REQUEST,
                        f'Host {quoted(host)} is not this server; use its IP address')
        # Nothing from elsewhere, and nobody may put the page into his own. The socket is named for
        # those browsers to whom 'self' means http only.
        self.set_header('Content-Security-Policy', (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"))

    def refuse(self, status: HTTPStatus, why: str) -> NoReturn:
        """Answer with an error; why is for the log, not for whoever asks."""
        self.refusals.add(why)
        raise HTTPError(status, reason=status.phrase)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer in one line."""
        self.set_header('Content-Type', 'text/plain; charset=utf-8')
        self.finish(f'{status_code} {self._reason}\n')

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what is a fault of ours; refuse() has counted the others."""
        if not isinstance(value, HTTPError):
            super().log_exception(kind, value, trace)

    def token(self) -> str:
        """Return the token that the request brings, or ''."""
        return self.request.headers.get('Authorization', '').removeprefix('Bearer ')


class PageFile(GuardedHandler):
    """A file of the page."""

    def get(self, name: str = 'no file') -> None:
        """Answer with it."""
        if name not in FILES:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        file, kind = FILES[name]
        self.set_header('Content-Type', f'{kind}; charset=utf-8')
        self.finish((_FOLDER / file).read_bytes())


class ParametersRequest(GuardedHandler):
    """GET tells the parameters, POST changes one."""

    def initialize(self, access: Access, refusals: Refusals, parameters: Parameters,
                   threads: ThreadPoolExecutor) -> None:
        """Take what asks the robot, and the threads in which it waits for answers."""
        super().initialize(access, refusals)
        self._parameters, self._threads = parameters, threads

    async def get(self) -> None:
        """Tell all that may change."""
        if not self.access.may_watch(self.token()):
            self.refuse(HTTPStatus.UNAUTHORIZED, 'a wrong token, or none')
        await self._answer(lambda: {
            'parameters': [asdict(one) for one in self._parameters.tunables()]})

    async def post(self) -> None:
        """Change one."""
        if not self.access.takes_origin(self.request.headers.get('Origin'), self.request.host):
            self.refuse(HTTPStatus.FORBIDDEN, 'a change from another page')
        if not self.access.knows(self.token()):
            self.refuse(HTTPStatus.UNAUTHORIZED, 'a change with a wrong token, or none')
        try:
            asked = json.loads(self.request.body, parse_constant=_no_number)
            name, value = asked['name'], asked['value']
        except (ValueError, TypeError, KeyError, RecursionError):
            name = value = None
        if not isinstance(name, str):
            self.refuse(HTTPStatus.BAD_REQUEST, 'a change that is no {"name": ..., "value": ...}')
        await self._answer(lambda: {'refused': self._parameters.tune(name, value)})

    async def _answer(self, ask: Callable[[], Any]) -> None:
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except UserError as error:
            answer = {'refused': str(error)}
        self.set_header('Content-Type', 'application/json')
        self.finish(json.dumps(answer))


class LiveSocket(WebSocketHandler, GuardedHandler):
    """One open page. It says hello with its token, then what it looks at and what it has drawn."""

    def initialize(self, access: Access, refusals: Refusals, feed: Feed) -> None:
        """Take where it is to look."""
        super().initialize(access, refusals)
        self._feed = feed
        self._greeted = False
        self._hello: asyncio.TimerHandle | None = None

    def check_origin(self, origin: str) -> bool:
        """Say whether our own page opens it: other pages can open sockets anywhere."""
        if self.access.takes_origin(origin, self.request.host):
            return True
        self.refusals.add(f'a socket of another page, {quoted(origin)}')
        return False

    def open(self) -> None:
        """Wait for its hello, but not for long."""
        self.set_nodelay(True)
        self._hello = asyncio.get_running_loop().call_later(
            HELLO_SECONDS, self.close, 4408, 'no hello')

    def on_message(self, message: str | bytes) -> None:
        """Take what the page says."""
        try:
            asked = json.loads(message)
            token, camera = asked.get('token'), asked.get('watch')
        except (ValueError, AttributeError, RecursionError):
            return self.close(4400, 'no message of this page')
        if not self._greeted:
            return self._greet(token)
        if isinstance(camera, str):
            self._feed.watch(self, camera)
        elif asked.get('drawn'):
            self._feed.has_drawn(self)

    def on_close(self) -> None:
        """Forget the page."""
        if self._hello is not None:
            self._hello.cancel()
        self._feed.remove(self)

    def send(self, message: str | bytes) -> None:
        """Send a text or an image."""
        try:
            sent = self.write_message(message, isinstance(message, bytes))
        except WebSocketClosedError:
            return self._feed.remove(self)
        # A page that goes away in the middle of it: on_close() sees to that.
        sent.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _greet(self, token: Any) -> None:
        assert self._hello is not None
        self._hello.cancel()
        if not self.access.may_watch(token if isinstance(token, str) else ''):
            self.refusals.add('a wrong token, or none')
            return self.close(4401, 'wrong token')
        if self._feed.viewers >= MAX_VIEWERS:
            self.refusals.add(f'{MAX_VIEWERS} pages are open')
            return self.close(4429, 'too many pages are open')
        self._greeted = True
        self._feed.add(self)


def _no_number(text: str) -> None:
    raise ValueError(f'{text} is no number of JSON')
