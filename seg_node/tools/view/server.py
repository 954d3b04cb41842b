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

"""The web server of the page, on Tornado: its files, one socket, and the parameters."""

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
from typing import Any, Protocol

from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from seg_node.errors import UserError
from seg_node.outside_text import quoted
from seg_node.tools.view.access import Access
from seg_node.tools.view.feed import Feed, NEWS_SECONDS
from seg_node.tools.view.tuning import Tunable

FILES = {'': ('index.html', 'text/html'), 'view.css': ('view.css', 'text/css'),
         **{name: (name, 'text/javascript') for name in ('view.js', 'chart.js', 'tuning.js')}}
"""Places below the root, with file and type."""
MAX_VIEWERS = 16
MAX_REQUEST = 4096
"""Bytes of a request's body, and of a message on the socket."""
HELLO_SECONDS = 10.0
PING_SECONDS = 10.0
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


class _Checked(RequestHandler):
    """What all requests have in common: who may ask, and what a browser may do with the answer."""

    def initialize(self, access: Access, refusals: Refusals) -> None:
        self.access, self.refusals = access, refusals

    def set_default_headers(self) -> None:
        # Of every answer, also of an error.
        self.clear_header('Server')
        self.set_header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
        self.set_header('X-Content-Type-Options', 'nosniff')
        self.set_header('Referrer-Policy', 'no-referrer')
        self.set_header('Cache-Control', 'no-store')

    def prepare(self) -> None:
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

    def refuse(self, status: HTTPStatus, why: str) -> None:
        self.refusals.add(why)
        raise HTTPError(status, reason=status.phrase, log_message=None)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header('Content-Type', 'text/plain; charset=utf-8')
        self.finish(f'{status_code} {self._reason}\n')

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        # Tornado logs each refused request at length; refuse() has counted it.
        if not isinstance(value, HTTPError):
            super().log_exception(kind, value, trace)

    def token(self) -> str:
        return self.request.headers.get('Authorization', '').removeprefix('Bearer ')


class _File(_Checked):
    def get(self, name: str) -> None:
        if name not in FILES:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        file, kind = FILES[name]
        self.set_header('Content-Type', f'{kind}; charset=utf-8')
        self.finish((_FOLDER / file).read_bytes())


class _Parameters(_Checked):
    """GET tells the parameters, POST changes one."""

    def initialize(self, access: Access, refusals: Refusals, parameters: Parameters,
                   threads: ThreadPoolExecutor) -> None:
        super().initialize(access, refusals)
        self._parameters, self._threads = parameters, threads

    async def get(self) -> None:
        if not self.access.may_watch(self.token()):
            self.refuse(HTTPStatus.UNAUTHORIZED, 'a wrong token, or none')
        await self._answer(lambda: {
            'parameters': [asdict(one) for one in self._parameters.tunables()]})

    async def post(self) -> None:
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


class _Socket(WebSocketHandler, _Checked):
    """One open page. It says hello with its token, then what it looks at and what it has drawn."""

    def initialize(self, access: Access, refusals: Refusals, feed: Feed) -> None:
        super().initialize(access, refusals)
        self._feed = feed
        self._greeted = False

    def check_origin(self, origin: str) -> bool:
        if self.access.takes_origin(origin, self.request.host):
            return True
        self.refusals.add(f'a socket of another page, {quoted(origin)}')
        return False

    def open(self) -> None:
        self.set_nodelay(True)
        self._hello = asyncio.get_running_loop().call_later(
            HELLO_SECONDS, self.close, 4408, 'no hello')

    def on_message(self, message: str | bytes) -> None:
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
        self._hello.cancel()
        self._feed.remove(self)

    def send(self, message: str | bytes) -> None:
        """Send a text or an image."""
        try:
            self.write_message(message, isinstance(message, bytes))
        except WebSocketClosedError:
            self._feed.remove(self)

    def _greet(self, token: Any) -> None:
        self._hello.cancel()
        if not self.access.may_watch(token if isinstance(token, str) else ''):
            self.refusals.add('a wrong token, or none')
            return self.close(4401, 'wrong token')
        if self._feed.viewers >= MAX_VIEWERS:
            self.refusals.add(f'{MAX_VIEWERS} pages are open')
            return self.close(4429, 'too many pages are open')
        self._greeted = True
        self._feed.add(self)


class Server:
    """Serves until it is closed; to be made on the thread of the event loop."""

    def __init__(self, access: Access, port: int, feed: Feed, parameters: Parameters) -> None:
        """
        Listen.

        :param port: 0: any that is free.
        :raises OSError: when that cannot be.
        """
        refusals = Refusals()
        # One after the other: a node answers as fast for two.
        self._threads = ThreadPoolExecutor(1, 'parameters')
        common = {'access': access, 'refusals': refusals}
        application = Application([
            ('/live', _Socket, {**common, 'feed': feed}),
            ('/parameters', _Parameters,
             {**common, 'parameters': parameters, 'threads': self._threads}),
            ('/([a-z.]*)', _File, common),
        ], websocket_ping_interval=PING_SECONDS, websocket_ping_timeout=PING_SECONDS,
            websocket_max_message_size=MAX_REQUEST, default_handler_class=_File,
            default_handler_args=common, log_function=lambda handler: None)
        self._http = HTTPServer(application, max_body_size=MAX_REQUEST, max_header_size=MAX_REQUEST,
                                idle_connection_timeout=60.0, body_timeout=10.0)
        sockets = bind_sockets(port, access.address)
        self._http.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self._news = PeriodicCallback(feed.tell_news, NEWS_SECONDS * 1e3)
        self._news.start()

    async def close(self) -> None:
        """Let go of the port and of the pages."""
        self._news.stop()
        self._http.stop()
        await self._http.close_all_connections()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _no_number(text: str) -> None:
    raise ValueError(f'{text} is no number of JSON')
