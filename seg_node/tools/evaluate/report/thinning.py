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

"""Fewer points for a chart that tell the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray


def thin(states: Sequence[Hashable], series: Sequence[Sequence[float | None]],
         points: int) -> list[int]:
    """
    Choose the frames that a chart of a recording shows, in their order.

    Up to `points` frames are all shown. Of more, the first and the last frame of every stretch
    of equal state stay, however many those are: no STOP and no false GO gets lost, be it a single
    frame. Between them the lowest and the highest value of each series stay in each of equally
    long parts.

    :param states: what must not be hidden, for each frame: decision, reason, truth.
    :param series: values for each frame, None where not known.
    """
    count = len(states)
    if count <= points:
        return list(range(count))
    keep = np.zeros(count, np.bool_)
    keep[[0, -1]] = True
    change = _changes(states)
    for values in series:
        known = np.array([value is not None for value in values])
        change |= known[1:] != known[:-1]      # a gap is drawn where it is
    keep[:-1] |= change
    keep[1:] |= change
    parts = max(1, points // (2 * max(1, len(series))))
    edges = np.linspace(0, count, parts + 1).astype(np.intp)
    for values in series:
        numbers = np.array([np.nan if value is None else value for value in values], np.float64)
        for first, last in zip(edges[:-1], edges[1:], strict=True):
            part = numbers[first:last]
            if part.size and not np.isnan(part).all():
                keep[first + np.nanargmin(part)] = True
                keep[first + np.nanargmax(part)] = True
    return [int(place) for place in np.flatnonzero(keep)]


def stretches(states: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return first and last place of every stretch of equal state."""
    if not states:
        return []
    starts = [0, *(int(place) + 1 for place in np.flatnonzero(_changes(states)))]
    return list(zip(starts, [start - 1 for start in starts[1:]] + [len(states) - 1],
                    strict=True))


def _changes(states: Sequence[Hashable]) -> NDArray[np.bool_]:
    """Say for each frame but the last whether the next one has another state."""
    numbers: dict[Hashable, int] = {}
    codes = np.array([numbers.setdefault(state, len(numbers)) for state in states], np.intp)
    return np.asarray(codes[1:] != codes[:-1])
