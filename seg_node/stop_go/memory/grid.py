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

"""A grid of the ground around the vehicle that lies still while the vehicle moves over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.memory.ray_fan import RayFan

RESOLUTION = 0.1
"""Side of a cell, metres."""
HALF = RESOLUTION / math.sqrt(2)
"""From the middle of a cell to its corner, metres."""
SIGHTINGS = 2
"""Frames that must show something in a cell or near it: a single one may be wrong."""
_MOST, _FADES = 32, 4
"""Sightings that count, at most, and what one frame that shows the cell to be free leaves of them:
a network that is wrong for two frames does not make forget what it saw for longer."""
_CERTAIN = 3
"""Frames in a row that must show a cell to be free: a network may be wrong for two."""
_VAGUE = 0.2
"""Metres by which a cell may lie elsewhere for it to be told what is in it."""
FREE, OCCUPIED, UNKNOWN = 0, 100, -1
"""As in nav_msgs/OccupancyGrid."""

_AROUND = np.ones((5, 5), np.uint8)
"""Cells around one that must have been free too: the border of what is not may flicker."""

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Grid:
    """
    What was seen of each cell last, and when; arrays [side, side], rows along y, columns along x.

    `column` and `row`: of the first cell, counted from the origin of odometry's frame. `seen`:
    the memory's clock when the cell was last seen to be what it is held to be, seconds, -inf for
    never; `sightings`: frames that showed something there since it was seen to be free; `driven`:
    the memory's count of metres of doubt at `seen`. Nothing changes an array once it is part of a
    grid.
    `guessed`: it may as well stand nearby; `freed`: the clock when it was last certain to be free;
    `in_row`: frames in a row that have shown it to be free, as far as they count.
    `followed`: since then something was seen within a step of it; who stood there went on in view.
    `reach`: metres to each side of the middle.
    """

    reach: float
    column: int
    row: int
    seen: Numbers
    sightings: NDArray[np.uint8]
    driven: NDArray[np.float32]
    guessed: Flags
    freed: Numbers
    in_row: NDArray[np.uint8]
    followed: Flags

    @classmethod
    def around(cls, x: float, y: float, reach: float) -> Grid:
        """Return a grid of which nothing is known, `reach` metres to each side of a point."""
        side = 2 * math.ceil(reach / RESOLUTION)
        return cls(reach, _first(x, side), _first(y, side), np.full((side, side), -np.inf),
                   np.zeros((side, side), np.uint8), np.zeros((side, side), np.float32),
                   np.zeros((side, side), np.bool_), np.full((side, side), -np.inf),
                   np.zeros((side, side), np.uint8), np.zeros((side, side), np.bool_))

    @property
    def side(self) -> int:
        """Cells along each side."""
        return len(self.seen)

    @property
    def corner(self) -> tuple[float, float]:
        """The corner of the first cell, metres in odometry's frame."""
        return self.column * RESOLUTION, self.row * RESOLUTION

    def rolled(self, x: float, y: float) -> Grid:
        """Return the grid around another point; what leaves it is forgotten."""
        column, row = _first(x, self.side), _first(y, self.side)
        if (column, row) == (self.column, self.row):
            return self
        # From here; `there` is where it lies in the new arrays.
        here, there = zip(*(_overlap(new - old, self.side) for new, old in (
            (row, self.row), (column, self.column))), strict=True)
        fresh = Grid.around(x, y, self.reach)
        for new, old in zip(fresh._arrays, self._arrays, strict=True):
            new[there] = old[here]
        return fresh

    def cleared(self, fan: RayFan, since: float, clock: float, driven: float) -> Grid:
        """
        Return the grid after a frame that shows some cells to be free, each as a whole.

        :param since: the memory's clock from which on what was seen counts.
        """
        # All that is within a circle around the cell.
        at, clear = fan.shown((np.arange(self.side) + self.column + 0.5) * RESOLUTION,
                              (np.arange(self.side) + self.row + 0.5) * RESOLUTION, HALF)
        seen, sightings, was, guessed, freed, in_row, followed = (
            array.take(at) for array in self._arrays)
        in_row = np.where(clear, np.minimum(in_row + 1, _CERTAIN), 0)
        before = np.where(seen >= since, sightings, np.uint8(0))
        left = before // _FADES
        empty = clear & (left < SIGHTINGS)
        certain = empty & (in_row == _CERTAIN)
        changed = certain | (empty & (before > 0))
        return self._noted(
            at, np.where(changed, clock, seen), np.where(clear, left, sightings),
            np.where(changed, driven, was), guessed, np.where(certain, clock, freed), in_row,
            followed)

    def held(self, points: Numbers, seen: float, since: float, driven: float) -> Grid:
        """
        Return the grid with something that may stand at all of these points.

        :param points: float64 [N, 2], metres.
        :param seen: the memory's clock when it was last seen, elsewhere.
        :param since: as above.
        """
        cells = np.flatnonzero(self._cells(points) & ~self.occupied(since))
        return self._noted(cells, seen, SIGHTINGS, driven, True, self.freed.take(cells), 0, False)

    def marked(self, feet: Numbers, guesses: Numbers, walked: float, since: float, clock: float,
               driven: float) -> Grid:
        """
        Return the grid with what one frame shows, as far as it lies in it.

        :param feet: where something stands, float64 [N, 2], metres.
        :param guesses: where something may stand, there or nearby, likewise.
        :param walked: how far something may have moved since the frame before, metres.
        :param since: the memory's clock from which on what was seen counts.
        """
        sure, maybe = self._cells(feet), self._cells(guesses)
        marks = sure | maybe
        at = np.flatnonzero(marks)
        if not len(at):
            return self
        before = np.where(self.seen >= since, self.sightings, 0).astype(np.uint8)
        cells = 2 * math.ceil(walked / RESOLUTION) + 1
        step = np.ones((cells, cells), np.uint8)
        again = np.minimum(cv2.dilate(before, step).take(at), _MOST - 1) + 1
        near = np.asarray(cv2.dilate(marks.view(np.uint8), step)).view(np.bool_)
        return replace(self, followed=self.followed | near)._noted(
            at, clock, again, driven, ~sure.take(at), self.freed.take(at), 0, False)

    def was_free(self, points: Numbers, since: float) -> Flags:
        """Tell at which points [N, 2] all around was seen to be free, at `since` or later."""
        free = (self.freed >= since).view(np.uint8)
        deep = np.asarray(cv2.erode(free, _AROUND, borderValue=0)).view(np.bool_)
        rows, columns = self.places(points)
        inside = self.holds(rows, columns)
        found = np.zeros(len(points), np.bool_)
        found[inside] = deep[rows[inside], columns[inside]]
        return found

    def carried(self, cells: Flags, points: Numbers, empty: Grid) -> Grid:
        """
        Return an empty grid with these cells in it, at other places.

        :param points: where their middles [N, 2] lie now, in the order of middles(), metres.
        """
        order = np.argsort(self.seen[cells])      # of two in one cell the newer stays
        rows, columns = empty.places(points[order])
        inside = empty.holds(rows, columns)
        for new, old in zip(empty._arrays, self._arrays, strict=True):
            new[rows[inside], columns[inside]] = old[cells][order][inside]
        return empty

    def places(self, points: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of points [N, 2], metres; they may lie outside of it."""
        columns, rows = (np.floor(points / RESOLUTION).astype(np.int64)
                         - (self.column, self.row)).T
        return rows, columns

    def holds(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Flags:
        """Tell which rows and columns are in it."""
        side = self.side
        return np.asarray((columns >= 0) & (columns < side) & (rows >= 0) & (rows < side))

    def occupied(self, since: float) -> Flags:
        """Return which cells held something when last seen, at the clock `since` or later."""
        return np.asarray((self.sightings >= SIGHTINGS) & (self.seen >= since), np.bool_)

    def middles(self, cells: Flags) -> Numbers:
        """Return the middles [N, 2] of cells, metres in odometry's frame."""
        rows, columns = np.nonzero(cells)
        cells_at = np.stack([columns + self.column, rows + self.row], -1).astype(np.float64)
        return np.asarray((cells_at + 0.5) * RESOLUTION, np.float64)

    def states(self, since: float, driven: float) -> NDArray[np.int8]:
        """
        Return FREE, OCCUPIED or UNKNOWN for each cell.

        :param since: the memory's clock; what was seen before is unknown.
        :param driven: metres of doubt by now; what has become vague is unknown.
        """
        known = (self.seen >= since) & (driven - self.driven <= _VAGUE)
        states = np.full(self.seen.shape, UNKNOWN, np.int8)
        np.copyto(states, FREE, where=known & (self.sightings == 0) & (self.freed == self.seen))
        np.copyto(states, OCCUPIED, where=known & (self.sightings >= SIGHTINGS) & ~self.guessed)
        return states

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return (self.seen, self.sightings, self.driven, self.guessed, self.freed, self.in_row,
                self.followed)

    def _cells(self, points: Numbers) -> Flags:
        """Return which cells hold any of the points."""
        rows, columns = self.places(points)
        inside = self.holds(rows, columns)
        cells = np.zeros(self.seen.shape, np.bool_)
        cells[rows[inside], columns[inside]] = True
        return cells

    def _noted(self, cells: NDArray[np.intp], *values: NDArray[Any] | float) -> Grid:
        """Return the grid with these values of its arrays in some cells, counted row by row."""
        arrays = [array.copy() for array in self._arrays]
        for array, value in zip(arrays, values, strict=True):
            array.ravel()[cells] = value
        return Grid(self.reach, self.column, self.row, *arrays)


def _first(centre: float, side: int) -> int:
    return math.floor(centre / RESOLUTION) - side // 2


def _overlap(moved: int, side: int) -> tuple[slice, slice]:
    """Return which cells of a row stay, and where they lie after a move by so many cells."""
    moved = max(-side, min(side, moved))
    return slice(max(moved, 0), side + min(moved, 0)), slice(max(-moved, 0), side - max(moved, 0))
