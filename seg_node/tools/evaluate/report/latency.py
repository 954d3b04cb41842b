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
"""How long each stage took, as a histogram on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Iterable
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.tools.evaluate.report.catalogue import STAGES
from seg_node.tools.evaluate.report.words import count, milliseconds

PER_DECADE = 12
EDGES = 10 ** np.linspace(-3, 5, 8 * PER_DECADE + 1)
"""Of the bins, ms; what is faster or slower is in the outermost."""
WIDTH, ROW, LEFT, FOOT = 360, 62, 8, 22
"""Of the drawing, px."""


class Histogram:
    """Counts the times of frames by stage."""

    def __init__(self) -> None:
        self._counts = {stage: np.zeros(len(EDGES) - 1, np.int64) for stage in STAGES}

    def add(self, stage: str, times: Iterable[float | None]) -> None:
        """Count times in ms."""
        values = np.array([value for value in times if value is not None], np.float64)
        self._counts[stage] += np.histogram(np.clip(values, EDGES[0], EDGES[-1]), EDGES)[0]

    def chart(self) -> dict[str, Any]:
        """Return what the template draws, px: from the first decade in use to the last."""
        used = np.flatnonzero(sum(self._counts.values()))
        first = int(used[0]) // PER_DECADE if used.size else 0
        last = math.ceil((int(used[-1]) + 1) / PER_DECADE) if used.size else 1
        stages = [stage for stage in STAGES if self._counts[stage].any()]
        bottom, wide = ROW * len(stages), (WIDTH - 2 * LEFT) / (last - first)

        def bar(counts: NDArray[np.int64], k: int, top: int) -> dict[str, Any]:
            tall = max(1.0, float((ROW - 26) * counts[k] / counts.max()))
            return {'x': round(LEFT + (k / PER_DECADE - first) * wide + 0.5, 1),
                    'y': round(top + ROW - 4 - tall, 1), 'width': round(wide / PER_DECADE - 1, 1),
                    'height': round(tall, 1),
                    'words': f'{milliseconds(EDGES[k])} to {milliseconds(EDGES[k + 1])} ms: '
                             f'{count(counts[k])}'}

        return {
            'width': WIDTH, 'bottom': bottom, 'height': bottom + FOOT,
            'grid': [{'x': round(LEFT + (decade - first) * wide, 1),
                      'words': _words(float(EDGES[decade * PER_DECADE]))}
                     for decade in range(first, last + 1)],
            'rows': [{'stage': stage, 'top': ROW * number, 'bars': [
                bar(self._counts[stage], int(k), ROW * number)
                for k in np.flatnonzero(self._counts[stage])]}
                for number, stage in enumerate(stages)]}


def _words(value: float) -> str:
    return f'{value:g} ms' if value < 1000 else f'{value / 1000:g} s'
