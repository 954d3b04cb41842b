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
Drive a simulated vehicle in real time, with the node as a process, over DDS.

The same courses and vehicles as `closed_loop --network`. Writes live_drive.json and
live_drive.png. Exit codes: 0 no collision, 1 a collision, 2 unusable input, 130 stopped by
Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
import sys

from benchmarks.closed_loop import summary
from benchmarks.closed_loop.drive import Draw, Simulation
from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.main import check_model, prepare
from seg_node.tools.common.command_line import command, OneLineParser, whole
from seg_node.tools.common.strict_json import strict_json


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark live_drive', description=__doc__.split('\n')[1])
    parser.add_argument('--seed', type=whole(0, 2 ** 31), default=0, metavar='S',
                        help='seed of the drive (default: 0)')
    parser.add_argument('--model', default='road',
                        help='bundled model, or path of a model folder (default: road)')
    parser.add_argument('--out', type=Path, default=Path('out/live_drive'), metavar='DIR',
                        help='folder for the results (default: out/live_drive)')
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> int:
    """Drive, write the results and tell them."""
    from benchmarks.closed_loop.node_process import NodeProcess
    from benchmarks.closed_loop.plot import write_drive
    from seg_node.tools.common.testbed.domain import Domain
    model = check_model(options.model)
    prepare(options.out)
    limits, domain = StatedLimits(), Domain.claim()
    nodes: list[NodeProcess] = []

    def make(draw: Draw) -> NodeProcess:
        nodes.append(NodeProcess(draw, options.model, domain, options.out))
        return nodes[-1]

    try:
        outcome = Simulation(options.seed, limits, (model.width, model.height), make).run()
    finally:
        for node in nodes:
            node.close()
        domain.close()
    (node,) = nodes
    timing = {'worst_lag_ms': node.worst_lag * 1e3, 'skipped_images': node.skipped,
              'worst_image_delay_ms': node.worst_image * 1e3}
    content = {**asdict(outcome), **timing, 'model': f'{model.name} {model.version}'}
    (options.out / 'live_drive.json').write_text(
        strict_json(content))
    write_drive(outcome, options.out / 'live_drive.png')
    print(summary.table([outcome]))
    print(f'benchmark: {outcome.seconds:.1f} s in real time, {outcome.frames} images judged, '
          f'{node.skipped} skipped; image published {node.worst_image * 1e3:.0f} ms after its '
          f'moment at worst, drive {node.worst_lag * 1e3:.0f} ms behind at worst; '
          f'in {options.out}: live_drive.json, live_drive.png, node.log')
    if outcome.collision:
        print(f'benchmark: collision: {outcome.kind}, hit {outcome.collision} at '
              f'{outcome.collision_speed:.2f} m/s', file=sys.stderr)
    return 1 if outcome.collision else 0


@command('benchmark live_drive')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    options = parse(sys.argv[1:] if argv is None else argv)
    return run(options)


if __name__ == '__main__':
    sys.exit(main())
