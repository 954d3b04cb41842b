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

"""A page of `view` as a program: its socket and its requests, without a browser."""

from __future__ import annotations

from collections.abc import Callable
import json
from typing import Any

from seg_node.errors import UserError

ANSWER_SECONDS = 60.0
"""Generous, because the machine may be busy."""


class PageClosedError(UserError):
    """The server has closed the socket."""


class PageClient:
    """One open page, by the address that `view` shows."""

    def __init__(self, address: str) -> None:
        self._root, _, self._token = address.partition('/#token=')
        self._host = self._root.removeprefix('http://')

    async def open(self) -> dict[str, Any]:
        """Open the socket; return what it says first."""
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect
        request = HTTPRequest(f'ws://{self._host}/live', headers={'Origin': self._root})
        self._socket = await websocket_connect(request)
        await self.send(token=self._token)
        return await self.next()

    async def send(self, **message: Any) -> None:
        """Say something to the server."""
        await self._socket.write_message(json.dumps(message))

    async def next(self) -> Any:
        """Return the next message: the content of a text, or the bytes of an image."""
        message = await self._socket.read_message()
        if message is None:
            raise PageClosedError('the page was closed')
        return json.loads(message) if isinstance(message, str) else message

    async def until(self, wanted: Callable[[Any], Any]) -> Any:
        """Return the first message that is wanted; each image is drawn at once."""
        while True:
            message = await self.next()
            if isinstance(message, bytes):
                await self.send(drawn=1)
            if wanted(message):
                return message

    async def parameters(self, **change: Any) -> Any:
        """Ask for the parameters, or for a change of one."""
        from tornado.httpclient import AsyncHTTPClient, HTTPRequest
        request = HTTPRequest(
            f'{self._root}/parameters', 'POST' if change else 'GET',
            {'Origin': self._root, 'Authorization': f'Bearer {self._token}'},
            body=json.dumps(change) if change else None, request_timeout=ANSWER_SECONDS)
        return json.loads((await AsyncHTTPClient().fetch(request)).body)

    def close(self) -> None:
        """Close the socket, as a page that is left."""
        self._socket.close()


def says(reason: str) -> Callable[[Any], bool]:
    """Return what knows a message whose reason is this one."""
    return lambda message: isinstance(message, dict) and message.get('reason') == reason


