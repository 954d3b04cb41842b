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
Ask the second opinion on drives whose network swallows things, and on harmless patterns.

Drives with obstacles are driven twice, without a second opinion and with it: where the first ends
in a collision with what was swallowed, the second shows whether it was doubted in time. Drives
without any have a pattern on their road: their false stops are told for each kind. Writes
second_opinion.json. Exit codes: 0, 2 unusable input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
import multiprocessing
from pathlib import Path
import sys

import numpy as np

from benchmarks.closed_loop.course import Course, Kind, Shares
from benchmarks.closed_loop.drive import Draw, Simulation
from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.node import NodeModel
from benchmarks.closed_loop.outcome import Outcome
from benchmarks.closed_loop.perception import Perception
from benchmarks.closed_loop.vehicle_setup import draw_vehicle_setup, VehicleSetup
from benchmarks.second_opinion.patterns import painted, Pattern
from benchmarks.second_opinion.swallowing import (
    MIN_SWALLOWED,
    SwallowedLabels,
    SwallowingPerception,
)
from benchmarks.second_opinion.videos import tried_on
from seg_node.perception.models.model import load_model
from seg_node.stop_go.second_opinion.opinion_limits import OFF, OpinionLimits, REPORT, STOP
from seg_node.stop_go.verdict import Reason
from seg_node.tools.common.command_line import command, OneLineParser, whole
from seg_node.tools.common.strict_json import strict_json

_MET: Shares = {Kind.FREE: 0.4, Kind.OBSTACLE: 0.3, Kind.GAP: 0.1, Kind.PEDESTRIAN: 0.2}
"""Share of the drives on which each is met. No speed bumps: they do not lie flat."""
_OPINIONS = (Reason.STANDS_UP.value, Reason.LOOKS_DIFFERENT.value)
WITNESSES = {
    'none': OpinionLimits(stands_up=OFF, looks_different=OFF),
    'stands_up': OpinionLimits(stands_up=STOP, looks_different=OFF),
    'looks_different': OpinionLimits(stands_up=REPORT, looks_different=STOP),
    'both': OpinionLimits(stands_up=STOP, looks_different=STOP)}


@dataclass(frozen=True)
class Tried:
    """
    A drive with a witness.

    kind: of what is met, or the pattern. width: of the widest thing, metres. hit and hit_without:
    what was run into with the witness and with none. false_stops: the reasons of those that are a
    witness's, with `texts` of the first.
    """

    seed: int
    kind: str
    width: float
    hit: str | None
    hit_without: str | None
    km: float
    false_stops: tuple[str, ...]
    texts: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether something was swallowed that would have been hit."""
        return self.hit_without is not None and self.width >= MIN_SWALLOWED


class Trial:
    """Drive seeds with one choice of witnesses; one in each process."""

    def __init__(self, witness: str, odometry: bool) -> None:
        self._limits = StatedLimits(no_odometry=0.0 if odometry else 1.0)
        self._model = load_model('road')
        self._witness = witness

    def run(self, seed: int) -> Tried:
        """Drive a seed."""
        without = self._simulation(seed, 'none', SwallowedLabels)
        kind = without.course.kind
        if kind is Kind.FREE:
            pattern = list(Pattern)[seed % len(Pattern)]

            def paint(draw: Draw) -> SwallowingPerception:
                return SwallowingPerception(*painted(pattern, draw))
            return _tried(self._simulation(seed, self._witness, paint).run(), pattern.value,
                          without.course, None)
        hit = without.run().collision
        return _tried(self._simulation(seed, self._witness, SwallowingPerception).run(),
                      kind.value, without.course, hit)

    def _simulation(self, seed: int, witness: str, perceive: Callable[[Draw], Perception],
                    ) -> Simulation:
        limits, model = self._limits, self._model

        def setup(rng: np.random.Generator, size: tuple[int, int], stated: StatedLimits,
                  ) -> VehicleSetup:
            drawn = draw_vehicle_setup(rng, size, stated)
            return replace(drawn, limits=replace(
                drawn.limits, second_opinion=WITNESSES[witness]))

        def make(draw: Draw) -> NodeModel:
            return NodeModel(draw.node, draw.setup, limits, perceive(draw), model.classes)

        return Simulation(
            seed, limits, (model.width, model.height), make, draw_setup=setup, shares=_MET)


def _tried(outcome: Outcome, kind: str, course: Course, without: str | None) -> Tried:
    bodies, walks = course.bodies, course.walk is not None
    false = [one for one in outcome.false_stops if one.reason in _OPINIONS]
    return Tried(
        outcome.seed, kind, max([0.4 * walks, *(one.width for one in bodies)]),
        outcome.collision, without, outcome.metres / 1000.0,
        tuple(one.reason for one in false), tuple(one.text for one in false)[:4])


_trial: Trial | None = None


def _start(witness: str, odometry: bool) -> None:
    global _trial
    import signal

    import cv2
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _trial = Trial(witness, odometry)


def _run(seed: int) -> Tried:
    assert _trial is not None
    return _trial.run(seed)


def trials(seeds: Sequence[int], witness: str, odometry: bool, workers: int) -> Iterator[Tried]:
    """Drive all seeds, in any order."""
    if workers == 1:
        trial = Trial(witness, odometry)
        yield from (trial.run(seed) for seed in seeds)
        return
    with multiprocessing.get_context('spawn').Pool(
            workers, _start, (witness, odometry)) as pool:
        yield from pool.imap_unordered(_run, seeds, chunksize=2)


def table(found: Sequence[Tried]) -> str:
    """Return the numbers for the terminal."""
    lines = [f'  {"swallowed":<20}{"in the way":>12}{"doubted in time":>17}{"collisions":>12}']
    rest = [one for one in found if one.counts]
    groups = {kind.value: [one for one in rest if one.kind == kind.value] for kind in Kind}
    for name, group in [*groups.items(), ('all', rest)]:
        if group:
            saved = sum(one.hit is None for one in group)
            lines.append(f'  {name:<20}{len(group):>12}{saved:>11} {saved / len(group):>4.0%}'
                         f'{len(group) - saved:>12}')
    lines.append(f'\n  {"false stops":<20}{"km":>12}'
                 + ''.join(f'{reason:>17}{"per km":>12}' for reason in _OPINIONS))
    plain = [one for one in found if one.kind in [pattern.value for pattern in Pattern]]
    for name in [*(pattern.value for pattern in Pattern), 'all']:
        of = [one for one in plain if name in (one.kind, 'all')]
        km = sum(one.km for one in of)
        if km > 0:
            stops = [sum(one.false_stops.count(reason) for one in of) for reason in _OPINIONS]
            lines.append(f'  {name:<20}{km:>12.2f}'
                         + ''.join(f'{n:>17}{n / km:>12.2f}' for n in stops))
    return '\n'.join(lines)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark second_opinion', description=__doc__.split('\n')[1])
    parser.add_argument('--drives', type=whole(1, 1_000_000), default=500, metavar='N',
                        help='number of drives (default: 500)')
    parser.add_argument('--seed', type=whole(0, 2 ** 31), default=0, metavar='S',
                        help='seed of the first drive; the others follow (default: 0)')
    parser.add_argument('--witness', choices=list(WITNESSES), default='both',
                        help='who may stop the vehicle (default: both)')
    parser.add_argument('--no-odometry', dest='odometry', action='store_false',
                        help='the vehicles have none: how they move is told by their images')
    parser.add_argument('--workers', type=whole(1, 256), default=1, metavar='W',
                        help='processes (default: 1)')
    parser.add_argument('--videos', type=Path, metavar='DIR',
                        help='instead of drives: the folder of two real videos, as they are and '
                             'with things put in the way')
    parser.add_argument('--out', type=Path, default=Path('out'), metavar='DIR',
                        help='folder for the results (default: out)')
    return parser.parse_args(argv)


def write(found: Sequence[Tried], options: argparse.Namespace) -> None:
    """Write second_opinion.json."""
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / 'second_opinion.json').write_text(strict_json({
        'witness': options.witness, 'drives': [asdict(one) for one in found]}), encoding='utf-8')


@command('benchmark second_opinion')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    options = parse(sys.argv[1:] if argv is None else argv)
    if options.videos is not None:
        print(tried_on(options.videos, options.odometry))
        return 0
    seeds = range(options.seed, options.seed + options.drives)
    found: list[Tried] = []
    for one in trials(seeds, options.witness, options.odometry, options.workers):
        found.append(one)
        if one.hit is not None and one.counts or one.false_stops:
            print(f'benchmark: seed {one.seed}, {one.kind}: '
                  f'{"hit" if one.hit else "false stop"} {" | ".join(one.texts)}',
                  file=sys.stderr)
    found.sort(key=lambda one: one.seed)
    write(found, options)
    print(table(found))
    kinds = Counter(one.kind for one in found)
    print(f'benchmark: {len(found)} drives, {", ".join(f"{n} {k}" for k, n in kinds.items())}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
