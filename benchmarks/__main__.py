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

"""Choose a benchmark: python -m benchmarks NAME ..."""

from __future__ import annotations

from collections.abc import Sequence
import importlib
import sys

BENCHMARKS = {
    'closed_loop': ('benchmarks.closed_loop.main',
                    'seeded drives of a simulated vehicle, faster than real time: collisions'),
    'grid': ('benchmarks.closed_loop.grid_truth',
             'how right ~/grid is on such drives, where it claims to know'),
    'live_drive': ('benchmarks.closed_loop.live',
                   'one such drive in real time, with the node as a process, over DDS'),
    'second_opinion': ('benchmarks.second_opinion.main',
                       'what is doubted where a network swallows things, and what is doubted '
                       'falsely'),
    'faults': ('benchmarks.faults.main', 'faults injected into the running node: time to STOP'),
    'fuzz': ('benchmarks.fuzz.main',
             'malformed images and camera_info by the million: errors, time, memory'),
    'latency': ('benchmarks.latency.main', 'what the node costs, from image to stop message and '
                'mask, compared with a simple node'),
    'outputs': ('benchmarks.outputs.main', "CPU time to publish each of a camera's outputs"),
    'view': ('benchmarks.latency.page',
             'the live page: its CPU time, and what a page that is open costs the node'),
    'in_turns': ('benchmarks.latency.in_turns', 'how much later decisions come where somebody '
                 'subscribes to all that is told of the world, or where witnesses are asked'),
    'soak': ('benchmarks.latency.soak',
             'the node for long: whether memory, files, threads or latency grow'),
    'model': ('benchmarks.model.main',
              'models and baselines side by side: quality, calibration, robustness, latency'),
}
"""Module, whose main() runs it, and what it is, by name. See also benchmarks.gpu."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark named first, with the rest of the command line."""
    name, *rest = list(sys.argv[1:] if argv is None else argv) or ['']
    if name in BENCHMARKS:
        module, _ = BENCHMARKS[name]
        return int(importlib.import_module(module).main(rest))
    usage = '\n'.join([
        'usage: benchmark NAME [options], NAME --help tells them', '',
        *(f'  {each:<15} {about}' for each, (_, about) in BENCHMARKS.items())])
    if name in ('-h', '--help'):
        print(usage)
        return 0
    print(f'benchmark: {f"no benchmark {name!r}" if name else "which one?"}\n{usage}',
          file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
