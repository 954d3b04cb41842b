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
"""How values are spread: the same few numbers wherever times are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
import math

import numpy as np


@dataclass(frozen=True)
class Percentiles:
    """Median, 95 % and 99 % percentile, and maximum; nan where there was no value."""

    p50: float = math.nan
    p95: float = math.nan
    p99: float = math.nan
    max: float = math.nan

    @classmethod
    def of(cls, values: Iterable[float]) -> Percentiles:
        """Return those of the finite values, by linear interpolation."""
        array = np.fromiter(values, np.float64)
        array = array[np.isfinite(array)]
        return cls(*map(float, np.percentile(array, (50, 95, 99, 100)))) if array.size else cls()
