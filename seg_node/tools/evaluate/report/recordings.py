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

"""The table of recordings, failed ones too."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from seg_node.drawing.colors import DECISIONS
from seg_node.tools.evaluate.report.failures import link
from seg_node.tools.evaluate.report.film import FILM
from seg_node.tools.evaluate.report.markup import join, Markup, tag
from seg_node.tools.evaluate.report.results import RecordingResults, RunResults
from seg_node.tools.evaluate.report.words import count, number, seconds, share

FILTER_FROM, TALL_FROM = 12, 40
"""Recordings from which on there is a field to search for one, and the table scrolls."""


def recordings_table(run: RunResults, numbers: Mapping[str, int]) -> Markup:
    """
    Return the table, in the order of the run.

    :param numbers: of the recordings that have a timeline.
    """
    titles = [('recording', 'text'), ('frames', 'number'), ('time', 'number'),
              ('GO · SLOW · STOP', 'number')]
    if run.has_truth:
        titles += [('path IoU', 'number'), ('false GO', 'number'), ('false STOP', 'number')]
    head = tag('tr', *(tag('th', title, scope='col', data_sort=sort) for title, sort in titles),
               tag('th', 'remarks', scope='col', class_='text'))
    rows = [_row(one, run, numbers) for one in run.recordings]
    table = tag('div', tag('table', tag('thead', head), tag('tbody', *rows), id='recordings',
                           class_='sortable list'),
                class_='scroll tall' if len(rows) > TALL_FROM else 'scroll')
    if len(rows) < FILTER_FROM:
        return table
    return join([tag('input', type='search', placeholder='find a recording',
                     aria_label='find a recording', data_filter='recordings'), table])


def decision_bar(go: int, slow: int, stop: int) -> Markup:
    """Draw the shares of the decisions as one bar."""
    total = max(1, go + slow + stop)
    parts = (('go', go), ('slow', slow), ('stop', stop))
    title = ', '.join(f'{name.upper()} {share(value / total)}' for name, value in parts)
    return tag('span', *(tag('i', style=f'width:{100 * value / total:.2f}%;'
                                        f'background:{DECISIONS[name]}')
                         for name, value in parts if value),
               class_='shares', title=title, role='img', aria_label=title)


def _row(one: RecordingResults, run: RunResults, numbers: Mapping[str, int]) -> Markup:
    name = tag('th', link(one.name, numbers), scope='row')
    remarks = tag('td', tag('span', one.error, class_='error') if one.error else None,
                  *_notes(one), class_='remarks')
    if one.summary is None:
        columns = 6 if run.has_truth else 3
        return tag('tr', name, *(tag('td', '–', data_v='') for _ in range(columns)), remarks,
                   class_='failed')
    summary = one.summary
    decisions = [one.count(part) for part in ('go', 'slow', 'stop')]
    cells = [tag('td', count(summary['frames']), data_v=summary['frames']),
             tag('td', seconds(summary['seconds']), data_v=summary['seconds']),
             tag('td', decision_bar(*decisions),
                 data_v=f'{decisions[0] / max(1, summary["frames"]):.4f}')]
    if run.has_truth:
        iou = one.score('path_iou')
        cells.append(tag('td', number(iou), data_v='' if iou is None else iou))
        for name_of in ('false_go', 'false_stop'):
            value = summary['decisions'].get(name_of)
            bad = 'bad' if value and name_of == 'false_go' else None
            cells.append(tag('td', '–' if value is None else count(value), class_=bad,
                             data_v='' if value is None else value))
    return tag('tr', name, *cells, remarks, class_='failed' if one.error else None)


def _notes(one: RecordingResults) -> list[Markup]:
    notes = [] if one.summary is None else [str(note) for note in one.summary.get('notes', [])]
    found = [tag('span', note, class_='hint') for note in notes]
    if (one.folder / FILM).is_file():
        found.append(tag('a', FILM, href=quote(f'recordings/{one.name}/{FILM}')))
    return found
