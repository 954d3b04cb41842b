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

"""The tables of compare.html: scores, recordings, settings."""

from __future__ import annotations

from collections.abc import Sequence

from seg_node.tools.evaluate.compare.changes import Change, Verdict
from seg_node.tools.evaluate.compare.comparison import Comparison
from seg_node.tools.evaluate.report.catalogue import Kind as Number
from seg_node.tools.evaluate.report.markup import Markup, name, tag
from seg_node.tools.evaluate.report.page import section
from seg_node.tools.evaluate.report.recordings import TALL_FROM
from seg_node.tools.evaluate.report.words import NARROW, NOTHING, number


def scores_table(comparison: Comparison) -> Markup:
    """Return every number of both runs with its change."""
    order = list(Verdict)
    rows = [tag('tr', tag('th', one.score.label, scope='row'),
                *(tag('td', number(value, one.score.kind), data_v='' if value is None else value)
                  for value in (one.a, one.b)),
                tag('td', difference(one),
                    data_v='' if one.difference is None else one.difference),
                tag('td', _chip(one.verdict), class_='text', data_v=order.index(one.verdict)))
            for one in comparison.changes]
    head = tag('tr', tag('th', 'score', data_sort='text'),
               *(tag('th', title, data_sort='number') for title in ('A', 'B', 'change')),
               tag('th', 'B is', data_sort='number', class_='text'))
    table = tag('table', tag('thead', head), tag('tbody', *rows), class_='list sortable')
    return section('Scores', tag('div', table, class_='scroll'), hint=(
        'Times count as equal up to 10 %: the machine does other things too. Counts for which '
        'neither way is better are called different.'))


def recordings_table(comparison: Comparison) -> Markup:
    """Return the headline of each recording in both runs."""
    old, new = ({one.name: one for one in run.recordings} for run in (comparison.a, comparison.b))
    names = [*old, *(one for one in new if one not in old)]
    with_truth = any(run.has_truth for run in (comparison.a, comparison.b))
    parts: Sequence[tuple[str, str]] = (
        *((('path IoU', 'path_iou'), ('false GO', 'false_go'),
           ('false STOP', 'false_stop')) if with_truth else ()), ('STOP', 'stop'))
    rows = []
    for recording in names:
        pair = old.get(recording), new.get(recording)
        cells = []
        for _, part in parts:
            values = [None if one is None or one.summary is None else one.score(part)
                      if part == 'path_iou' else one.summary['decisions'].get(part)
                      for one in pair]
            kind = Number.SCORE if part == 'path_iou' else Number.COUNT
            before, after = values
            gain = None if before is None or after is None else after - before
            worse = part != 'stop' and gain is not None and (
                gain < 0 if part == 'path_iou' else gain > 0)
            words = ' → '.join(number(value, kind) for value in values)
            cells.append(tag('td', words, class_='bad' if worse else None,
                             data_v='' if gain is None else gain))
        rows.append(tag('tr', tag('th', name(recording), scope='row'), *cells))
    head = tag('tr', tag('th', 'recording', data_sort='text'),
               *(tag('th', title, data_sort='number') for title, _ in parts))
    table = tag('table', tag('thead', head), tag('tbody', *rows), class_='list sortable')
    tall = 'scroll tall' if len(rows) > TALL_FROM else 'scroll'
    return section('Recordings', tag('div', table, class_=tall),
                   hint='A → B; a click on a heading sorts by the change.')


def settings_table(comparison: Comparison) -> Markup:
    """Return what is different between the runs."""
    if not comparison.differences:
        return section('What is different', tag('p', 'Nothing: version, model, parameters, truth '
                                                     'and machine are the same.'))
    rows = [tag('tr', tag('th', one.name, scope='row'),
                *(tag('td', NOTHING if value is None else value) for value in (one.a, one.b)))
            for one in comparison.differences]
    head = tag('tr', tag('th', ''), tag('th', 'A'), tag('th', 'B'))
    return section('What is different', tag('div', tag(
        'table', tag('thead', head), tag('tbody', *rows), class_='plain'), class_='scroll'))


def difference(change: Change) -> str:
    """Write by how much a number changed, with its sign."""
    value = change.difference
    if value is None:
        return NOTHING
    kind = change.score.kind
    words = f'{abs(value) * 100:.1f}{NARROW}%' if kind is Number.SHARE \
        else number(abs(value), kind)
    return ('+' if value > 0 else '−' if value < 0 else '±') + words


def _chip(verdict: Verdict) -> Markup:
    classes = {Verdict.BETTER: 'chip better', Verdict.WORSE: 'chip worse'}
    words = {Verdict.UNKNOWN: 'only one knows'}.get(verdict, verdict.value)
    if verdict in classes:
        return tag('span', words, class_=classes[verdict])
    return tag('span', words, class_='hint')
