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
import sys

BENCHMARKS = {
    'closed_loop': 'seeded drives of a simulated vehicle, faster than real time: collisions',
    'live_drive': 'one such drive in real time, with the node as a process, over DDS',
    'faults': 'faults injected into the running node: time to STOP',
    'latency': 'what the node costs: from image to stop message and mask, beside a simple node',
    'soak': 'the node for long: whether memory, files, threads or latency grow',
    'model': 'models and baselines side by side: quality, calibration, robustness, latency',
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark named first, with the rest of the command line."""
    given = list(sys.argv[1:] if argv is None else argv)
    name = given[0] if given else ''
    if name == 'closed_loop':
        from benchmarks.closed_loop.main import main as closed_loop
        return closed_loop(given[1:])
    if name == 'live_drive':
        from benchmarks.closed_loop.live import main as live_drive
        return live_drive(given[1:])
    if name == 'faults':
        from benchmarks.faults.main import main as faults
        return faults(given[1:])
    if name == 'latency':
        from benchmarks.latency.main import main as latency
        return latency(given[1:])
    if name == 'soak':
        from benchmarks.latency.soak import main as soak
        return soak(given[1:])
    if name == 'model':
        from benchmarks.model.main import main as model
        return model(given[1:])
    usage = '\n'.join([
        'usage: benchmark NAME [options], NAME --help tells them', '',
        *(f'  {each:<12} {text}' for each, text in BENCHMARKS.items())])
    if name in ('-h', '--help'):
        print(usage)
        return 0
    print(f'benchmark: {f"no benchmark {name!r}" if name else "which one?"}\n{usage}',
          file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
