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
"""report.html: everything about one run on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING

from seg_node.errors import UserError
from seg_node.tools.common.files import write_whole
from seg_node.tools.evaluate.report.catalogue import numbers, STAGES
from seg_node.tools.evaluate.report.failures import FailureMap, Failures
from seg_node.tools.evaluate.report.latency import Histogram
from seg_node.tools.evaluate.report.pages import render
from seg_node.tools.evaluate.report.results import RecordingResults, REPORT, RunResults
from seg_node.tools.evaluate.report.timeline import settings, timeline_data
from seg_node.tools.evaluate.report.words import NOTHING, spoken

if TYPE_CHECKING:
    from seg_node.tools.evaluate.gate.checking import CheckedLimit

POINTS, MINIMUM, MAXIMUM = 80_000, 200, 4_000
"""Frames that all timelines of a page draw together, and the minimum and maximum of each."""
TIMELINES = POINTS // MINIMUM
SHEETS = 40
"""Contact sheets on a page, of about 100 kB each."""


@dataclass(frozen=True)
class SheetPicture:
    """A frame of a contact sheet: its place in the film, its number, its file in the run."""

    row: int
    index: int
    place: str


@dataclass(frozen=True)
class Frames:
    """
    What the page shows of the tables of frames.

    timelines: number of each recording that has one. details: what happened in the worst frames,
    by recording and index. left_out: recordings without a timeline. sheets: the contact sheets of
    films, by the number of the recording.
    """

    failure_maps: list[FailureMap]
    latency: dict[str, Any]
    timeline_settings: dict[str, Any]
    left_out: int
    false_go: dict[str, int]
    timelines: dict[str, int] = field(default_factory=dict)
    timeline_data: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    details: dict[tuple[str, int], str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    sheets: dict[int, list[SheetPicture]] = field(default_factory=dict)


def write_report(run: RunResults, gate: Sequence[CheckedLimit] = ()) -> Path:
    """
    Write report.html into the folder of a run; return its path.

    :param gate: limits that were held against it.
    :raises UserError: when it cannot be written.
    """
    path = run.folder / REPORT
    write_whole(path, render(
        'report.html.j2', run=run, known=numbers(run.summary), gate=gate, frames=_frames(run),
        settings=_settings(run.run)))
    return path


def names_of(runs: Sequence[RunResults]) -> list[str]:
    """Return the names of runs, with their parents where they are alike."""
    names = [run.name for run in runs]
    if len(set(names)) == len(names):
        return names
    return [f'{run.folder.resolve().parent.name}/{run.name}' for run in runs]


def _frames(run: RunResults) -> Frames:
    """Read the tables, the worst recordings first: those are sure to have a timeline."""
    failures, latency = Failures(), Histogram()
    details: dict[tuple[str, int], str] = {}
    data: list[tuple[int, dict[str, Any]]] = []
    unreadable: list[str] = []
    sheets: dict[int, list[SheetPicture]] = {}
    wanted = {(str(one['recording']), int(one['index'])) for one in run.summary['worst']}
    there = [one for one in run.recordings if one.summary is not None]
    points = min(MAXIMUM, max(MINIMUM, POINTS // max(1, len(there))))
    for number, one in enumerate(sorted(there, key=_badness)):
        try:
            table = one.table()
        except (UserError, KeyError, ValueError, OSError) as error:
            unreadable.append(f'{one.name}: its frames cannot be read ({error})')
            continue
        failures.add(one.name, table)
        for stage in STAGES:
            latency.add(stage, table[f'{stage}_ms'])
        details |= {(one.name, index): _story({name: table[name][place] for name in table})
                    for place, index in enumerate(table['index']) if (one.name, index) in wanted}
        if len(data) < TIMELINES and table['index']:
            if one.film is not None and len(sheets) < SHEETS:
                sheets[number] = [SheetPicture(row, table['index'][row], one.film.picture(row))
                                  for row in one.film.sheet if row < len(table['index'])]
            data.append((number, timeline_data(
                one.name, table, points, one.film,
                [line for line in run.expected if line.recording == one.name])))
    return Frames(
        failures.maps(run.has_true_decisions), latency.chart(),
        settings(run.run.get('parameters', {}), data[0][0] if data else 0),
        len(there) - len(data), {one.name: one.count('false_go') for one in there},
        {content['name']: number for number, content in data}, data, details, unreadable, sheets)


def _story(frame: Mapping[str, Any]) -> str:
    told = f'{frame["decision"].upper()}, {frame["text"]}'
    if frame['truth_decision'] is not None:
        told += f'; truth {frame["truth_decision"].upper()}, {spoken(frame["truth_reason"])}'
    return told


def _badness(one: RecordingResults) -> tuple[float, ...]:
    iou = one.score('path_iou')
    frames = one.summary['frames'] if one.summary else 0
    return (-one.count('false_go'), 1.0 if iou is None else iou,
            -one.count('stop') / max(1, frames))


def _settings(told: Mapping[str, Any], prefix: str = '') -> list[tuple[str, str]]:
    """Return what a run was made with as lines, without its recordings."""
    lines: list[tuple[str, str]] = []
    for key, value in told.items():
        if isinstance(value, Mapping):
            lines += _settings(value, f'{prefix}{key}.')
        elif prefix or key != 'recordings':
            text = ' '.join(map(str, value)) if isinstance(value, list) else str(value)
            lines.append((prefix + key, NOTHING if value is None else text))
    return lines
