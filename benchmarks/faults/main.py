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
Inject faults into a running node over DDS and measure how long it takes to say STOP.

The node runs as its own process in a ROS domain of its own. Exit codes: 0 every fault was caught
and GO came back, 1 a fault was missed or late, a false GO or a crash happened, 2 unusable input,
130 stopped by Ctrl-C (what was measured so far is written).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import os
from pathlib import Path
import platform
import shutil
import sys
import tempfile
import time
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.common.command_line import command, OneLineParser, whole
from seg_node.tools.common.files import write_whole
from seg_node.tools.common.strict_json import strict_json


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark faults', description=__doc__.split('\n')[1])
    parser.add_argument('--out', type=Path, default=Path('out/faults'), metavar='DIR',
                        help='folder for faults.json, faults.md and logs (default: out/faults)')
    parser.add_argument('--only', nargs='+', metavar='NAME', default=(),
                        help='only these faults, or all faults of these setups')
    parser.add_argument('--repeat', type=whole(1, 100), default=1, metavar='N',
                        help='run everything this often (default: 1)')
    parser.add_argument('--list', action='store_true', help='list the faults and end')
    return parser.parse_args(argv)


@command('benchmark faults')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    options = parse(sys.argv[1:] if argv is None else argv)
    from benchmarks.faults.cases import ALL
    if options.list:
        for fault in ALL:
            print(f'{fault.name:28} {fault.setup.name:12} {fault.about}')
        return 0
    return _benchmark(choose(ALL, options.only), options)


def choose(faults: Sequence[Any], only: Sequence[str]) -> list[Any]:
    """Choose faults by their names or their setups' names, in the order of declaration."""
    known = {name for fault in faults for name in (fault.name, fault.setup.name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise UserError(f'--only {" ".join(unknown)}: no such fault; --list shows them')
    return [fault for fault in faults
            if not only or fault.name in only or fault.setup.name in only]


def _benchmark(faults: list[Any], options: argparse.Namespace) -> int:
    from benchmarks.faults.images import Clips
    from benchmarks.faults.models import write_model
    from benchmarks.faults.run import Runner
    from benchmarks.faults.table import Entry, Results

    logs = _prepare(options.out)
    begin = time.monotonic()
    entries: list[Entry] = []
    interrupted = False

    def report(entry: Entry) -> None:
        result = 'caught' if entry.passed else 'FAILED'
        stop = '-' if entry.time_to_stop_ms is None else f'{entry.time_to_stop_ms:.0f} ms'
        print(f'[{len(entries) + 1}/{len(faults) * options.repeat}] {entry.name:28} {result}  '
              f'{stop:8} {entry.reason} {entry.note}', flush=True)

    with tempfile.TemporaryDirectory(prefix='seg_node_faults_') as scratch:
        clips = Clips()
        model = write_model(Path(scratch, 'faulty'), clips.free.frame(0))
        runner = Runner(clips, model, logs, report)
        try:
            for _ in range(options.repeat):
                for entry in runner.run(faults):
                    entries.append(entry)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            runner.close()
    seconds = round(time.monotonic() - begin, 1)
    results = Results(tuple(entries), {
        'seconds': seconds, 'cpus': os.cpu_count(), 'machine': platform.machine(),
        'interrupted': interrupted})
    table = results.table()
    write_whole(options.out / 'faults.json', strict_json(results.to_json()))
    write_whole(options.out / 'faults.md', f'{table}\n')
    print(f'\n{table}\n\n{seconds:.0f} s; in {options.out}: faults.json, faults.md, logs')
    return 130 if interrupted else 0 if results.passed else 1


def _prepare(out: Path) -> Path:
    """Make the folder and empty its log folder."""
    logs = out / 'logs'
    try:
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'--out {out}: cannot be written ({error.strerror}). '
                        'Choose another folder') from None
    return logs


if __name__ == '__main__':
    sys.exit(main())
