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
"""index.html: the runs of a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seg_node.errors import UserError
from seg_node.tools.common.files import write_whole
from seg_node.tools.evaluate.report.catalogue import Better, numbers, Score, score_of
from seg_node.tools.evaluate.report.pages import is_ours, render
from seg_node.tools.evaluate.report.results import is_run, read_run, RunResults
from seg_node.tools.evaluate.report.words import plural

INDEX = 'index.html'
_COLUMNS = tuple(map(score_of, (
    'decisions.false_go', 'path_iou', 'decisions.early_go', 'decisions.false_stop',
    'decisions.agreement', 'latency_ms.infer.p50', 'failed')))
_CURVES = tuple(map(score_of, (
    'decisions.false_go', 'path_iou', 'decisions.agreement', 'miou', 'ece',
    'latency_ms.infer.p50')))
_WIDTH, _HEIGHT, _LEFT, _EDGE, _TOP, _FOOT = 360, 152, 52, 12, 40, 34
"""Of a curve's drawing, px."""
Numbers = Mapping[str, float | None]


@dataclass(frozen=True)
class Point:
    """A run in a curve; x and y in px."""

    x: float
    y: float
    run: str
    value: float


@dataclass(frozen=True)
class Curve:
    """
    How a score went, from the oldest run to the newest.

    ticks are values of the axis with their y, ends what is written below the first and last run.
    """

    score: Score
    points: tuple[Point, ...]
    ticks: tuple[tuple[float, float], ...]
    ends: tuple[str, str]
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    bottom: int = _HEIGHT - _FOOT

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1].value


def write_index(folder: Path) -> Path | None:
    """
    Write index.html over the runs in a folder, the newest first; None where there are none.

    :raises UserError: when it cannot be written, or an index.html is there that is none of ours.
    """
    runs, broken = [], []
    for one in sorted(folder.iterdir()):
        if one.is_dir() and is_run(one):
            try:
                runs.append(read_run(one))
            except UserError as error:
                broken.append(str(error))
    if not runs:
        return None
    runs.sort(key=lambda run: str(run.run.get('started', '')), reverse=True)
    path = folder / INDEX
    if path.exists() and not is_ours(path):
        raise UserError(f'{path}: is there already, and no index of evaluations. Move it away')
    known = [numbers(run.summary) for run in runs]
    extents = [_extent(run) for run in runs]
    rows = [(run, own, {score.name: _best(score, [
        one for one, other in zip(known, extents, strict=True) if other == extent])
        for score in _COLUMNS}) for run, own, extent in zip(runs, known, extents, strict=True)]
    extent, compared = Counter(extents).most_common(1)[0]
    curves = _curves([(run, own) for run, own, other in
                      zip(runs, known, extents, strict=True) if other == extent][::-1])
    what = runs[0].title if len({run.title for run in runs}) == 1 else folder.resolve().name
    write_whole(path, render(
        'index.html.j2', title=f'{what}: {plural(len(runs), "evaluation")}',
        rows=rows, scores=_COLUMNS, broken=broken, curves=curves, compared=compared))
    return path


def refresh_index(folder: Path) -> None:
    """Write the index of a folder again, where it has one; runs leave other folders alone."""
    if is_ours(folder / INDEX):
        write_index(folder)


def _extent(run: RunResults) -> Hashable:
    """Return what runs have in common that can be compared."""
    return (tuple(sorted(one.name for one in run.recordings)), run.summary['frames'],
            run.summary['with_truth'])


def _best(score: Score, known: Sequence[Numbers]) -> float | None:
    found = [value for one in known if (value := one[score.name]) is not None]
    if len(set(found)) < 2:
        return None
    return max(found) if score.better is Better.HIGHER else min(found)


def _curves(runs: Sequence[tuple[RunResults, Numbers]]) -> list[Curve]:
    """Return the curves of the scores that several runs know; runs from the oldest on."""
    curves = []
    for score in _CURVES:
        found = [(place, run, value) for place, (run, one) in enumerate(runs)
                 if (value := one[score.name]) is not None]
        if len(found) < 2:
            continue
        low, high = (pick(value for _, _, value in found) for pick in (min, max))
        bottom, tall = _HEIGHT - _FOOT - _EDGE, _HEIGHT - _FOOT - _EDGE - _TOP

        def y(value: float, low: float = low, high: float = high, bottom: int = bottom,
              tall: int = tall) -> float:
            return round(bottom - tall * (
                0.5 if high == low else (value - low) / (high - low)), 1)

        curves.append(Curve(
            score, tuple(Point(
                round(_LEFT + _EDGE + (_WIDTH - _LEFT - 2 * _EDGE) * place / (len(runs) - 1), 1),
                y(value), run.name, value) for place, run, value in found),
            tuple((value, y(value)) for value in sorted({low, high})),
            (_day(found[0][1]), _day(found[-1][1]))))
    return curves


def _day(run: RunResults) -> str:
    return str(run.run.get('started', ''))[:10]
