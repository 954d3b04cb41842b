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
Play a video, a folder of images, a bag or the rendered drive as one or more cameras over DDS.

Exit codes: 0 played or stopped by SIGINT/SIGTERM, 1 failed while playing, 2 unusable input.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import contextlib
import csv
from pathlib import Path
import select
import sys
from typing import TextIO

from seg_node.errors import UserError
from seg_node.tools.common.command_line import (
    add_source_options,
    fail,
    OneLineParser,
    positive,
    StopFlag,
    whole,
)

WAIT_SECONDS = 30.0
"""Default of --wait."""
SENT_COLUMNS = ('camera', 'index', 'stamp_ns', 'wall_ns', 'source_ns')


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='player', description=__doc__.split('\n')[1])
    add_source_options(parser)
    parser.add_argument('--camera', action='append', metavar='NAME',
                        help='name of the camera, may be given several times (default: camera)')
    parser.add_argument('--count', type=whole(1, 16), default=1, metavar='N',
                        help='number of cameras: NAME0 ... NAMEn, all with the same images')
    parser.add_argument('--loop', action='store_true', help='start again at the end')
    parser.add_argument('--wait', nargs='?', type=positive, const=WAIT_SECONDS, metavar='SECONDS',
                        help='start when every image topic has a subscriber; fail after SECONDS '
                        f'(default: {WAIT_SECONDS:g})')
    parser.add_argument('--hold', action='store_true',
                        help='start only when a line arrives on standard input')
    parser.add_argument('--progress', action='store_true',
                        help='print the number of frames sent, a line each')
    parser.add_argument('--log', type=Path, metavar='FILE',
                        help=f'CSV of published frames: {", ".join(SENT_COLUMNS)}')
    return parser.parse_args(argv)


def camera_names(names: Sequence[str] | None, count: int) -> list[str]:
    """Return the names of the cameras that --camera and --count ask for."""
    names = list(names or ['camera'])
    if count > 1 and len(names) > 1:
        raise UserError('--count with several --camera: give one of the two')
    if len(set(names)) < len(names):
        raise UserError(f'--camera: {", ".join(names)} has a name twice. Give each once')
    return names if count == 1 else [f'{names[0]}{i}' for i in range(count)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the player."""
    stop = StopFlag()
    argv = sys.argv if argv is None else ['player', *argv]
    # rclpy and OpenCV load after the signal handlers stand, so that no moment is without them.
    import rclpy
    from rclpy.signals import SignalHandlerOptions
    from rclpy.utilities import remove_ros_args

    from seg_node.recordings.sources import open_source, SourceError
    from seg_node.tools.common.camera_publisher import CameraNameError
    from seg_node.tools.player.playback import Playback
    options = parse(remove_ros_args(argv)[1:])
    with contextlib.ExitStack() as stack:
        try:
            names = camera_names(options.camera, options.count)
            source = stack.enter_context(open_source(options.input, options.topic, options.fps))
            log = _open_log(options.log, stack)
        except (UserError, SourceError) as error:
            return fail('player', error)
        rclpy.init(args=argv, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(rclpy.try_shutdown)
        try:
            playback = stack.enter_context(Playback(source, names, options, log, stop))
        except CameraNameError as error:
            return fail('player', error)
        for note in playback.opening_notes():
            print(f'player: {note}', flush=True)
        try:
            if options.hold and not _line_on_stdin(stop):
                return 0
            if options.wait:
                playback.wait_for_subscribers(options.wait)
            playback.play()
        except (UserError, SourceError) as error:
            fail('player', error)
            return 1
        print(f'player: sent {playback.sent} frames from {source.name}', flush=True)
        for note in playback.closing_notes():
            print(f'player: {note}', flush=True)
    return 0


def _open_log(path: Path | None, stack: contextlib.ExitStack) -> TextIO | None:
    if path is None:
        return None
    try:
        file = stack.enter_context(path.open('w', newline=''))
    except OSError as error:
        raise UserError(f'--log {path}: cannot be written ({error.strerror}). '
                        'Choose a writable path') from None
    csv.writer(file).writerow(SENT_COLUMNS)
    return file


def _line_on_stdin(stop: StopFlag) -> bool:
    """Wait for a line; False when a signal or the end of the input came instead."""
    while not stop:
        if select.select([sys.stdin], [], [], StopFlag.STEP)[0]:
            return bool(sys.stdin.readline())
    return False


if __name__ == '__main__':
    sys.exit(main())
