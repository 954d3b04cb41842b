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
Drive once through a video, images, a bag or the rendered road, and show what seg_node makes of it.

Replay, node and recorder run as processes of their own and meet over DDS. Exit codes: 0 done,
1 a process failed, 2 unusable input, 130 stopped by Ctrl-C (what was driven so far is written).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import shutil
import sys
import tempfile
import time

from seg_node.errors import UserError
from seg_node.outside_text import printable, printable_lines
from seg_node.perception.backends.registry import choices
from seg_node.tools.common.command_line import (
    command,
    need,
    OneLineParser,
    positive,
    StopFlag,
    whole,
)
from seg_node.tools.view.__main__ import PORT

FILMS = ('overlay.webm', 'overlay.mp4')
"""Names that the film can have: made in the drive as MPEG-4, and then fit for browsers."""
RESULTS = (*FILMS, 'timeline.png', 'frames.png', 'results.mcap', 'summary.json')


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='demo', description=__doc__.split('\n')[1])
    parser.add_argument('input', nargs='?', type=Path, metavar='INPUT',
                        help='video, folder of images, or bag; default: a drive that the '
                        'project renders itself')
    parser.add_argument('--topic', help='image topic of the bag')
    parser.add_argument('--fps', type=positive, help="frame rate, instead of the source's own")
    parser.add_argument('--rate', type=positive, default=1.0, metavar='R',
                        help='speed of playing (default: 1)')
    parser.add_argument('--seconds', type=positive, metavar='S',
                        help='play only the first S seconds of the source')
    parser.add_argument('--clock', action=argparse.BooleanOptionalAction,
                        help="publish /clock and run on the source's time (default: for bags)")
    parser.add_argument('--out', type=Path, default=Path('out'), metavar='DIR',
                        help='folder for the results (default: out)')
    parser.add_argument('--camera', type=whole(1, 8), metavar='N',
                        help='number of cameras, all with the same images (default: those of '
                        '--params-file, else 1)')
    parser.add_argument('--camera-info', type=Path, metavar='FILE',
                        help='calibration of what took a video or images, as camera_calibration '
                        'writes it')
    parser.add_argument('--model',
                        help='bundled model, or path of a model folder (default: that of '
                        '--params-file, else road)')
    parser.add_argument('--backend', choices=choices(),
                        help='what runs the network (default: that of --params-file, else auto)')
    parser.add_argument('--params-file', type=Path, metavar='FILE',
                        help='parameters of the node for the vehicle that recorded, as in '
                        'config/seg_node.yaml')
    parser.add_argument('--view', action='store_true',
                        help='also show the drive in a browser, live; it begins when the page '
                        'is open')
    parser.add_argument('--view-port', type=whole(0, 65535), default=PORT, metavar='PORT',
                        help=f'port of that page, 0 for any (default: {PORT})')
    return parser.parse_args(argv)


def prepare_folder(out: Path) -> Path:
    """Make the folder, remove results of an earlier run from it, and give its log folder."""
    try:
        logs = out / 'logs'
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True, exist_ok=True)
        for name in RESULTS:
            (out / name).unlink(missing_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise UserError(f'--out {out}: cannot be written ({error.strerror}). '
                        'Choose another folder') from None
    return logs


@command('demo')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo."""
    stop = StopFlag()
    started = time.monotonic()
    options = parse(sys.argv[1:] if argv is None else argv)
    need('rosbags', 'matplotlib', *['tornado'] * options.view)
    from seg_node.recordings.calibration import read_calibration
    from seg_node.recordings.opening import open_frames
    from seg_node.recordings.topics import Topics
    from seg_node.tools.common.testbed.process import ProcessError
    from seg_node.tools.demo.drive import drive, StoppedEarlyError
    from seg_node.tools.demo.node_setup import set_up_node
    from seg_node.tools.demo.results import write_results
    try:
        camera = read_calibration(options.camera_info) if options.camera_info else None
        with open_frames(
                options.input, Topics(image=options.topic), options.fps, camera) as source:
            setup = set_up_node(source, options)
            logs = prepare_folder(options.out)
            print(f'demo: {printable(source.name)} ({source.kind.value}, '
                  f'{source.size[0]}x{source.size[1]}, {source.fps:.4g} fps)')
            driven = drive(source, setup, options, logs, stop, started)
            interrupted = bool(stop)
            print('demo: writing the results ...', flush=True)
            text = write_results(source, setup, options.out, logs, driven.limits,
                                 options.rate, interrupted)
    except StoppedEarlyError:
        print('demo: stopped before the drive began', file=sys.stderr)
        return 130
    except ProcessError as error:
        print(printable_lines(f'demo: {error}'), file=sys.stderr)
        return 1
    print(printable_lines(text))
    written = ', '.join(name for name in RESULTS if (options.out / name).is_file())
    print(f'demo: in {options.out}: {written}')
    if setup.assumed:
        print(printable(f'demo: {setup.assumed}'))
    if interrupted:
        return 130
    if driven.problem:
        print(printable_lines(f'demo: {driven.problem}'), file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
