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
Measure the live page: what it takes of a core, and what it costs the node from stamp to stop.

A page is open all the time, and looks at the camera in every second part, so that both are
measured under the same conditions. Writes view.json. Exit codes: 0 measured, 2 unusable input or a
process that does not run, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
import statistics
import sys
import threading
import time

from benchmarks.latency.case import Case, latencies
from benchmarks.latency.main import size
from benchmarks.latency.page_client import PageClient, PageClosedError
from benchmarks.latency.run import NODE, running, RunningCase, Setting, START_SECONDS, WARM_UP
from benchmarks.latency.usage import usage_of
from seg_node.errors import UserError
from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.common.command_line import (
    command,
    fail,
    need,
    OneLineParser,
    positive,
    StopFlag,
    whole,
)
from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.common.text_table import aligned
from seg_node.tools.view.__main__ import OPEN

VIEW = 'view'


@dataclass(frozen=True)
class Part:
    """Some seconds; looking: the page shows images. CPU in cores, images a second of the page."""

    looking: bool
    view: float
    node: float
    images: float
    stop: Percentiles
    lost: float


class Looker:
    """A page on a thread of its own, which draws at once."""

    def __init__(self, address: str) -> None:
        self.images = 0
        self._page = PageClient(address)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._opened = threading.Event()
        self._thread.start()
        if not self._opened.wait(START_SECONDS):
            raise UserError('the live page does not open')

    def watch(self, camera: str) -> None:
        """Look at a camera, or at none ('')."""
        asyncio.run_coroutine_threadsafe(
            self._page.send(watch=camera), self._loop).result(START_SECONDS)

    def _run(self) -> None:
        with suppress(PageClosedError):      # the end of the run
            self._loop.run_until_complete(self._look())

    async def _look(self) -> None:
        await self._page.open()
        self._opened.set()
        while True:
            if isinstance(await self._page.next(), bytes):
                self.images += 1
                await self._page.send(drawn=1)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark view', description=__doc__.split('\n')[1])
    parser.add_argument('--size', type=size, default=(640, 480), metavar='WxH',
                        help='size of the images (default: 640x480)')
    parser.add_argument('--rate', type=positive, default=15.0, metavar='HZ',
                        help='frames per second of the camera (default: 15)')
    parser.add_argument('--seconds', type=positive, default=5.0,
                        help='length of a part (default: 5)')
    parser.add_argument('--parts', type=whole(2, 1000), default=12,
                        help='number of parts, every second of them looking (default: 12)')
    parser.add_argument('--model', default='road', help='bundled model, or a model folder')
    parser.add_argument('--out', type=Path, default=Path('out/view'), metavar='DIR',
                        help='folder for the results (default: out/view)')
    return parser.parse_args(argv)


def measure(case: Case, setting: Setting, count: int) -> list[Part]:
    """
    Measure parts of setting.seconds each.

    :raises UserError: when a process ends before.
    """
    camera = case.camera_names[0]
    bounds, used = [], []
    with running(NODE, case, setting) as case_run:
        case_run.add(VIEW, 'seg_node.tools.view', '--port', '0')
        looker = Looker(_address(case_run))
        case_run.wait(WARM_UP)
        for number in range(count):
            looking = number % 2 == 1
            looker.watch(camera if looking else '')
            case_run.wait(1.0)      # until the node draws, or does not any more
            begin, before, images = time.time_ns(), _cpu(case_run), looker.images
            case_run.wait(setting.seconds)
            end, after = time.time_ns(), _cpu(case_run)
            seconds = (end - begin) / 1e9
            bounds.append((begin, end))
            used.append((looking, *((b - a) / seconds
                                    for a, b in zip(before, after, strict=True)),
                         (looker.images - images) / seconds))
        case_run.end()
    parts = []
    for (begin, end), (looking, view, node, images) in zip(bounds, used, strict=True):
        received = case_run.received(begin, end)
        stops, lost = latencies(received.sent, received.stops)
        parts.append(Part(looking, view, node, images, Percentiles.of(stops.values()), lost))
    return parts


def table(parts: Sequence[Part]) -> str:
    """Return the medians over the parts, with and without somebody looking."""
    rows = [('', 'view, cores', 'node, cores', 'images/s', 'stamp to stop ms, p50', 'p95',
             'lost')]
    for name, looking in (('nobody looks', False), ('a page looks', True)):
        own = [part for part in parts if part.looking is looking]
        middle = [statistics.median(values) for values in (
            [part.view for part in own], [part.node for part in own],
            [part.images for part in own], [part.stop.p50 for part in own],
            [part.stop.p95 for part in own], [part.lost for part in own])]
        rows.append((name, f'{middle[0]:.3f}', f'{middle[1]:.2f}', f'{middle[2]:.1f}',
                     f'{middle[3]:.2f}', f'{middle[4]:.2f}', f'{middle[5]:.1%}'))
    return aligned(rows)


@command('benchmark view')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    stop = StopFlag()
    given = parse(sys.argv[1:] if argv is None else argv)
    need('tornado')
    case = Case(*given.size, rate=given.rate)
    setting = Setting(given.model, given.out / 'logs', given.seconds, False, stop)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        parts = measure(case, setting, given.parts)
        (given.out / 'view.json').write_text(
            strict_json([asdict(part) for part in parts]), encoding='utf-8')
    except OSError as error:
        return fail('benchmark view', error)
    print(table(parts))
    return 0


def _address(case_run: RunningCase) -> str:
    """Wait for the page, as long as a process may take to start; return its address."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for line in case_run.processes[VIEW].output.splitlines():
            if line.startswith(OPEN):
                return line.removeprefix(OPEN)
        case_run.wait(0.1)
    raise case_run.processes[VIEW].error('shows no address')


def _cpu(case_run: RunningCase) -> tuple[float, float]:
    return tuple(usage_of(case_run.processes[name].pid).cpu for name in (VIEW, NODE))
