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
Score models and baselines side by side on the same images: quality, calibration, latency.

Bundled models and backend classical run as in the node, the baselines of --data under
OpenVINO. Writes model.json, model.md, accuracy_over_time.png, reliability.png, and for each
model and set cases_*.jpg, its best, typical and worst images. Exit codes: 0 done, 2 unusable
input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
import sys
from typing import TypeVar

from benchmarks.model.baselines import ADAS, open_baselines
from benchmarks.model.cases import write_cases
from benchmarks.model.contender import (
    Contender,
    open_bundled,
    open_classical,
    open_techniques,
)
from benchmarks.model.images import (
    COMMA10K,
    comma10k,
    find,
    Item,
    RENDERED,
    rendered_scenes,
    SPLITS,
)
from benchmarks.model.latency import race, summarize
from benchmarks.model.no_roads import CorridorJudge, no_road_images, RoadOrNot, tell_apart
from benchmarks.model.quality import count_corrupted, Robustness, robustness, score_sets, Scorer
from benchmarks.model.results import machine, Result, Settings, write
from benchmarks.model.tables import check_card, markdown, write_card
from seg_node.errors import UserError
from seg_node.perception.images.quiet_opencv import quiet_opencv
from seg_node.tools.common.command_line import command, need, OneLineParser, whole

_CORRUPTED = 24
"""Images of each set that are corrupted in all 36 ways."""
_RENDERED = 120
"""Rendered scenes that are scored beside the real images."""
_TIMED = 8
"""Images of each set that are timed."""
_NO_ROADS = 16
"""Images of each kind that show no road."""

Step = TypeVar('Step')


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark model', description=__doc__.split('\n')[1])
    parser.add_argument('--data', type=Path, required=True, metavar='DIR',
                        help='folder with lums, roads and baselines; see training/README.md')
    parser.add_argument('--models', nargs='+', default=(), metavar='MODEL',
                        help='bundled models or model folders (default: all bundled)')
    parser.add_argument('--split', choices=SPLITS, default='test',
                        help='test for figures to publish, valid for choosing (default: test)')
    parser.add_argument('--images', type=whole(1, 1_000_000), metavar='N',
                        help='images of each set, drawn by a fixed seed (default: all)')
    parser.add_argument('--rounds', type=whole(1, 1_000_000), default=200, metavar='R',
                        help='rounds of timing (default: 200)')
    parser.add_argument('--threads', type=whole(1, 64), default=2, metavar='T',
                        help='CPU threads of each network (default: 2)')
    parser.add_argument('--techniques', action='store_true',
                        help='also score each technique of backend classical by itself')
    parser.add_argument('--corruptions', action='store_true',
                        help='also score corrupted images: 12 kinds in 3 strengths')
    parser.add_argument('--card', type=Path, metavar='FILE',
                        help='also write the tables between the marks in this model card')
    parser.add_argument('--out', type=Path, default=Path('out/model'), metavar='DIR',
                        help='folder for the results (default: out/model)')
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> int:
    """Score, time, write the results and tell them."""
    need('matplotlib', 'sklearn.metrics', 'tqdm')
    real = find(options.data, options.split, options.images)
    sets: dict[str, Sequence[Item]] = {**real, RENDERED.name: rendered_scenes(
        min(_RENDERED, options.images or _RENDERED))}
    if pictures := comma10k(options.data)[:options.images]:
        sets[COMMA10K.name] = pictures
    if options.card is not None:
        check_card(options.card)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'--out {options.out}: cannot be written ({error.strerror}). '
                        'Choose another folder') from None
    import cv2
    cv2.setNumThreads(options.threads)
    bundled = open_bundled(options.models, options.threads)
    baselines, left_out = open_baselines(options.data, options.threads)
    for line in left_out:
        print(f'benchmark: {line}', file=sys.stderr)
    techniques = open_techniques() if options.techniques else []
    contenders = [*bundled, open_classical(), *techniques, *baselines]
    try:
        results = measure(contenders, sets, options)
        for contender, result in zip(bundled, results, strict=False):
            for name, items in sets.items():
                write_cases(options.out / f'cases_{result.facts.name}_{name}.jpg', contender,
                            result.sets[name].images, items)
    finally:
        for contender in contenders:
            contender.close()
    settings = Settings(
        command_line(options, [contender.facts.name for contender in bundled]), options.split,
        {name: len(items) for name, items in sets.items()}, options.threads, options.rounds,
        machine(), tuple(left_out))
    _write(results, settings, options)
    return 0


def measure(contenders: Sequence[Contender], sets: Mapping[str, Sequence[Item]],
            options: argparse.Namespace) -> list[Result]:
    """Take all measurements of all contenders."""
    real = {name: items for name, items in sets.items()
            if name not in (RENDERED.name, COMMA10K.name)}
    count = sum(len(items) for items in sets.values())
    scorers: list[Scorer] = _last(score_sets(contenders, sets), count, 'quality')
    apart = [_road_or_not(contender, scorer)
             for contender, scorer in zip(contenders, scorers, strict=True)]
    robust: list[Robustness | None] = [None] * len(contenders)
    if options.corruptions:
        items = _some(real, _CORRUPTED)
        counts = _last(count_corrupted(contenders, items), len(items), 'corruptions')
        robust = [robustness(one, len(items)) for one in counts]
    images = [item.read()[0] for item in _some(real, _TIMED)]
    rounds = list(_progress(race(contenders, images, options.rounds), options.rounds, 'latency'))
    names = [contender.facts.name for contender in contenders]
    reference = names.index(ADAS) if ADAS in names else None
    return [Result(contender.facts, scorers[index].sets, summarize(rounds, index, reference),
                   apart[index], robust[index]) for index, contender in enumerate(contenders)]


def command_line(options: argparse.Namespace, models: Sequence[str]) -> str:
    """Return the command as another would type it: without the folders of this machine."""
    parts = ['scripts/benchmark model --data DATA']
    if options.models:
        parts.append(f'--models {" ".join(models)}')
    parts.append(f'--split {options.split} --threads {options.threads} --rounds {options.rounds}')
    if options.images is not None:
        parts.append(f'--images {options.images}')
    if options.techniques:
        parts.append('--techniques')
    if options.corruptions:
        parts.append('--corruptions')
    return ' '.join(parts)


def _road_or_not(contender: Contender, scorer: Scorer) -> RoadOrNot:
    judge = CorridorJudge(contender)
    # Some rendered scenes have no road.
    roads = [look for name, score in scorer.sets.items()
             if name not in (RENDERED.name, COMMA10K.name)
             for look in score.corridor]
    return tell_apart(roads, {
        kind: [judge.read(contender.segment(bgr)) for bgr in images]
        for kind, images in no_road_images(_NO_ROADS).items()})


def _some(sets: Mapping[str, Sequence[Item]], count: int) -> list[Item]:
    """Choose up to `count` images of each set, evenly, the sets taking turns."""
    chosen = [items[::max(1, len(items) // count)][:count] for items in sets.values()]
    longest = max(len(items) for items in chosen)
    return [items[k] for k in range(longest) for items in chosen if k < len(items)]


def _progress(steps: Iterator[Step], count: int, name: str) -> Iterator[Step]:
    from tqdm import tqdm
    yield from tqdm(steps, total=count, desc=f'{name:<12}', disable=None, smoothing=0.05)


def _last(steps: Iterator[Step], count: int, name: str) -> Step:
    """Go through the steps, of which the last one holds everything."""
    *_, last = _progress(steps, count, name)
    return last


def _write(results: Sequence[Result], settings: Settings, options: argparse.Namespace) -> None:
    from benchmarks.model.plots import write_reliability, write_scatter
    tables = markdown(results, settings)
    write(results, settings, options.out / 'model.json')
    (options.out / 'model.md').write_text(tables, encoding='utf-8')
    write_scatter(results, options.out / 'accuracy_over_time.png')
    write_reliability(results, options.out / 'reliability.png')
    if options.card is not None:
        write_card(options.card, tables)
    print(tables)
    print(f'benchmark: in {options.out}: model.json, model.md, accuracy_over_time.png, '
          'reliability.png, cases_*.jpg' + (f'; tables in {options.card}' if options.card else ''))


@command('benchmark model')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    options = parse(sys.argv[1:] if argv is None else argv)
    quiet_opencv()
    return run(options)


if __name__ == '__main__':
    sys.exit(main())
