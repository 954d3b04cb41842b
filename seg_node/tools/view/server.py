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

"""The web server of the page, on Tornado."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import Application

from seg_node.tools.view.access import Access
from seg_node.tools.view.feed import Feed, NEWS_SECONDS
from seg_node.tools.view.handlers import (
    LiveSocket,
    PageFile,
    Parameters,
    ParametersRequest,
    Refusals,
)

MAX_REQUEST = 4096
"""Bytes of a request's head, of its body, and of a message on the socket."""
PING_SECONDS = 10.0
IDLE_SECONDS = 60.0
BODY_SECONDS = 10.0


class Server:
    """Serves until it is closed; to be made on the thread of the event loop."""

    def __init__(self, access: Access, port: int, feed: Feed, parameters: Parameters) -> None:
        """
        Listen.

        :param port: 0: any that is free.
        :raises OSError: when that cannot be.
        """
        self._feed = feed
        refusals = Refusals()
        # One after the other: a node answers as fast for two.
        self._threads = ThreadPoolExecutor(1, 'parameters')
        common = {'access': access, 'refusals': refusals}
        application = Application([
            ('/live', LiveSocket, {**common, 'feed': feed}),
            ('/parameters', ParametersRequest,
             {**common, 'parameters': parameters, 'threads': self._threads}),
            ('/([a-z.]*)', PageFile, common),
        ], websocket_ping_interval=PING_SECONDS, websocket_ping_timeout=PING_SECONDS,
            websocket_max_message_size=MAX_REQUEST, default_handler_class=PageFile,
            default_handler_args=common, log_function=lambda handler: None)
        self._http = HTTPServer(
            application, max_body_size=MAX_REQUEST, max_header_size=MAX_REQUEST,
            idle_connection_timeout=IDLE_SECONDS, body_timeout=BODY_SECONDS)
        sockets = bind_sockets(port, access.address)
        self._http.add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self._news = PeriodicCallback(feed.tell_news, NEWS_SECONDS * 1e3)
        self._news.start()

    async def close(self) -> None:
        """Let go of the port and of the pages."""
        self._news.stop()
        self._feed.close()
        self._http.stop()
        await self._http.close_all_connections()
        self._threads.shutdown(wait=False, cancel_futures=True)
