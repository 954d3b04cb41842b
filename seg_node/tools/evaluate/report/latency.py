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

"""How long each stage took, as a histogram with a logarithmic axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.tools.evaluate.report.catalogue import STAGES
from seg_node.tools.evaluate.report.markup import join, Markup, tag
from seg_node.tools.evaluate.report.words import count, milliseconds

LOWEST, DECADES, PER_DECADE = 1e-3, 8, 12
"""The bins: from a microsecond on, in ms; what is faster or slower is in the outermost."""
WIDTH, ROW, LEFT, FOOT = 360, 62, 8, 22
"""Of the drawing, px."""


class Histogram:
    """Counts the times of frames by stage."""

    def __init__(self) -> None:
        self._counts = {stage: np.zeros(DECADES * PER_DECADE, np.int64) for stage in STAGES}

    def add(self, stage: str, times: Iterable[float | None]) -> None:
        """Count times in ms."""
        values = np.array([value for value in times if value is not None], np.float64)
        places = np.floor(np.log10(np.maximum(values, LOWEST) / LOWEST) * PER_DECADE)
        counts = self._counts[stage]
        counts += np.bincount(np.minimum(places, counts.size - 1).astype(np.intp),
                              minlength=counts.size)

    def draw(self, latency: Mapping[str, Any]) -> Markup:
        """Draw it; latency is that of the summary: p50, p95, p99 and max by stage."""
        used = np.flatnonzero(sum(self._counts.values()))
        if not used.size:
            return tag('p', 'No time was measured.', class_='hint')
        first = int(used[0]) // PER_DECADE
        last = math.ceil((int(used[-1]) + 1) / PER_DECADE)
        stages = [stage for stage in STAGES if self._counts[stage].any()]
        height = ROW * len(stages) + FOOT

        def place(decades: float) -> float:
            return LEFT + (WIDTH - 2 * LEFT) * (decades - first) / (last - first)

        rows = (self._row(stage, number * ROW, latency.get(stage, {}), first, last)
                for number, stage in enumerate(stages))
        return tag(
            'svg', *(_grid(place(d), height - FOOT, 10.0 ** d * LOWEST)
                     for d in range(first, last + 1)), *rows,
            viewBox=f'0 0 {WIDTH} {height}', role='img',
            aria_label='histogram of the time that each stage took', class_='fit')

    def _row(self, stage: str, top: int, times: Mapping[str, Any], first: int,
             last: int) -> Markup:
        counts = self._counts[stage]
        wide = (WIDTH - 2 * LEFT) / ((last - first) * PER_DECADE)
        most = int(counts.max())
        bars = (tag('rect', tag('title', f'{milliseconds(_edge(k))} to '
                                         f'{milliseconds(_edge(k + 1))} ms: {count(counts[k])}'),
                    x=f'{LEFT + (k - first * PER_DECADE) * wide + 0.5:.1f}',
                    y=f'{top + ROW - 4 - _tall(counts, k, most):.1f}',
                    width=f'{wide - 1:.1f}', height=f'{_tall(counts, k, most):.1f}', class_='bar')
                for k in range(first * PER_DECADE, last * PER_DECADE) if counts[k])
        words = '   '.join(f'{part} {milliseconds(times.get(part))}'
                           for part in ('p50', 'p95', 'p99', 'max'))
        return join([
            tag('text', stage, x=LEFT, y=top + 14, class_='label strong'),
            tag('text', f'{words} ms', x=WIDTH - LEFT, y=top + 14, class_='tick end'),
            *bars])


def _tall(counts: NDArray[np.int64], k: int, most: int) -> float:
    return max(1.0, float((ROW - 26) * counts[k] / most))


def _edge(k: int) -> float:
    return float(LOWEST * 10 ** (k / PER_DECADE))


def _grid(x: float, bottom: int, value: float) -> Markup:
    words = f'{value:g} ms' if value < 1000 else f'{value / 1000:g} s'
    anchor = 'end' if x > WIDTH - 30 else '' if x < 30 else 'mid'
    return join([tag('line', x1=f'{x:.1f}', x2=f'{x:.1f}', y1=0, y2=bottom, class_='grid'),
                 tag('text', words, x=f'{x:.1f}', y=bottom + 16, class_=f'tick {anchor}')])
