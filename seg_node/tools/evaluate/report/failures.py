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

"""The map of failures: which recordings fail for which reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import math

from seg_node.drawing.colors import color_of
from seg_node.tools.evaluate.report.markup import join, Markup, name, tag
from seg_node.tools.evaluate.report.words import count, spoken
from seg_node.tools.evaluate.row import Columns

SHOWN = 15
"""Recordings that are shown at once; the others are folded away."""
_NO_TRUTH = 'Without truth nobody knows which of them are false, and which are missing.'


@dataclass
class Failures:
    """Counts frames by recording and reason."""

    false_go: dict[str, Counter[str]] = field(default_factory=dict)
    false_stops: dict[str, Counter[str]] = field(default_factory=dict)
    held: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, recording: str, table: Columns) -> None:
        """Take in a recording."""
        false_go: Counter[str] = Counter()
        false_stops: Counter[str] = Counter()
        held: Counter[str] = Counter()
        for decided, reason, true, why in zip(
                table['decision'], table['reason'], table['truth_decision'],
                table['truth_reason'], strict=True):
            if decided != 'go':
                held[reason] += 1
            if true == 'stop' and decided != 'stop':
                false_go[why] += 1
            elif decided == 'stop' and true not in (None, 'stop'):
                false_stops[reason] += 1
        self.false_go[recording] = false_go
        self.false_stops[recording] = false_stops
        self.held[recording] = held

    def draw(self, numbers: Mapping[str, int], has_truth: bool) -> Markup:
        """Return the maps; numbers: of the recordings that have a timeline."""
        held = _map('STOP and SLOW, by the reason given', self.held, numbers)
        if not has_truth:
            return join([held, tag('p', _NO_TRUTH, class_='hint')])
        return tag(
            'div', _map('False GO, by the reason of the truth', self.false_go, numbers),
            _map('False STOP, by the reason given', self.false_stops, numbers), held,
            class_='maps')


def _map(title: str, found: Mapping[str, Counter[str]], numbers: Mapping[str, int]) -> Markup:
    totals: Counter[str] = Counter()
    for counter in found.values():
        totals.update(counter)
    heading = tag('h3', title)
    if not totals:
        return tag('div', heading, tag('p', 'None.', class_='hint'))
    reasons = [reason for reason, _ in sorted(totals.items(), key=lambda item: -item[1])]
    most = max(max(counter.values()) for counter in found.values() if counter)
    concerned = sorted((one for one in found if found[one]),
                       key=lambda one: (-found[one].total(), one))
    rows = [_row(one, found[one], reasons, most, numbers) for one in concerned]
    total = tag('tr', tag('th', f'all {count(len(concerned))}', scope='row'),
                *(tag('td', count(totals[reason])) for reason in reasons),
                tag('td', count(totals.total())), class_='total')
    first = _table(reasons, [total, *rows[:SHOWN]])
    if len(rows) <= SHOWN:
        return tag('div', heading, first)
    return tag('div', heading, first, tag(
        'details', tag('summary', f'{count(len(rows) - SHOWN)} more recordings'),
        _table(reasons, rows[SHOWN:])))


def _table(reasons: Sequence[str], rows: Sequence[Markup]) -> Markup:
    head = tag('tr', tag('th', 'recording'), *(
        tag('th', tag('span', tag('i', style=f'background:{color_of(reason)}'), spoken(reason)),
            scope='col') for reason in reasons), tag('th', tag('span', 'frames'), scope='col'))
    return tag('div', tag('table', tag('thead', head), tag('tbody', *rows), class_='map'),
               class_='scroll')


def _row(recording: str, counter: Counter[str], reasons: Sequence[str], most: int,
         numbers: Mapping[str, int]) -> Markup:
    def cell(frames: int) -> Markup:
        if not frames:
            return tag('td', '·', class_='none')
        heat = round(12 + 78 * math.log1p(frames) / math.log1p(most))
        return tag('td', count(frames), style=f'--heat:{heat}%')

    cells = (cell(counter[reason]) for reason in reasons)
    return tag('tr', tag('th', link(recording, numbers), scope='row'), *cells,
               tag('td', count(counter.total())))


def link(recording: str, numbers: Mapping[str, int]) -> Markup:
    """Return the name of a recording, as a button where it has a timeline."""
    if recording not in numbers:
        return name(recording)
    return tag('button', name(recording), type='button', class_='link',
               data_recording=numbers[recording])
