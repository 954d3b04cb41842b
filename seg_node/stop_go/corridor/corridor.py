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

"""A corridor as a grid of samples on a label map, and what a frame shows in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar('Value', bound=np.generic)


@dataclass(frozen=True, eq=False)
class Corridor:
    """
    A grid of sample points on a label map, whatever geometry it was made from.

    `rows` and `cols`, int32 [R, C], index a map of `width` x `height`; row 0 is the nearest, and
    every row spans the corridor's whole width from left to right. `distance`, float32 [R], is the
    distance of each row in `unit`, increasing; the first row lies at `start`, and at `length` the
    corridor ends. `run`, int32 [R], is the number of neighbouring samples that the narrowest
    obstacle covers in each row. For drawing, `edges`, float32 [K, 2 sides, 2 (x, y)], holds left
    and right edge in fractions of the image at the distances `edge_distance`, float32 [K],
    increasing.
    """

    rows: NDArray[np.int32]
    cols: NDArray[np.int32]
    distance: NDArray[np.float32]
    run: NDArray[np.int32]
    start: float
    length: float
    unit: str
    width: int
    height: int
    edges: NDArray[np.float32]
    edge_distance: NDArray[np.float32]

    @cached_property
    def _flat(self) -> NDArray[np.intp]:
        """Index of each sample in the flattened map."""
        return self.rows.astype(np.intp) * self.width + self.cols

    def sample(self, name: str, values: NDArray[Value]) -> NDArray[Value]:
        """
        Return the samples [R, C] of a map.

        :param name: of the map, for the error.
        :param values: [height, width].
        :raises ValueError: for a map of another shape.
        """
        if values.shape != (self.height, self.width):
            raise ValueError(
                f'{name}: {list(values.shape)} does not fit the corridor, which was built for '
                f'[{self.height}, {self.width}]')
        return values.reshape(-1).take(self._flat)

    def rows_within(self, distance: float) -> int:
        """Count the rows nearer than a distance; at least one, so that there is one to judge."""
        return max(1, int(np.searchsorted(self.distance, distance, side='left')))

    def nearest(self, flags: NDArray[np.bool_], run: NDArray[np.int32]) -> float | None:
        """
        Return the distance of the nearest obstacle in `unit`: 0 in the first row, None for none.

        See nearest_row().
        """
        index = self.nearest_row(flags, run)
        return None if index is None else self.distance_of(index)

    def distance_of(self, row: int) -> float:
        """Return the distance of what a row shows; 0 in the first: nothing is seen before."""
        return float(self.distance[row]) if row else 0.0

    def nearest_row(self, flags: NDArray[np.bool_], run: NDArray[np.int32]) -> int | None:
        """
        Return the index of the nearest row that shows an obstacle, None for none.

        A row shows an obstacle where as many samples side by side are flagged as its `run`.

        :param flags: bool [R, C], samples that show it.
        :param run: int32 [R], 1 to C each.
        """
        shows = _has_run(flags, np.minimum(run, flags.shape[1]))
        if not shows.any():
            return None
        return int(shows.argmax())

    def polygon(self, width: int, height: int) -> NDArray[np.float32]:
        """
        Return the outline in pixels of an image: float32 [2 K, 2] (x, y), [4, 2] for a trapezoid.

        From near left along the left edge and back along the right one to near right.
        """
        outline = np.concatenate([self.edges[:, 0], self.edges[::-1, 1]])
        return _to_pixels(outline, width, height)

    def row_line(self, distance: float, width: int, height: int) -> NDArray[np.float32]:
        """
        Return the line across the corridor at a distance, in pixels of an image.

        :param distance: in `unit`; beyond the corridor's ends it is taken to the nearest end.
        :returns: float32 [2, 2]: left and right end point (x, y).
        """
        ends = np.array([[np.interp(distance, self.edge_distance, self.edges[:, side, axis])
                          for axis in (0, 1)] for side in (0, 1)])
        return _to_pixels(ends, width, height)


def _to_pixels(points: NDArray[np.floating], width: int, height: int) -> NDArray[np.float32]:
    """Turn fractions [K, 2] into pixels, where whole numbers are centres of pixels."""
    size = np.array([width, height])
    pixels: NDArray[np.float32] = np.clip(points * size - 0.5, 0, size - 1).astype(np.float32)
    return pixels


def _has_run(flags: NDArray[np.bool_], run: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell for each row [R, C] whether it holds a run of True as long as its `run`."""
    counts = np.zeros((flags.shape[0], flags.shape[1] + 1), np.int32)
    np.cumsum(flags, axis=1, dtype=np.int32, out=counts[:, 1:])
    found = np.zeros(flags.shape[0], np.bool_)
    for length in np.unique(run).tolist():
        rows = run == length
        part = counts[rows]
        found[rows] = (part[:, length:] - part[:, :-length] == length).any(axis=1)
    return found
