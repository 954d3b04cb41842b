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
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.evaluate.report.catalogue import STAGES
from seg_node.tools.evaluate.report.results import RunResults

PARTS = 10
"""Equally long parts that a run is cut into, in the order of its frames."""
FEWEST = 20
"""Frames in each part at the minimum; of less nothing is known."""
SHARE, ERRORS = 0.1, 3.0
"""What counts as noise: up to this share of a time, or up to so many standard errors."""


def standard_errors(run: RunResults) -> dict[str, float]:
    """
    Return the standard errors of the times of a run by their names, ms.

    Each of ten parts of the run has percentiles of its own; how much those differ tells how well
    that of the whole run is known. A maximum is as uncertain as those of the parts differ.
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
        if len(times) >= PARTS * FEWEST:
            found |= {f'latency_ms.{stage}.{name}': error
                      for name, error in _errors(times).items()}
    return found


def noise(name: str, a: float, errors_a: Mapping[str, float], errors_b: Mapping[str, float],
          ) -> float:
    """Return by how much a time may differ from that of run A and still be the same, ms."""
    return max(SHARE * a, ERRORS * math.hypot(errors_a.get(name, 0.0), errors_b.get(name, 0.0)))


def _errors(times: NDArray[np.float64]) -> dict[str, float]:
    parts = [asdict(Percentiles.of(part)) for part in np.array_split(times, PARTS)]
    spread = {name: float(np.std([part[name] for part in parts], ddof=1)) for name in parts[0]}
    return {name: error if name == 'max' else error / math.sqrt(PARTS)
            for name, error in spread.items()}
