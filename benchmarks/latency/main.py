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
Measure what the node costs, compared with the simplest node there is: processes over real DDS.

Writes latency.json and latency.md. Exit codes: 0 measured, 2 unusable input or a process that does
not run, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import sys

from benchmarks.latency.case import Case, cases, ENCODINGS, JPEG, MAX_LOSS
from benchmarks.latency.peak import highest_rate
from benchmarks.latency.run import (
    bare_ms,
    CALLBACK,
    GPU,
    GPU_BGR,
    measure,
    NODE,
    RELAY,
    Setting,
    SIMPLE,
)
from benchmarks.latency.tables import Results, to_json, to_markdown
from benchmarks.model.results import machine
from seg_node.perception.backends import BackendError
from seg_node.perception.models.model import ModelError
from seg_node.stop_go.limits import Geometry
from seg_node.tools.common.command_line import (
    command,
    fail,
    OneLineParser,
    positive,
    StopFlag,
    whole,
)

PEAK_RATES = (5.0, 240.0)


def size(text: str) -> tuple[int, int]:
    """Parse WIDTHxHEIGHT."""
    parts = text.split('x')
    if len(parts) != 2 or not all(part.isdecimal() and 16 <= int(part) <= 8192 for part in parts):
        raise argparse.ArgumentTypeError(f'{text!r} is no size such as 1280x720')
    return int(parts[0]), int(parts[1])


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark latency', description=__doc__.split('\n')[1])
    parser.add_argument('--sizes', type=size, nargs='+', metavar='WxH',
                        default=[(640, 480), (1280, 720), (1920, 1080)],
                        help='sizes of the images (default: 640x480 1280x720 1920x1080)')
    parser.add_argument('--encodings', choices=ENCODINGS, nargs='+', default=['bgr8', JPEG],
                        help='how they come (default: bgr8 jpeg)')
    parser.add_argument('--cameras', type=whole(1, 8), nargs='+', default=[1], metavar='N',
                        help='numbers of cameras (default: 1)')
    parser.add_argument('--rates', type=positive, nargs='+', default=[30.0], metavar='HZ',
                        help='frames per second of each camera (default: 30)')
    parser.add_argument('--geometry', choices=[each.value for each in Geometry],
                        default='trapezoid', help='of the corridor (default: trapezoid)')
    parser.add_argument('--seconds', type=positive, default=10.0,
                        help='time that counts of each case (default: 10)')
    parser.add_argument('--peak', action='store_true',
                        help='also find the highest rate of each size and encoding, one camera')
    parser.add_argument('--stand-in-gpu', action='store_true',
                        help='measure the node alone, with a GPU that takes no time of the CPU: '
                        'once with images as they come, once converted to BGR first')
    parser.add_argument('--load', type=whole(0, 64), default=0, metavar='N',
                        help='other processes that burn a core each (default: 0)')
    parser.add_argument('--no-masks', action='store_true', help='nobody subscribes to masks')
    parser.add_argument('--model', default='road', help='bundled model, or a model folder')
    parser.add_argument('--out', type=Path, default=Path('out/latency'), metavar='DIR',
                        help='folder for the results (default: out/latency)')
    return parser.parse_args(argv)


def run(given: argparse.Namespace, stop: StopFlag) -> Results:
    """Measure everything, case by case and both subjects in turn."""
    from tqdm import tqdm
    setting = Setting(given.model, given.out / 'logs', given.seconds, not given.no_masks, stop,
                      given.load)
    wanted = list(cases(given.sizes, given.encodings, given.cameras, given.rates,
                        Geometry(given.geometry)))
    subjects = (GPU, GPU_BGR) if given.stand_in_gpu else (NODE, SIMPLE, CALLBACK, RELAY)
    bare, measured = {}, []
    for case in tqdm(wanted, desc='cases', disable=None):
        if NODE in subjects:
            bare[case.name] = bare_ms(case, setting)
        measured += [measure(subject, case, setting) for subject in subjects]
    peak = {}
    single = list(cases(given.sizes, given.encodings, [1], [0.0], Geometry(given.geometry))
                  if given.peak else ())
    for case in tqdm(single, desc='peaks', disable=None):
        for subject in (NODE, SIMPLE):
            peak[subject, case.name.partition(',')[0]] = highest_rate(
                lambda rate, subject=subject, case=case: _carries(subject, case, rate, setting),
                *PEAK_RATES)
    return Results(machine(), given.model, given.seconds, setting.masks, given.load, bare,
                   measured, peak)


def _carries(subject: str, case: Case, rate: float, setting: Setting) -> bool:
    return measure(subject, replace(case, rate=rate), setting).lost <= MAX_LOSS


@command('benchmark latency')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    stop = StopFlag()
    given = parse(sys.argv[1:] if argv is None else argv)
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        results = run(given, stop)
        (given.out / 'latency.json').write_text(to_json(results), encoding='utf-8')
        (given.out / 'latency.md').write_text(to_markdown(results), encoding='utf-8')
    except (ModelError, BackendError, OSError) as error:
        return fail('benchmark latency', error)
    print(to_markdown(results))
    return 0
