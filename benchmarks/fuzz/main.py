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
Feed the codecs and camera_info with malformed structures: nothing but our own errors may come out.

Each structure follows from --seed and its number alone. Exit codes: 0 all was well, 1 something
was raised, took too long or too much memory, 2 unusable input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import faulthandler
from pathlib import Path
from random import Random
import sys
import time

from benchmarks.fuzz.camera_infos import camera_info, judge_info
from benchmarks.fuzz.files import compressed_image, judge_compressed
from benchmarks.fuzz.outcome import MAX_SECONDS, Outcome
from benchmarks.fuzz.raw_images import judge_raw, raw_image
from seg_node.tools.common.command_line import command, OneLineParser, whole
from seg_node.tools.common.files import write_whole
from seg_node.tools.common.strict_json import strict_json

_KINDS = ('raw', 'raw', 'compressed', 'camera_info')
_MIN_SIZES = (None, None, (8, 8), (480, 256))
_REPEATS = 2      # of a message that took too long: this machine may have been busy


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark fuzz', description=__doc__.split('\n')[1])
    parser.add_argument('--structures', type=whole(1, 10**9), default=10**6, metavar='N',
                        help='how many (default: 1000000)')
    parser.add_argument('--first', type=whole(0, 10**12), default=0, metavar='NUMBER',
                        help='number of the first, to see one of them again (default: 0)')
    parser.add_argument('--seed', type=whole(0, 2**31), default=1, help='default: 1')
    parser.add_argument('--out', type=Path, default=Path('out/fuzz'), metavar='DIR',
                        help='folder for fuzz.json and fuzz.md (default: out/fuzz)')
    return parser.parse_args(argv)


@command('benchmark fuzz')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    given = parse(sys.argv[1:] if argv is None else argv)
    from tqdm import tqdm
    given.out.mkdir(parents=True, exist_ok=True)
    faulthandler.enable(sys.__stderr__)
    outcome = Outcome()
    interrupted = False
    try:
        for number in tqdm(range(given.first, given.first + given.structures), disable=None):
            kind, judge = structure(given.seed, number)
            outcome.add(number, kind, *_timed(judge))
    except KeyboardInterrupt:
        interrupted = True
    write_whole(given.out / 'fuzz.json', strict_json(outcome.to_json()))
    write_whole(given.out / 'fuzz.md', outcome.table())
    print(outcome.table())
    return 130 if interrupted else 0 if outcome.passed else 1


def structure(seed: int, number: int) -> tuple[str, Callable[[], bool]]:
    """Return the kind of a structure, and what judges it: see judge_raw()."""
    rng = Random(seed << 40 | number)
    kind = rng.choice(_KINDS)
    if kind == 'raw':
        message = raw_image(rng)
        return kind, lambda: judge_raw(message)
    if kind == 'compressed':
        message, min_size = compressed_image(rng), rng.choice(_MIN_SIZES)
        return kind, lambda: judge_compressed(message, min_size)
    message = camera_info(rng)
    return kind, lambda: judge_info(message, rng)


def _timed(judge: Callable[[], bool]) -> tuple[bool | Exception, float]:
    """Return what comes of a structure, and the seconds that it takes."""
    shortest = float('inf')
    for _ in range(1 + _REPEATS):
        begun = time.perf_counter()
        try:
            result: bool | Exception = judge()
        except Exception as error:
            result = error
        shortest = min(shortest, time.perf_counter() - begun)
        if shortest <= MAX_SECONDS:
            break
    return result, shortest
