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

"""The corridor chosen in the image."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.stop_go import build_image_corridor, Corridor, Trapezoid

WIDTH, HEIGHT = 512, 288


@pytest.fixture(scope='module')
def corridor() -> Corridor:
    return build_image_corridor(Trapezoid(), WIDTH, HEIGHT)


@st.composite
def trapezoids(draw):
    center = draw(st.floats(0.1, 0.9))
    room = 2 * min(center, 1 - center)
    far_row = draw(st.floats(0, 0.8))
    return Trapezoid(
        center, draw(st.floats(0.01, room)), draw(st.floats(0.01, room)),
        draw(st.floats(far_row + 0.15, 1)), far_row, min_obstacle=draw(st.floats(0.001, 1)))


@given(trapezoids(), st.integers(8, 600), st.integers(20, 400))
def test_grid_covers_every_pixel_of_the_trapezoid_once_laid(trapezoid, width, height):
    grid = build_image_corridor(trapezoid, width, height)
    assert grid.rows.dtype == grid.cols.dtype == np.int32
    assert grid.rows.shape == grid.cols.shape
    assert grid.rows.shape[1] >= 64
    assert grid.cols.min() >= 0 and grid.cols.max() < width
    assert grid.rows.min() >= 0 and grid.rows.max() < height
    assert (np.diff(grid.rows[:, 0]) == -1).all(), 'every pixel row, near to far'
    assert np.isin(np.diff(grid.cols, axis=1), (0, 1)).all(), 'no pixel column is skipped'
    assert grid.distance[0] == 0 and (np.diff(grid.distance) > 0).all()
    assert grid.distance[-1] < grid.length == 1
    assert (grid.run == grid.run[0]).all() and 1 <= grid.run[0] <= grid.rows.shape[1]
    assert grid.run[0] <= max(1, trapezoid.min_obstacle * grid.rows.shape[1])


def test_grid_spans_the_trapezoid(corridor):
    assert corridor.rows[0, 0] == 281 and corridor.rows[-1, 0] == 179
    # The centre of the nearest row lies a little farther than the near edge, 128 to 384.
    assert (corridor.cols[0, 0], corridor.cols[0, -1]) == (129, 382)
    assert corridor.cols[-1, -1] - corridor.cols[-1, 0] == pytest.approx(0.12 * WIDTH, abs=3)
    assert (corridor.unit, corridor.start, corridor.length) == ('of the corridor', 0, 1)


@pytest.mark.parametrize(('change', 'message'), [
    ({'center': float('nan')}, 'center: nan'),
    ({'near_row': float('inf')}, 'near_row: inf'),
    ({'far_width': 0}, 'far_width: 0 .* from 0.01 to 1'),
    ({'near_width': '0.5'}, "near_width: '0.5' is not a number"),
    ({'min_free_distance': 0.0}, 'min_free_distance: 0.0 .* from 0.01 to 1'),
    ({'min_obstacle': 0.0}, 'min_obstacle: 0.0 .* from 0.001 to 1'),
    ({'far_row': 0.98}, 'far_row: 0.98 must be less than near_row, 0.98'),
    ({'center': 0.2}, 'near_width: 0.5 leaves the image, at center 0.2 it can be 0.4'),
    ({'center': 0.95, 'near_width': 0.1}, 'far_width: 0.12 leaves the image')])
def test_bad_trapezoids_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        Trapezoid(**change)


def test_a_map_too_small_for_the_trapezoid_is_refused():
    with pytest.raises(ValueError, match='at least 2 are needed'):
        build_image_corridor(Trapezoid(), 512, 3)


def test_polygon_and_lines_for_drawing(corridor):
    polygon = corridor.polygon(1000, 500)
    assert polygon.dtype == np.float32
    np.testing.assert_allclose(
        polygon, [[249.5, 489.5], [439.5, 309.5], [559.5, 309.5], [749.5, 489.5]], atol=1e-3)
    np.testing.assert_allclose(corridor.row_line(0, 1000, 500), polygon[[0, 3]])
    np.testing.assert_allclose(corridor.row_line(7, 1000, 500), polygon[[1, 2]])
    np.testing.assert_allclose(
        corridor.row_line(0.5, 1000, 500), [[344.5, 399.5], [654.5, 399.5]], atol=1e-3)


def test_drawing_stays_inside_the_image():
    whole = build_image_corridor(Trapezoid(0.5, 1, 1, 1, 0), WIDTH, HEIGHT)
    polygon = whole.polygon(100, 50)
    assert polygon.min() == 0 and polygon.max() == 99
