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

"""What only the truth can tell: which class was taken for which, and what confidence is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math
from typing import Any

from seg_node.tools.evaluate.report.markup import join, Markup, tag
from seg_node.tools.evaluate.report.words import count, share, spoken

SIZE, MARGIN, COUNTS = 300, 34, 46
"""Of the reliability diagram, px: the square, what is left for numbers, the bars below."""


def confusion_table(confusion: Mapping[str, Any]) -> Markup:
    """Return the confusion matrix as a table: a row for each true class, shares of that row."""
    classes: Sequence[str] = confusion['classes']
    unlabelled = confusion.get('unlabelled', [])
    called = [*classes, *(['unlabelled'] if any(unlabelled) else [])]
    head = tag('tr', tag('th', 'truth ↓ seen →'),
               *(tag('th', tag('span', spoken(name)), scope='col') for name in called))
    rows = []
    for number, name in enumerate(classes):
        counts = [*confusion['counts'][number],
                  *([unlabelled[number]] if any(unlabelled) else [])]
        total = sum(counts)
        rows.append(tag('tr', tag('th', spoken(name), scope='row'),
                        *(_cell(value, total, place == number)
                          for place, value in enumerate(counts))))
    return tag('div', tag('table', tag('thead', head), tag('tbody', *rows), class_='matrix'),
               tag('p', 'Shares of the pixels of each true class; pixels without truth are left '
                        'out.', class_='hint'), class_='scroll')


def _cell(value: int, total: int, right: bool) -> Markup:
    part = value / total if total else 0.0
    strength = round(100 * math.sqrt(part)) if not right else round(85 * part)
    words = share(part) if total else '–'
    return tag('td', words, title=f'{count(value)} pixels', style=f'--heat:{strength}%',
               class_='right' if right else 'wrong')


def reliability_diagram(bins: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw how often path is right at each confidence, above how often that confidence occurs."""
    known = [one for one in bins if one['count'] and one['accuracy'] is not None]
    if not known:
        return tag('p', 'No pixel with truth was called path or not.', class_='hint')
    most = max(one['count'] for one in known)

    def at(value: float) -> float:
        return MARGIN + SIZE * value

    def up(value: float) -> float:
        return 8 + SIZE * (1 - value)

    grid = [part for value in (0, 0.25, 0.5, 0.75, 1) for part in (
        tag('line', x1=at(0), x2=at(1), y1=up(value), y2=up(value), class_='grid'),
        tag('text', f'{value:g}', x=at(0) - 6, y=up(value) + 4, class_='tick end'),
        tag('text', f'{value:g}', x=at(value), y=up(0) + COUNTS + 20, class_='tick mid'))]
    gaps = [tag('line', x1=f'{at(one["confidence"]):.1f}', x2=f'{at(one["confidence"]):.1f}',
                y1=f'{up(one["confidence"]):.1f}', y2=f'{up(one["accuracy"]):.1f}', class_='gap')
            for one in known]
    curve = ' '.join(f'{at(one["confidence"]):.1f},{up(one["accuracy"]):.1f}' for one in known)
    dots = [tag('circle', tag('title', _told(one)), cx=f'{at(one["confidence"]):.1f}',
                cy=f'{up(one["accuracy"]):.1f}', r=4, class_='dot') for one in known]
    bars = [tag('rect', tag('title', _told(one)), x=f'{at(one["low"]) + 1:.1f}',
                width=f'{max(1.0, SIZE * (one["high"] - one["low"]) - 2):.1f}',
                y=f'{up(0) + 6:.1f}', class_='bar',
                # Logarithmic: nearly all pixels are nearly certain.
                height=f'{COUNTS * math.log1p(one["count"]) / math.log1p(most):.1f}')
            for one in known]
    return join([
        tag('svg', *grid, tag('line', x1=at(0), x2=at(1), y1=up(0), y2=up(1), class_='ideal'),
            *gaps, tag('polyline', points=curve, class_='curve'), *dots, *bars,
            tag('text', 'how often it is right', x=at(1) - 8, y=up(0) - 10, class_='label end'),
            viewBox=f'0 0 {SIZE + MARGIN + 14} {SIZE + COUNTS + 36}', role='img', class_='fit',
            aria_label='reliability diagram'),
        tag('p', 'Across: confidence. On the dashed line confidence is what it says; below it the '
                 'network is too sure. The bars hanging down: how many pixels (logarithmic).',
            class_='hint')])


def _told(one: Mapping[str, Any]) -> str:
    return (f'confidence {one["confidence"]:.3f}: right {one["accuracy"]:.3f}, '
            f'{count(one["count"])} pixels')
