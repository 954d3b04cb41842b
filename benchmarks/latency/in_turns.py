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
Measure how much later decisions come where more is asked of the node: all outputs, or witnesses.

One node on the ground, one camera, one run: turns with it and turns without, one after the other.
Outputs: all of points, free space, things and grid are subscribed to. Witnesses: both of the
second opinion may stop, so that each decision waits for them. Masks are subscribed to in all.
Writes in_turns.json. Exit codes: 0 measured, 1 the median from stamp to stop differs by more than
the limit, 2 unusable input or a process that does not run, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
import statistics
import sys

from benchmarks.latency.case import Case, Image, latencies
from benchmarks.latency.main import size
from benchmarks.latency.run import NODE, running, Setting, WARM_UP
from benchmarks.latency.turns_process import OUTPUTS, WITH, WITHOUT, WITNESSES
from seg_node.errors import UserError
from seg_node.scoring.percentiles import Percentiles
from seg_node.stop_go.limits import Geometry
from seg_node.tools.common.command_line import (
    command,
    fail,
    OneLineParser,
    positive,
    StopFlag,
    whole,
)
from seg_node.tools.common.strict_json import strict_json

MAX_DIFFERENCE_MS = {OUTPUTS: 0.5, WITNESSES: 2.0}
_SETTLED = 1_000_000_000
"""Nanoseconds of each turn that do not count: subscribers and publishers find each other."""


@dataclass(frozen=True)
class Turn:
    """One turn: from stamp to stop, ms."""

    asked: bool
    stop: Percentiles


@dataclass(frozen=True)
class Compared:
    """
    All turns, and the stamp to stop of all their frames together, ms.

    heard: messages of each topic in the turns with it.
    """

    turns: Sequence[Turn]
    asked: Percentiles
    not_asked: Percentiles
    heard: Mapping[str, int]

    @property
    def difference(self) -> float:
        """
        Milliseconds that the median is longer where more is asked.

        The median of what each such turn differs by from those before and after it: what else
        the machine does changes from minute to minute.
        """
        medians = [turn.stop.p50 for turn in self.turns]
        return statistics.median(
            medians[at] - statistics.fmean(medians[max(at - 1, 0):at] + medians[at + 1:at + 2])
            for at, turn in enumerate(self.turns) if turn.asked and len(self.turns) > 1)


def compare(times: Mapping[Image, float], log: Iterable[str]) -> Compared:
    """
    Put each image into its turn.

    :param times: milliseconds from stamp to stop.
    :param log: lines of the turns_process.
    :raises UserError: when a topic was never heard, or there was no turn of each kind.
    """
    rows = [line.split(',') for line in log]
    heard = {topic: int(count) for kind, topic, count in rows if kind == 'heard'}
    if silent := [topic for topic, count in heard.items() if not count]:
        raise UserError(f'nothing was published on {", ".join(silent)}; see the logs of the node')
    turns = []
    within: dict[str, list[float]] = {WITH: [], WITHOUT: []}
    for kind, begin, end in rows:
        if kind == 'heard':
            continue
        found = [took for (_, stamp), took in times.items()
                 if int(begin) + _SETTLED <= stamp < int(end)]
        if found:
            turns.append(Turn(kind == WITH, Percentiles.of(found)))
            within[kind] += found
    if not all(within.values()):
        raise UserError('there was no turn of each kind with images in it; take more time')
    return Compared(turns, Percentiles.of(within[WITH]), Percentiles.of(within[WITHOUT]), heard)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark in_turns', description=__doc__.split('\n')[1])
    parser.add_argument('of', choices=list(MAX_DIFFERENCE_MS), help='what is asked')
    parser.add_argument('--size', type=size, default=(640, 480), metavar='WxH',
                        help='size of the images (default: 640x480)')
    parser.add_argument('--rate', type=positive, default=30.0, metavar='HZ',
                        help='frames per second (default: 30)')
    parser.add_argument('--turns', type=whole(1, 1000), default=10,
                        help='turns of each kind (default: 10)')
    parser.add_argument('--seconds', type=positive, default=6.0,
                        help='length of a turn (default: 6)')
    parser.add_argument('--model', default='road', help='bundled model, or a model folder')
    parser.add_argument('--out', type=Path, default=Path('out/in_turns'), metavar='DIR',
                        help='folder for the results (default: out/in_turns)')
    return parser.parse_args(argv)


def run(given: argparse.Namespace, stop: StopFlag) -> Compared:
    """Let the node run through all turns."""
    case = Case(*given.size, rate=given.rate, geometry=Geometry.GROUND)
    setting = Setting(given.model, given.out / 'logs', given.seconds, True, stop)
    with running(NODE, case, setting) as case_run:
        case_run.wait(WARM_UP)
        log = setting.folder / 'turns.csv'
        case_run.add('turns', f'{__package__}.turns_process', '--of',
                     given.of, '--node', '/seg_node', '--camera',
                     case.camera_names[0], '--seconds', str(given.seconds), '--log', str(log))
        case_run.wait(2 * given.turns * given.seconds + WARM_UP)
        case_run.end()
    received = case_run.received(0, sys.maxsize)
    times, _ = latencies(received.sent, received.stops)
    return compare(times, log.read_text(encoding='utf-8').splitlines())


@command('benchmark in_turns')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    stop = StopFlag()
    given = parse(sys.argv[1:] if argv is None else argv)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        found = run(given, stop)
        (given.out / 'in_turns.json').write_text(strict_json(asdict(found)), encoding='utf-8')
    except OSError as error:
        return fail('benchmark in_turns', error)
    for name, ms in ((f'with {given.of}', found.asked), ('without', found.not_asked)):
        print(f'{name:<18} p50 {ms.p50:6.2f} ms   p95 {ms.p95:6.2f}   p99 {ms.p99:6.2f}')
    print('turns, p50:', ' '.join(
        f'{"+" if turn.asked else "-"}{turn.stop.p50:.2f}' for turn in found.turns))
    if found.heard:
        print('messages:', ', '.join(f'{topic} {count}' for topic, count in found.heard.items()))
    limit = MAX_DIFFERENCE_MS[given.of]
    print(f'the median takes {found.difference:+.2f} ms longer with {given.of}, limit '
          f'{limit:g} ms')
    return 0 if found.difference <= limit else 1
