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

"""
What a corridor shows, counted on the GPU: about one kilobyte crosses back instead of two maps.

Only whole numbers are counted, so that it makes no difference who counts; everything that divides,
compares or decides stays with stop_go. A label belongs to sets: set 0 blocks the way, others are
what is looked for besides, such as a class that slows. For a frame a Tally has

- path: pixels of the whole image that are not in set 0;
- blocked, changed: near samples in set 0, and those that were not and are, or the reverse, in the
  frame before (at the places of the corridor now);
- confidence: how many near samples have each of the 256 values;
- nearest: for each set the first row where as many samples side by side as `runs` asks for are
  upright in it. A sample is upright in a set where its own pixel is, and in each of the
  `obstacle_rows` - 1 rows of pixels above, as far as the image goes, that pixel or one to the
  left or right is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import numpy as np

from seg_node.perception.backends.cuda.kernels import (
    CORRIDOR_NEAREST,
    CORRIDOR_SAMPLES,
    COUNT_PATH,
    Launch,
    Tables,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_SETS = 32
"""One bit each of a uint32."""

_PATH, _BLOCKED, _CHANGED, _CONFIDENCE = 0, 1, 2, 3
_NEAREST = _CONFIDENCE + 256
TALLY = _NEAREST + MAX_SETS
"""int32 numbers of a tally on the device."""


@dataclass(frozen=True, eq=False)
class Tally:
    """
    What was counted of a frame.

    `confidence` is int64 [256]; `nearest` has the row of each set, None where it has none.
    """

    path: int
    blocked: int
    changed: int
    confidence: NDArray[np.int64]
    nearest: tuple[int | None, ...]


@dataclass(frozen=True)
class CorridorAddresses:
    """
    Where a camera's maps and memory are on the device, in bytes.

    `labels`, `confidence` and `before`, the labels of the frame before, are uint8 [height, width];
    `before` is 0 where there is none. `tables` holds a copy of CorridorPlan.tables.data; `upright`
    has room for uint32 [samples], and `tally` for int32 [TALLY], which are 0 at first.
    """

    labels: int
    confidence: int
    before: int
    tables: int
    upright: int
    tally: int


@dataclass(frozen=True, eq=False)
class CorridorPlan:
    """How frames are counted in one corridor; made by plan_corridor()."""

    width: int
    height: int
    rows: int
    columns: int
    set_count: int
    obstacle_rows: int
    tables: Tables

    @property
    def samples(self) -> int:
        """Samples of the corridor, near rows first."""
        return self.rows * self.columns

    def launches(self, at: CorridorAddresses, near_rows: int) -> tuple[Launch, ...]:
        """
        Return the launches for a frame, to run in this order.

        :param near_rows: rows that are near, 1 to `rows`.
        :raises ValueError: for another number of near rows.
        """
        if not 1 <= near_rows <= self.rows:
            raise ValueError(f'near_rows: {near_rows}, the corridor has rows 1 to {self.rows}')
        places, runs, sets = self.tables.addresses(at.tables)
        return (
            CORRIDOR_SAMPLES.over(self.samples, arguments=(
                at.labels, at.confidence, at.before, self.width, self.height, sets,
                self.obstacle_rows, places, self.samples, near_rows * self.columns,
                at.upright, at.tally)),
            CORRIDOR_NEAREST.over(self.rows, self.set_count, arguments=(
                at.upright, self.rows, self.columns, runs, self.set_count, at.tally)),
            COUNT_PATH.over(self.width * self.height, arguments=(
                at.labels, self.width * self.height, sets, at.tally)))

    def read(self, tally: NDArray[np.int32]) -> Tally:
        """Read what the launches have left in int32 [TALLY]; shares no memory with it."""
        nearest = (int(left) for left in tally[_NEAREST:_NEAREST + self.set_count])
        return Tally(
            int(tally[_PATH]), int(tally[_BLOCKED]), int(tally[_CHANGED]),
            tally[_CONFIDENCE:_NEAREST].astype(np.int64),
            tuple(self.rows - left if left else None for left in nearest))


def plan_corridor(rows: NDArray[np.integer[Any]], cols: NDArray[np.integer[Any]],
                  sets: NDArray[np.bool_], runs: NDArray[np.integer[Any]],
                  width: int, height: int, obstacle_rows: int) -> CorridorPlan:
    """
    Make the tables of a corridor.

    :param rows: [R, C], pixel row of each sample; row 0 of the corridor is the nearest.
    :param cols: [R, C], pixel column of each sample.
    :param sets: bool [S, 256], the labels of each set; set 0 blocks the way.
    :param runs: [S, R], samples side by side that show the set in a row; more than C count as C.
    :param obstacle_rows: rows of pixels that an obstacle is high, at least 1.
    :raises ValueError: names what does not fit.
    """
    if not 1 <= len(sets) <= MAX_SETS or sets.shape[1:] != (256,):
        raise ValueError(f'sets: {list(sets.shape)}, must be [1 to {MAX_SETS}, 256]')
    if rows.ndim != 2 or rows.shape != cols.shape or rows.size == 0:
        raise ValueError(f'rows: {list(rows.shape)}, cols: {list(cols.shape)}; must be [R, C] '
                         'both, and not empty')
    if runs.shape != (len(sets), len(rows)) or runs.min() < 1:
        raise ValueError(f'runs: {list(runs.shape)}, the least {runs.min(initial=1)}; must be '
                         f'{[len(sets), len(rows)]}, and at least 1')
    if rows.min() < 0 or rows.max() >= height or cols.min() < 0 or cols.max() >= width:
        raise ValueError(f'rows {rows.min()} to {rows.max()}, cols {cols.min()} to {cols.max()}: '
                         f'not in a map of {width}x{height}')
    if obstacle_rows < 1:
        raise ValueError(f'obstacle_rows: {obstacle_rows}, must be at least 1')
    bits = np.left_shift(np.uint32(1), np.arange(len(sets), dtype=np.uint32))
    members = np.where(sets, bits[:, None], np.uint32(0)).sum(axis=0, dtype=np.uint32)
    tables = Tables((rows * width + cols).astype(np.int32),
                    np.minimum(runs, rows.shape[1]).astype(np.int32), members)
    return CorridorPlan(
        width, height, rows.shape[0], rows.shape[1], len(sets), obstacle_rows, tables)
