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
"""compare.html: two runs side by side on one page; compare.json beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seg_node.tools.common.files import write_whole
from seg_node.tools.evaluate.compare.changes import Change
from seg_node.tools.evaluate.compare.comparison import Comparison, to_json
from seg_node.tools.evaluate.compare.decisions import DecisionChange
from seg_node.tools.evaluate.compare.pictures import pictures
from seg_node.tools.evaluate.report.catalogue import score_of
from seg_node.tools.evaluate.report.pages import render
from seg_node.tools.evaluate.report.results import RecordingResults, RunResults
from seg_node.tools.evaluate.report.words import count, plural
from seg_node.tools.evaluate.report.write import names_of

if TYPE_CHECKING:
    from seg_node.tools.evaluate.gate.checking import CheckedLimit

PAGE, JSON = 'compare.html', 'compare.json'
STRETCHES, IMAGES = 400, 12
"""Stretches of differing frames, and of those with images, that the page shows."""
_HEADLINE = ('decisions.agreement', 'path_iou', 'latency_ms.infer.p50')


def write_comparison(comparison: Comparison, out: Path, gate: Sequence[CheckedLimit] = ()) -> Path:
    """
    Write both into a folder; return the path of the page.

    :param gate: limits that were held against B.
    :raises UserError: when they cannot be written.
    """
    decisions, runs = comparison.decisions, (comparison.a, comparison.b)
    name_a, name_b = names_of(runs)
    columns = [('path IoU', 'path_iou'), ('false GO', 'decisions.false_go'),
               ('GO early', 'decisions.early_go'),
               ('false STOP', 'decisions.false_stop')] if any(r.has_truth for r in runs) else []
    columns.append(('STOP', 'decisions.stop'))
    changes = {one.score.name: one for one in comparison.changes}
    write_whole(out / JSON, to_json(comparison))
    write_whole(out / PAGE, render(
        'compare.html.j2', comparison=comparison, gate=gate, name_a=name_a, name_b=name_b,
        hint=_hint(comparison), stretches=decisions.stretches[:STRETCHES],
        figures=pictures(comparison, IMAGES),
        counts={kind.name.lower(): decisions.frames(kind) for kind in DecisionChange},
        differing=sum(one.frames for one in decisions.stretches
                      if one.decision_a != one.decision_b),
        effects={'worse': 0, 'better': 0} | Counter(
            one.effect.value for one in comparison.changes),
        headline=[change for name in _HEADLINE if (change := changes.get(name)) is not None
                  and change.difference is not None],
        columns=columns,
        recordings=list(_recordings(*runs, [name for _, name in columns]))))
    return out / PAGE


def _hint(comparison: Comparison) -> str:
    decisions = comparison.decisions
    found = ', '.join(f'{count(frames)} {kind.value}' for kind in DecisionChange
                      if (frames := decisions.frames(kind)))
    told = [f'Frames: {found}'] if found else []
    told += [f'{plural(frames, "frame")} only in {run}' for frames, run in
             ((decisions.only_a, 'A'), (decisions.only_b, 'B')) if frames]
    if decisions.other_truth:
        told.append(f'of {plural(decisions.other_truth, "frame")} the truth decides differently, '
                    'judged at the size of the network and with the limits of each run')
    left_out = len(decisions.stretches) - STRETCHES
    if left_out > 0:
        told.append(f'{count(left_out)} more stretches are in compare.json')
    return '; '.join(told)


def _recordings(a: RunResults, b: RunResults, names: Sequence[str],
                ) -> Iterator[tuple[str, list[Change]]]:
    """Yield the headline of each recording in both runs."""
    old, new = ({one.name: one for one in run.recordings} for run in (a, b))
    for recording in dict.fromkeys((*old, *new)):
        yield recording, [
            Change(score_of(name), *(_value(run.get(recording), name) for run in (old, new)))
            for name in names]


def _value(one: RecordingResults | None, name: str) -> float | None:
    if one is None or one.summary is None:
        return None
    prefix, _, key = name.rpartition('.')
    value: float | None = one.summary[prefix].get(key) if prefix else one.score(key)
    return value
