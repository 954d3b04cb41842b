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

"""
Show in a browser what the node sees and decides, and try parameters: one page on this computer.

Exit codes: 0 ended by SIGINT or SIGTERM, 2 unusable input.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
import signal
import sys
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.common.command_line import command, need, OneLineParser, positive, whole
from seg_node.tools.view.access import Access, new_token, parse_address, parse_token

PORT = 8642
OPEN = 'view: open '
"""What the line begins with that has the page's address."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='view', description=__doc__.split('\n')[1])
    parser.add_argument('--node', default='seg_node',
                        help='name of the node to show (default: seg_node)')
    parser.add_argument('--address', default='127.0.0.1', metavar='IP',
                        help='address to listen on, 0.0.0.0 for all networks of this computer '
                        '(default: 127.0.0.1, which nobody else reaches)')
    parser.add_argument('--port', type=whole(0, 65535), default=PORT,
                        help=f'port to listen on, 0 for any (default: {PORT})')
    parser.add_argument('--token-file', type=Path, metavar='FILE',
                        help='holds the token of the page (default: a new one each time)')
    parser.add_argument('--fps', type=positive, default=15.0,
                        help='images per second of a page at most (default: 15)')
    return parser.parse_args(argv)


def make_access(given: argparse.Namespace) -> Access:
    """
    Return who is let in.

    :raises UserError: for an address or a token that cannot be used.
    """
    try:
        token = new_token() if given.token_file is None else parse_token(
            given.token_file.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'--token-file {given.token_file}: cannot be read ({error})') from None
    return Access(parse_address(given.address), token)


@command('view')
def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until a signal."""
    from rclpy.utilities import remove_ros_args
    argv = sys.argv if argv is None else ['view', *argv]
    given = parse(remove_ros_args(argv)[1:])
    need('tornado')
    return asyncio.run(serve(given, make_access(given), argv))


async def serve(given: argparse.Namespace, access: Access, arguments: Sequence[str]) -> int:
    """Serve until a signal; return the exit code."""
    from seg_node.tools.view.feed import Feed
    from seg_node.tools.view.robot import Callbacks, Robot
    from seg_node.tools.view.server import Server
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)

    def on_loop(take: Callable[..., None]) -> Callable[..., Any]:
        return lambda *told: loop.call_soon_threadsafe(take, *told)

    robot = Robot(given.node, arguments)
    try:
        feed = Feed(robot.name, given.fps, robot.watch)
        try:
            server = Server(access, given.port, feed, robot)
        except OSError as error:
            raise UserError(f'{access.address} port {given.port}: cannot be listened on '
                            f'({error.strerror}); choose another --port') from None
        robot.listen(Callbacks(on_loop(feed.take_state), on_loop(feed.take_overlay),
                               on_loop(feed.take_diagnostics)))
        print(f'{OPEN}{access.url(server.port)}', flush=True)
        if not access.is_local:
            print('view: other computers can connect, and nothing is encrypted: use a network '
                  'of your own, or ssh -L (docs/view.md)', flush=True)
        await ended.wait()
        await server.close()
    finally:
        robot.close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
