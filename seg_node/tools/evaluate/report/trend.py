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

"""How the scores of comparable runs went, from the oldest to the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

from seg_node.tools.evaluate.report.catalogue import Better, score_of
from seg_node.tools.evaluate.report.markup import Markup, tag
from seg_node.tools.evaluate.report.page import section
from seg_node.tools.evaluate.report.words import number

COLUMNS = ('path_iou', 'decisions.false_go', 'decisions.agreement', 'miou', 'ece',
           'latency_ms.infer.p50')
WIDTH, HEIGHT, EDGE, TOP = 360, 118, 12, 40
"""Of one drawing, px."""


def trends(names: Sequence[str], known: Sequence[Mapping[str, float | None]],
           groups: Sequence[Hashable]) -> Markup | None:
    """
    Draw the largest group of runs that can be compared; None where no two can be.

    :param names: of the runs, the newest first.
    :param known: their numbers.
    :param groups: the same for runs that can be compared.
    """
    group, size = Counter(groups).most_common(1)[0]
    if size < 2:
        return None
    chosen = [(name, one) for name, one, own in zip(names, known, groups, strict=True)
              if own == group][::-1]
    drawings = [_draw(column, [(name, one[column]) for name, one in chosen])
                for column in COLUMNS if sum(one[column] is not None for _, one in chosen) > 1]
    if not drawings:
        return None
    return section(f'Trend over {size} comparable runs', tag('div', *drawings, class_='columns'),
                   hint='From the oldest to the newest.')


def _draw(column: str, values: Sequence[tuple[str, float | None]]) -> Markup:
    score = score_of(column)
    found = [value for _, value in values if value is not None]
    low, high = min(found), max(found)
    places = [(EDGE + (WIDTH - 2 * EDGE) * place / (len(values) - 1),
               HEIGHT - EDGE - (HEIGHT - EDGE - TOP) * _share(value, low, high), name, value)
              for place, (name, value) in enumerate(values) if value is not None]
    dots = (tag('circle', tag('title', f'{name}: {number(value, score.kind)}'), cx=f'{x:.1f}',
                cy=f'{y:.1f}', r=4, class_='dot') for x, y, name, value in places)
    way = '↑ better' if score.better is Better.HIGHER else '↓ better'
    return tag(
        'svg', tag('text', score.label, x=EDGE, y=16, class_='strong'),
        tag('text', f'{number(found[-1], score.kind)}  {way}', x=WIDTH - EDGE, y=16,
            class_='tick end'),
        tag('line', x1=EDGE, x2=WIDTH - EDGE, y1=HEIGHT - 4, y2=HEIGHT - 4, class_='grid'),
        tag('polyline', points=' '.join(f'{x:.1f},{y:.1f}' for x, y, _, _ in places),
            class_='curve'), *dots, viewBox=f'0 0 {WIDTH} {HEIGHT}', role='img', class_='fit',
        aria_label=f'{score.label} from run to run')


def _share(value: float, low: float, high: float) -> float:
    return 0.5 if high == low else (value - low) / (high - low)
