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

"""The corridor the vehicle is about to drive through, and what the network sees in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.bounds import bounded, check_bounds

SHARE = 'of the corridor'
_MIN_COLUMNS = 64


@dataclass(frozen=True)
class Trapezoid:
    """
    A corridor chosen in the picture; all values are fractions of its width or height.

    :raises ValueError: names the field, its value and what would fit.
    """

    center: float = bounded(0.5, 0.0, 1.0, 'middle of the corridor, fraction of the width')
    near_width: float = bounded(0.5, 0.01, 1.0, 'width at the near row, fraction of the width')
    far_width: float = bounded(0.12, 0.01, 1.0, 'width at the far row, fraction of the width')
    near_row: float = bounded(0.98, 0.0, 1.0, 'near row, fraction of the height from the top')
    far_row: float = bounded(0.62, 0.0, 1.0, 'far row, fraction of the height from the top')

    def __post_init__(self) -> None:
        check_bounds(self)
        if not self.far_row < self.near_row:
            raise ValueError(
                f'far_row: {self.far_row:g} must be less than near_row, {self.near_row:g} '
                '(rows count from the top)')
        room = 2 * min(self.center, 1 - self.center)
        for name in ('near_width', 'far_width'):
            width = getattr(self, name)
            if width > room + 1e-9:
                raise ValueError(
                    f'{name}: {width:g} leaves the picture, at center {self.center:g} it can be '
                    f'{room:g} at most')


@dataclass(frozen=True)
class CorridorMeasure:
    """
    What one frame shows in the corridor.

    `clear_distance` is the distance to the nearest blocked row in `unit`, 0 where that is the
    first row, the length of the corridor where nothing is `blocked`. `coverage` is the share of
    samples that are drivable. `confidence` is the mean and `confidence_low` the 5 % quantile of
    the network's confidence, 0 to 1.
    """

    clear_distance: float
    coverage: float
    confidence: float
    confidence_low: float
    blocked: bool
    unit: str = SHARE


@dataclass(frozen=True, eq=False)
class Corridor:
    """
    A grid of sample points on a label map, whatever geometry it was made from.

    `rows` and `cols`, int32 [R, C], index a map of `width` x `height`; row 0 is the nearest, and
    every row spans the corridor's whole width from left to right. `distance`, float32 [R], is the
    distance of each row in `unit`, increasing; `length` is where the corridor ends. For drawing,
    `edges`, float32 [K, 2 sides, 2 (x, y)], holds left and right edge in fractions of the picture
    at the distances `edge_distance`, float32 [K], increasing.
    """

    rows: NDArray[np.int32]
    cols: NDArray[np.int32]
    distance: NDArray[np.float32]
    length: float
    unit: str
    width: int
    height: int
    edges: NDArray[np.float32]
    edge_distance: NDArray[np.float32]

    @classmethod
    def from_trapezoid(cls, trapezoid: Trapezoid, width: int, height: int) -> Corridor:
        """
        Lay a grid over a trapezoid: one row for each row of pixels, no pixel column left out.

        Distances are shares of the corridor's length in the picture, not on the ground.

        :raises ValueError: when the map has fewer than two rows inside the trapezoid.
        """
        first = math.ceil(trapezoid.far_row * height - 0.5)
        last = min(math.ceil(trapezoid.near_row * height - 0.5), height)
        if last - first < 2 or width < 1:
            raise ValueError(
                f'far_row: the corridor from row {trapezoid.far_row:g} to '
                f'{trapezoid.near_row:g} has {max(last - first, 0)} rows on a map of '
                f'{width}x{height}; at least 2 are needed, lower far_row')
        pixel_rows = np.arange(last - 1, first - 1, -1)
        along = (trapezoid.near_row - (pixel_rows + 0.5) / height) / (
            trapezoid.near_row - trapezoid.far_row)
        widths = trapezoid.near_width + along * (trapezoid.far_width - trapezoid.near_width)
        widest = max(trapezoid.near_width, trapezoid.far_width) * width
        # One more than the widest row has pixels: a spacing of just one could round past one.
        columns = max(math.ceil(widest) + 1, _MIN_COLUMNS)
        across = (np.arange(columns) + 0.5) / columns - 0.5
        x = (trapezoid.center + widths[:, None] * across) * width
        cols = np.clip(np.floor(x), 0, width - 1).astype(np.int32)
        rows = np.repeat(pixel_rows.astype(np.int32)[:, None], columns, axis=1)
        edges = np.array(
            [[[trapezoid.center - span / 2, row], [trapezoid.center + span / 2, row]]
             for span, row in ((trapezoid.near_width, trapezoid.near_row),
                               (trapezoid.far_width, trapezoid.far_row))], np.float32)
        count = len(pixel_rows)
        return cls(rows, cols, (np.arange(count) / count).astype(np.float32), 1.0, SHARE,
                   width, height, edges, np.array([0, 1], np.float32))

    @cached_property
    def _flat(self) -> NDArray[np.intp]:
        """Index of each sample in the flattened map."""
        return self.rows.astype(np.intp) * self.width + self.cols

    def measure(self, drivable: NDArray[np.bool_], confidence: NDArray[np.uint8],
                min_obstacle: float) -> CorridorMeasure:
        """
        Measure what a frame shows in the corridor.

        A row shows an obstacle where samples that are not drivable form a run at least
        `min_obstacle` wide; it is blocked when the row next to it, nearer or farther, shows one
        too. So a thin post blocks and a hole of a single pixel does not.

        :param drivable: bool [height, width]; pixels of unknown class are False.
        :param confidence: uint8 [height, width], 255 = 1.0.
        :param min_obstacle: share of the corridor's width at the row, over 0, 1 at most.
        :raises ValueError: for maps of another shape or type, or min_obstacle out of range.
        """
        self._check_map('drivable', drivable, np.bool_)
        self._check_map('confidence', confidence, np.uint8)
        if not 0 < min_obstacle <= 1:
            raise ValueError(f'min_obstacle: {min_obstacle} must be over 0 and at most 1')
        free = drivable.reshape(-1).take(self._flat)
        shows = _has_run(~free, max(1, math.floor(min_obstacle * free.shape[1])))
        pairs = shows[:-1] & shows[1:]
        blocked = bool(pairs.any())
        nearest = int(pairs.argmax())
        clear = self.length
        if blocked:
            clear = float(self.distance[nearest]) if nearest else 0.0
        histogram = np.bincount(
            confidence.reshape(-1).take(self._flat).reshape(-1), minlength=256)
        mean = float(histogram @ np.arange(256)) / free.size / 255
        low = int(np.searchsorted(np.cumsum(histogram), 0.05 * free.size)) / 255
        return CorridorMeasure(clear, float(np.count_nonzero(free)) / free.size, mean, low,
                               blocked, self.unit)

    def polygon(self, width: int, height: int) -> NDArray[np.float32]:
        """
        Give the outline in pixels of a picture: float32 [2 K, 2] (x, y), [4, 2] for a trapezoid.

        From near left along the left edge and back along the right one to near right.
        """
        outline = np.concatenate([self.edges[:, 0], self.edges[::-1, 1]])
        return _to_pixels(outline, width, height)

    def row_line(self, distance: float, width: int, height: int) -> NDArray[np.float32]:
        """
        Give the line across the corridor at a distance, in pixels of a picture.

        :param distance: in `unit`; beyond the corridor's ends it is taken to the nearest end.
        :returns: float32 [2, 2]: left and right end point (x, y).
        """
        ends = np.array([[np.interp(distance, self.edge_distance, self.edges[:, side, axis])
                          for axis in (0, 1)] for side in (0, 1)])
        return _to_pixels(ends, width, height)

    def _check_map(self, name: str, values: NDArray[np.generic], dtype: type) -> None:
        if values.shape != (self.height, self.width) or values.dtype != dtype:
            raise ValueError(
                f'{name}: {values.dtype} {list(values.shape)} does not fit the corridor, which '
                f'was laid for {np.dtype(dtype)} [{self.height}, {self.width}]')


def _has_run(flags: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    """Tell for each row [R, C] whether it holds a run of True at least `length` long."""
    counts = np.zeros((flags.shape[0], flags.shape[1] + 1), np.int32)
    np.cumsum(flags, axis=1, dtype=np.int32, out=counts[:, 1:])
    runs: NDArray[np.bool_] = (counts[:, length:] - counts[:, :-length] == length).any(axis=1)
    return runs


def _to_pixels(points: NDArray[np.floating], width: int, height: int) -> NDArray[np.float32]:
    """Turn fractions [K, 2] into pixels, where whole numbers are centres of pixels."""
    size = np.array([width, height])
    pixels: NDArray[np.float32] = np.clip(points * size - 0.5, 0, size - 1).astype(np.float32)
    return pixels
