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

"""The grid of a corridor: what blocks it, and where."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.stop_go import Corridor

ROWS, COLUMNS = 12, 10


def make_corridor(run=3, rows=ROWS, columns=COLUMNS):
    """Return a corridor that takes each pixel of its map once, from the bottom up."""
    up, across = np.mgrid[rows - 1:-1:-1, :columns].astype(np.int32)
    return Corridor(
        up, across, (1 + np.arange(rows) / 2).astype(np.float32), np.full(rows, run, np.int32),
        1.0, 1 + rows / 2, 'm', columns, rows,
        np.array([[[0, 1], [1, 1]], [[0, 0], [1, 0]]], np.float32), np.array([1, 7], np.float32))


CORRIDOR = make_corridor()


def nearest(flags, run=3):
    corridor = make_corridor(run, *flags.shape)
    return corridor.nearest(flags, corridor.run)


def flags(*places, high=2, wide=3):
    """Flag blocks of samples, given their first row and first column."""
    grid = np.zeros((ROWS, COLUMNS), bool)
    for row, column in places:
        grid[row:row + high, column:column + wide] = True
    return grid


def test_nothing_flagged_is_no_obstacle():
    assert nearest(flags()) is None


def test_the_first_row_is_no_distance_at_all():
    assert nearest(flags((0, 4))) == 0.0, 'nothing was seen before it'
    assert nearest(np.ones((ROWS, COLUMNS), bool)) == 0.0


@pytest.mark.parametrize('column', [0, 4, COLUMNS - 3])
@pytest.mark.parametrize('row', [1, 5, ROWS - 2])
def test_an_obstacle_counts_where_it_begins(row, column):
    assert nearest(flags((row, column))) == CORRIDOR.distance[row]


@pytest.mark.parametrize(('size', 'found'), [
    ((1, 3), True), ((2, 3), True), ((1, COLUMNS), True), ((1, 2), False),
    ((ROWS - 3, 2), False)])
def test_an_obstacle_must_be_wide_enough(size, found):
    """How tall it must be is judged on the image, see test_measure."""
    assert (nearest(flags((3, 4), high=size[0], wide=size[1])) is not None) == found


@pytest.mark.parametrize('run', [COLUMNS, COLUMNS + 1, 10 ** 6])
def test_what_fills_a_whole_row_blocks_whatever_the_run(run):
    assert nearest(flags((3, 0), high=1, wide=COLUMNS), run) == CORRIDOR.distance[3]


def test_the_nearest_of_several_counts():
    assert nearest(flags((9, 1), (3, 6), (6, 2))) == CORRIDOR.distance[3]


def test_samples_apart_do_not_add_up():
    grid = flags()
    grid[3:5, ::2] = True
    assert nearest(grid) is None


def test_a_corridor_of_one_row_blocks():
    assert nearest(np.ones((1, COLUMNS), bool)) == 0.0


@given(st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(1, 4),
                          st.integers(0, COLUMNS - 1), st.integers(1, 6)), max_size=6),
       st.lists(st.integers(1, COLUMNS), min_size=ROWS, max_size=ROWS))
@settings(max_examples=300)
def test_nearest_agrees_with_a_plain_search(obstacles, run):
    grid = np.zeros((ROWS, COLUMNS), bool)
    for row, high, column, wide in obstacles:
        grid[row:row + high, column:column + wide] = True
    longest = [max((len(list(same)) for value, same in groupby(line) if value), default=0)
               for line in grid.tolist()]
    shows = [found >= needed for found, needed in zip(longest, run, strict=True)]
    first = next((at for at in range(ROWS) if shows[at]), None)
    expected = None if first is None else CORRIDOR.distance[first] if first else 0.0
    assert CORRIDOR.nearest(grid, np.array(run, np.int32)) == expected


@pytest.mark.parametrize(('distance', 'count'), [
    (-1.0, 1), (0.0, 1), (1.0, 1), (1.01, 1), (1.5, 1), (1.51, 2), (6.5, 11), (6.6, 12),
    (99.0, 12), (float('inf'), 12), (float('nan'), 12)])
def test_rows_nearer_than_a_distance(distance, count):
    # Rows begin at 1.0, 1.5 and so on to 6.5; the first is judged in any case.
    assert CORRIDOR.rows_within(distance) == count


def test_samples_are_taken_from_their_pixels():
    values = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    np.testing.assert_array_equal(CORRIDOR.sample('values', values), values[::-1])
    np.testing.assert_array_equal(
        CORRIDOR.sample('strided', np.repeat(values, 2, axis=1)[:, ::2]), values[::-1])


@pytest.mark.parametrize('shape', [(ROWS, COLUMNS + 1), (COLUMNS, ROWS), (ROWS, COLUMNS, 1), (0,)])
def test_maps_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r'^labels: .* built for \[12, 10\]'):
        CORRIDOR.sample('labels', np.zeros(shape, np.uint8))
