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
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.evaluate.report.cards import cards, described
from seg_node.tools.evaluate.report.catalogue import STAGES
from seg_node.tools.evaluate.report.failures import Failures
from seg_node.tools.evaluate.report.ground_truth_charts import confusion_table, reliability_diagram
from seg_node.tools.evaluate.report.images import gallery
from seg_node.tools.evaluate.report.latency import Histogram
from seg_node.tools.evaluate.report.markup import data_block, join, Markup, tag
from seg_node.tools.evaluate.report.page import columns, page, section
from seg_node.tools.evaluate.report.recordings import recordings_table
from seg_node.tools.evaluate.report.results import read_run, RecordingResults, RunResults
from seg_node.tools.evaluate.report.timeline import settings, timeline_data, timeline_frame
from seg_node.tools.evaluate.report.words import count, plural, spoken
from seg_node.tools.evaluate.row import Columns

REPORT = 'report.html'
POINTS, FEWEST, MOST = 80_000, 200, 4_000
"""Frames that all timelines of a page draw together, and each at least and at most."""
TIMELINES = POINTS // FEWEST
_WITHOUT = 'No frame had ground truth (--truth), so this cannot be told.'


def write_report(folder: Path, extra: Markup | None = None) -> Path:
    """
    Write report.html into the folder of a run that has come to its end; give its path.

    :param extra: more sections, put behind the cards.
    :raises UserError: when there is no run, or it cannot be written.
    """
    run = read_run(folder)
    path = folder / REPORT
    write_page(path, page(f'{run.name}: evaluation', _body(run, extra), (
        'false GO: the node drives where the truth would have stopped it. Frames are numbered '
        'from 0. The same numbers for programs: summary.json, and frames.parquet or frames.csv.')))
    return path


def write_page(path: Path, text: str) -> None:
    """Write a page so that it is there whole or not at all; UserError when it cannot be."""
    partial = path.with_name(f'.{path.name}.partial')
    try:
        partial.write_text(text, encoding='utf-8')
        partial.replace(path)
    except OSError as error:
        raise UserError(f'{path}: cannot be written ({error.strerror})') from None


@dataclass
class _Gathered:
    """What is taken from the tables of frames, one recording after the other."""

    failures: Failures = field(default_factory=Failures)
    latency: Histogram = field(default_factory=Histogram)
    details: dict[tuple[str, int], str] = field(default_factory=dict)
    timelines: list[Markup] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)


def _body(run: RunResults, extra: Markup | None) -> Markup:
    gathered = _gather(run)
    parts: list[object] = [
        tag('header', tag('h1', run.name), described(run)), _warnings(run, gathered), cards(run),
        extra, _timeline(run, gathered),
        section('Worst frames', gallery(
            run.folder, run.summary['worst'], gathered.details, gathered.numbers), hint=(
            'Left what the network saw, right the truth.' if run.has_truth else
            'Those with the lowest confidence: without truth nobody knows which are wrong.')),
        columns(*_charts(run, gathered)),
        section('Failures by reason', gathered.failures.draw(
            gathered.numbers, run.has_true_decisions)),
        section('Recordings', recordings_table(run, gathered.numbers),
                hint='A click on a heading sorts, one on a name shows its timeline.')]
    return join(parts)


def _charts(run: RunResults, gathered: _Gathered) -> list[Markup]:
    latency = section('Latency by stage', gathered.latency.draw(run.summary['latency_ms']), hint=(
        'Frames by the time each stage took, on a logarithmic axis.'))
    if not run.has_truth:
        missing = tag('p', _WITHOUT, class_='hint')
        return [section('Confusion', missing), section('Reliability', missing), latency]
    return [section('Confusion', confusion_table(run.summary['confusion'])),
            section('Reliability', reliability_diagram(run.summary['reliability']['bins'])),
            latency]


def _timeline(run: RunResults, gathered: _Gathered) -> Markup:
    if not gathered.names:
        return section('Timeline', tag('p', 'No recording could be evaluated.', class_='hint'))
    left_out = sum(one.summary is not None for one in run.recordings) - len(gathered.names)
    hint = '' if run.has_true_decisions else \
        'Without truth there are no errors to show: only what the node decided. '
    if left_out > 0:
        hint += (f'The {count(len(gathered.names))} worst recordings; '
                 f'{plural(left_out, "other")} only in the tables, to keep the page quick.')
    first = gathered.names[0][0]
    return section(
        'Timeline', timeline_frame(gathered.names),
        data_block('timeline-settings', settings(run.run.get('parameters', {}), first)),
        *gathered.timelines, hint=hint)


def _warnings(run: RunResults, gathered: _Gathered) -> Markup | None:
    lines = [f'{one["recording"]}: {one["error"]}' for one in run.summary['failed']]
    lines += gathered.unreadable
    if not lines:
        return None
    shown = [tag('div', line) for line in lines[:5]]
    if len(lines) > 5:
        shown.append(tag('div', f'and {count(len(lines) - 5)} more, see the table of recordings',
                         class_='hint'))
    return tag('div', tag('b', f'{plural(len(lines), "recording")} failed, or could not be read '
                               'to the end'), *shown, class_='warning')


def _gather(run: RunResults) -> _Gathered:
    """Read the tables, the worst recordings first: those are sure to have a timeline."""
    gathered = _Gathered()
    wanted = {(str(one['recording']), int(one['index'])) for one in run.summary['worst']}
    there = [one for one in run.recordings if one.summary is not None]
    points = min(MOST, max(FEWEST, POINTS // max(1, len(there))))
    for number, one in enumerate(sorted(there, key=_badness)):
        try:
            table = one.table()
        except (UserError, KeyError, ValueError, OSError) as error:
            gathered.unreadable.append(f'{one.name}: its frames cannot be read ({error})')
            continue
        _take(gathered, one, table, wanted)
        if len(gathered.names) < TIMELINES and table['index']:
            gathered.names.append((number, _told(one)))
            gathered.numbers[one.name] = number
            gathered.timelines.append(data_block(
                f'recording-{number}', timeline_data(one.name, table, points)))
    return gathered


def _take(gathered: _Gathered, one: RecordingResults, table: Columns,
          wanted: set[tuple[str, int]]) -> None:
    gathered.failures.add(one.name, table)
    for stage in STAGES:
        gathered.latency.add(stage, table[f'{stage}_ms'])
    for place, index in enumerate(table['index']):
        if (one.name, index) in wanted:
            gathered.details[one.name, index] = _story({
                name: values[place] for name, values in table.items()})


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


def _told(one: RecordingResults) -> str:
    false_go = one.count('false_go')
    return f'{one.name} ({false_go} false GO)' if false_go else one.name


def names_of(runs: Sequence[RunResults]) -> list[str]:
    """Return the names of runs, with their parents where they are alike."""
    names = [run.name for run in runs]
    if len(set(names)) == len(names):
        return names
    return [f'{run.folder.resolve().parent.name}/{run.name}' for run in runs]
