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
Let the node run for long, and look whether anything grows: memory, files, threads, latency.

Writes soak.json. Exit codes: 0 nothing grew, 1 something did, 2 unusable input or a process that
ended, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
import statistics
import sys
import time

from benchmarks.latency.case import Case, ENCODINGS, latencies
from benchmarks.latency.main import size
from benchmarks.latency.run import NODE, running, Setting, WARM_UP
from benchmarks.latency.usage import Usage, usage_of
from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.common.command_line import (
    command,
    fail,
    OneLineParser,
    positive,
    StopFlag,
    whole,
)
from seg_node.tools.common.strict_json import strict_json

PARTS = 10
"""Parts of the time that are compared, the last with the first."""
SAMPLES = 20
"""Looks at the process in each part."""
MAX_MEMORY_GROWTH_MIB = 4.0
"""Growth that is no leak: of 50 000 frames it is 84 bytes each."""
MAX_LATENCY_RATIO = 1.25
"""Median latency of the last part, in times of that of the first."""


@dataclass(frozen=True)
class Part:
    """A tenth of the time: medians of what the process used, and stamp to stop in ms."""

    memory_mib: float
    files: float
    threads: float
    stop: Percentiles
    lost: float


@dataclass(frozen=True)
class Growth:
    """What grew from the first part to the last; empty where nothing did."""

    findings: tuple[str, ...]

    @staticmethod
    def of(parts: Sequence[Part]) -> Growth:
        """Compare the last part with the first."""
        first, last = parts[0], parts[-1]
        found = []
        if last.memory_mib - first.memory_mib > MAX_MEMORY_GROWTH_MIB:
            found.append(f'memory: {first.memory_mib:.1f} to {last.memory_mib:.1f} MiB, limit '
                         f'{MAX_MEMORY_GROWTH_MIB:g} MiB more')
        for name in ('files', 'threads'):
            before, after = getattr(first, name), getattr(last, name)
            if after > before:
                found.append(f'{name}: {before:g} to {after:g}')
        # Also where there is nothing to compare: no number is no proof.
        if not last.stop.p50 <= MAX_LATENCY_RATIO * first.stop.p50:
            found.append(f'latency: median {first.stop.p50:.1f} to {last.stop.p50:.1f} ms, limit '
                         f'{MAX_LATENCY_RATIO:g} times')
        return Growth(tuple(found))


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark soak', description=__doc__.split('\n')[1])
    parser.add_argument('--minutes', type=positive, default=30.0, help='how long (default: 30)')
    parser.add_argument('--size', type=size, default=(1280, 720), metavar='WxH',
                        help='size of the images (default: 1280x720)')
    parser.add_argument('--encoding', choices=ENCODINGS, default='bgr8',
                        help='how they come (default: bgr8)')
    parser.add_argument('--cameras', type=whole(1, 8), default=1, help='number (default: 1)')
    parser.add_argument('--rate', type=positive, default=30.0, metavar='HZ',
                        help='frames per second of each camera (default: 30)')
    parser.add_argument('--model', default='road', help='bundled model, or a model folder')
    parser.add_argument('--out', type=Path, default=Path('out/soak'), metavar='DIR',
                        help='folder for the results (default: out/soak)')
    return parser.parse_args(argv)


def soak(case: Case, setting: Setting) -> list[Part]:
    """
    Run the node for setting.seconds.

    :raises UserError: when a process ends before.
    """
    from tqdm import tqdm
    looks: list[list[Usage]] = []
    bounds = []
    with running(NODE, case, setting) as case_run:
        case_run.wait(WARM_UP)
        for _ in tqdm(range(PARTS), desc='soak', disable=None):
            bounds.append(time.time_ns())
            looks.append([])
            for _ in range(SAMPLES):
                case_run.wait(setting.seconds / PARTS / SAMPLES)
                looks[-1].append(usage_of(case_run.subject.pid))
        bounds.append(time.time_ns())
        case_run.end()
    parts = []
    for index, used in enumerate(looks):
        received = case_run.received(bounds[index], bounds[index + 1])
        times, lost = latencies(received.sent, received.stops)
        parts.append(Part(
            statistics.median(one.memory for one in used) / 2**20,
            statistics.median(one.files for one in used),
            statistics.median(one.threads for one in used), Percentiles.of(times.values()), lost))
    return parts


@command('benchmark soak')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    stop = StopFlag()
    given = parse(sys.argv[1:] if argv is None else argv)
    case = Case(*given.size, given.encoding, given.cameras, given.rate)
    setting = Setting(given.model, given.out / 'logs', 60.0 * given.minutes, True, stop)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        parts = soak(case, setting)
        (given.out / 'soak.json').write_text(strict_json({
            'case': asdict(case), 'minutes': given.minutes,
            'parts': [asdict(part) for part in parts]}), encoding='utf-8')
    except OSError as error:
        return fail('benchmark soak', error)
    for part in parts:
        print(f'memory {part.memory_mib:7.1f} MiB   files {part.files:4.0f}   threads '
              f'{part.threads:3.0f}   stop p50 {part.stop.p50:6.1f} ms   p99 {part.stop.p99:6.1f} '
              f'ms   without stop {part.lost:.1%}')
    growth = Growth.of(parts)
    print('\n'.join(growth.findings) or f'nothing grew in {given.minutes:g} minutes')
    return 1 if growth.findings else 0
