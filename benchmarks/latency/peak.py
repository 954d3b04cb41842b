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

"""The highest rate that a subject carries, by bisection."""

from __future__ import annotations

from collections.abc import Callable

MIN_RATIO = 1.05
"""Ratio of the rates between which no further one is tried."""


def highest_rate(carries: Callable[[float], bool], low: float, high: float) -> float:
    """
    Return the highest rate found that is carried, 0.0 where not even `low` is.

    :param carries: tries a rate; monotonous but for noise.
    :raises ValueError: unless 0 < low < high.
    """
    if not 0 < low < high:
        raise ValueError(f'rates from {low} to {high}: must be positive and increasing')
    if not carries(low):
        return 0.0
    if carries(high):
        return high
    while high / low > MIN_RATIO:
        # Halfway in ratio, as a machine's capacity is told.
        middle = (low * high) ** 0.5
        if carries(middle):
            low = middle
        else:
            high = middle
    return low
