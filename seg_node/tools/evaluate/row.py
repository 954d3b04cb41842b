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

"""One line of the table of frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
import math
from typing import Any

import numpy as np

TIMES = ('decode_ms', 'resize_ms', 'infer_ms', 'measure_ms')
"""Columns that differ from run to run."""

ADDED = ('doubts', 'doubts_known', 'doubts_right')
"""Columns that tables of earlier versions lack."""


@dataclass(frozen=True)
class Row:
    """
    One frame; None where something is not known.

    index counts the frames of a recording from 0; time_s is since its first frame, stamp_ns the
    recorded stamp. findings and health are reason codes. Shares and confidences are 0 to 1; what
    begins with truth_ or compares with the truth is known only where there is a mask. flicker is
    the share of the near corridor that changed since the frame before. doubts: places that the
    second opinion doubts, None where it was not asked; of these doubts_known could be held
    against the truth, and doubts_right were right.
    """

    recording: str
    index: int
    time_s: float
    stamp_ns: int | None
    decision: str
    reason: str
    text: str
    free_distance: float | None = None
    required_distance: float | None = None
    unit: str | None = None
    coverage: float | None = None
    confidence: float | None = None
    confidence_low: float | None = None
    path_share: float | None = None
    findings: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    decode_ms: float | None = None
    resize_ms: float | None = None
    infer_ms: float | None = None
    measure_ms: float | None = None
    path_iou: float | None = None
    path_f1: float | None = None
    false_path: float | None = None
    missed_path: float | None = None
    boundary_f1: float | None = None
    miou: float | None = None
    ece: float | None = None
    truth_decision: str | None = None
    truth_reason: str | None = None
    flicker: float | None = None
    doubts: float | None = None
    doubts_known: float | None = None
    doubts_right: float | None = None


_KINDS = {'index': 'int32', 'time_s': 'float64', 'stamp_ns': 'int64', 'findings': 'list',
          'health': 'list'}
_TEXTS = ('recording', 'decision', 'reason', 'text', 'unit', 'truth_decision', 'truth_reason')
COLUMNS = {column.name: _KINDS.get(column.name, 'str' if column.name in _TEXTS else 'float32')
           for column in fields(Row)}
"""Kind of each column: str, int32, int64, float32, float64, or list (of str)."""

Columns = dict[str, list[Any]]
"""A table: values by column, in the order of the frames."""


def columns_of(rows: Iterable[Row]) -> Columns:
    """Return rows as columns; numbers as they will be read back, None where not finite."""
    table: Columns = {name: [] for name in COLUMNS}
    for row in rows:
        for name, kind in COLUMNS.items():
            table[name].append(_stored(kind, getattr(row, name)))
    return table


def _stored(kind: str, value: Any) -> Any:
    if value is None or kind in ('str', 'int32', 'int64'):
        return value
    if kind == 'list':
        return list(value)
    if not math.isfinite(value):
        return None
    return float(np.float32(value)) if kind == 'float32' else float(value)
