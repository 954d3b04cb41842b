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

"""By how much the times of a run differ without a cause: a machine is never quite quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
import math

import numpy as np

from seg_node.errors import UserError
from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.evaluate.report.catalogue import STAGES
from seg_node.tools.evaluate.report.results import RunResults

PARTS = 10
"""Equally long parts that a run is cut into, in the order of its frames."""
FEWEST = {'p50': 10, 'p95': 20, 'p99': 100, 'max': math.inf}
"""Frames that a part needs to tell a percentile; one frame is a maximum, and tells nothing."""
SHARE, SPREADS = 0.1, 2.0
"""What counts as noise: up to this share of a time, or up to so many times the spread."""


def spreads(run: RunResults) -> dict[str, float]:
    """
    Return by how much the times of a run differ among its parts, by their names: ms.

    Each part has percentiles of its own; their standard deviation is not divided by the number of
    parts, because what keeps a machine busy often lasts for many of them. It is infinite where
    there are too few frames to tell.
    """
    found: dict[str, float] = {}
    tables = []
    for one in run.recordings:
        try:
            tables.append(one.table())
        except (UserError, KeyError, ValueError, OSError):
            continue      # told on the report
    for stage in STAGES:
        times = np.array([value for table in tables for value in table[f'{stage}_ms']
                          if value is not None], np.float64)
        if not len(times):
            continue
        parts = [asdict(Percentiles.of(part)) for part in np.array_split(times, PARTS)]
        found |= {f'latency_ms.{stage}.{name}': float(
            np.std([part[name] for part in parts], ddof=1))
            if len(times) >= PARTS * fewest else math.inf for name, fewest in FEWEST.items()}
    return found


def noise(name: str, a: float, spreads_a: Mapping[str, float], spreads_b: Mapping[str, float],
          ) -> float:
    """Return by how much a time may differ from that of run A and still be the same, ms."""
    return max(SHARE * a, SPREADS * math.hypot(spreads_a.get(name, 0.0), spreads_b.get(name, 0.0)))
