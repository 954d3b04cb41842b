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

"""Tests of seg_node.stop_go.corridor."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.stop_go import Corridor, Trapezoid

WIDTH, HEIGHT = 512, 288
SURE = np.full((HEIGHT, WIDTH), 255, np.uint8)


@pytest.fixture(scope='module')
def corridor() -> Corridor:
    return Corridor.from_trapezoid(Trapezoid(), WIDTH, HEIGHT)


def free() -> np.ndarray:
    return np.ones((HEIGHT, WIDTH), bool)


@st.composite
def trapezoids(draw):
    center = draw(st.floats(0.1, 0.9))
    room = 2 * min(center, 1 - center)
    far_row = draw(st.floats(0, 0.8))
    return Trapezoid(
        center, draw(st.floats(0.01, room)), draw(st.floats(0.01, room)),
        draw(st.floats(far_row + 0.15, 1)), far_row)


@given(trapezoids(), st.integers(8, 600), st.integers(20, 400))
def test_grid_covers_every_pixel_of_the_trapezoid_once_laid(trapezoid, width, height):
    grid = Corridor.from_trapezoid(trapezoid, width, height)
    assert grid.rows.dtype == grid.cols.dtype == np.int32
    assert grid.rows.shape == grid.cols.shape
    assert grid.rows.shape[1] >= 64
    assert grid.cols.min() >= 0 and grid.cols.max() < width
    assert grid.rows.min() >= 0 and grid.rows.max() < height
    assert (np.diff(grid.rows[:, 0]) == -1).all(), 'every pixel row, near to far'
    assert np.isin(np.diff(grid.cols, axis=1), (0, 1)).all(), 'no pixel column is skipped'
    assert grid.distance[0] == 0 and (np.diff(grid.distance) > 0).all()
    assert grid.distance[-1] < grid.length == 1


def test_grid_spans_the_trapezoid(corridor):
    assert corridor.rows[0, 0] == 281 and corridor.rows[-1, 0] == 179
    # The centre of the nearest row lies a little farther than the near edge, 128 to 384.
    assert (corridor.cols[0, 0], corridor.cols[0, -1]) == (129, 382)
    assert corridor.cols[-1, -1] - corridor.cols[-1, 0] == pytest.approx(0.12 * WIDTH, abs=3)


def test_free_path(corridor):
    measure = corridor.measure(free(), SURE, 0.06)
    assert (measure.clear_distance, measure.coverage, measure.blocked) == (1, 1, False)
    assert (measure.confidence, measure.confidence_low) == (1, 1)
    assert measure.unit == 'of the corridor'


def test_no_path(corridor):
    measure = corridor.measure(~free(), SURE, 0.06)
    assert (measure.clear_distance, measure.coverage, measure.blocked) == (0, 0, True)


@pytest.mark.parametrize('side', ['left', 'middle', 'right'])
def test_thin_post_blocks_where_its_foot_is(corridor, side):
    drivable = free()
    row = 50
    columns = corridor.cols[row]
    across = columns[-1] - columns[0] + 1
    wide = int(np.ceil(0.07 * across))
    left = {'left': columns[0], 'middle': WIDTH // 2, 'right': columns[-1] + 1 - wide}[side]
    drivable[:corridor.rows[row, 0] + 1, left:left + wide] = False
    measure = corridor.measure(drivable, SURE, 0.06)
    assert measure.blocked
    assert measure.clear_distance == pytest.approx(corridor.distance[row])
    assert measure.coverage > 0.9, 'mean coverage alone would not have seen it'


def test_nearest_of_several_obstacles_counts(corridor):
    drivable = free()
    for row in (90, 30, 60):
        drivable[corridor.rows[row, 0] - 3:corridor.rows[row, 0] + 1] = False
    assert corridor.measure(drivable, SURE, 0.06).clear_distance == corridor.distance[30]


def test_obstacle_outside_the_corridor_does_not_block(corridor):
    drivable = np.zeros((HEIGHT, WIDTH), bool)
    drivable[corridor.rows, corridor.cols] = True
    assert not corridor.measure(drivable, SURE, 0.06).blocked


def test_a_single_pixel_never_blocks():
    narrow = Corridor.from_trapezoid(Trapezoid(near_width=0.05, far_width=0.01), 128, 72)
    sure = np.full((72, 128), 255, np.uint8)
    for row, col in {*zip(narrow.rows.flat, narrow.cols.flat, strict=True)}:
        drivable = np.ones((72, 128), bool)
        drivable[row, col] = False
        assert not narrow.measure(drivable, sure, 0.06).blocked


@pytest.mark.parametrize(('lines', 'blocked'), [(1, False), (2, True)])
def test_a_row_needs_its_neighbour_to_confirm(corridor, lines, blocked):
    for row in (0, 40, len(corridor.distance) - lines):
        drivable = free()
        bottom = corridor.rows[row, 0]
        drivable[bottom + 1 - lines:bottom + 1] = False
        measure = corridor.measure(drivable, SURE, 0.06)
        assert measure.blocked == blocked
        assert measure.clear_distance == (corridor.distance[row] if blocked else 1)


@pytest.mark.parametrize(('missing', 'blocked'), [(0, True), (1, False)])
def test_min_obstacle_is_the_narrowest_that_blocks(corridor, missing, blocked):
    # Two rows with one sample a pixel, 256 across, so that 0.25 are exactly 64.
    drivable = free()
    drivable[-40:, 200:200 + 64 - missing] = False
    nearest = replace(corridor, rows=corridor.rows[:2, :256], distance=corridor.distance[:2],
                      cols=np.tile(np.arange(128, 384), (2, 1)))
    assert nearest.measure(drivable, SURE, 0.25).blocked == blocked


@given(st.lists(st.tuples(st.integers(8, 23), st.integers(1, 3), st.integers(0, 39),
                          st.integers(1, 24)), max_size=6),
       st.floats(0.01, 1))
@settings(max_examples=300)
def test_measure_agrees_with_a_plain_search(obstacles, min_obstacle):
    drivable = np.ones((24, 40), bool)
    for top, high, left, wide in obstacles:
        drivable[top:top + high, left:left + wide] = False
    grid = Corridor.from_trapezoid(Trapezoid(far_width=0.3), 40, 24)
    measure = grid.measure(drivable, np.zeros((24, 40), np.uint8), min_obstacle)
    samples = [[bool(drivable[row, col]) for row, col in zip(rows, cols, strict=True)]
               for rows, cols in zip(grid.rows, grid.cols, strict=True)]
    runs = [max((len(list(same)) for value, same in groupby(line) if not value), default=0)
            for line in samples]
    wide = [run >= max(1, int(min_obstacle * len(samples[0]))) for run in runs]
    first = next((at for at in range(len(wide) - 1) if wide[at] and wide[at + 1]), None)
    assert measure.blocked == (first is not None)
    assert measure.clear_distance == (1 if first is None else grid.distance[first])
    assert measure.coverage == pytest.approx(np.mean(samples))


def test_confidence_is_taken_inside_the_corridor_only(corridor):
    confidence = np.full((HEIGHT, WIDTH), 10, np.uint8)
    confidence[corridor.rows, corridor.cols] = 204
    measure = corridor.measure(free(), confidence, 0.06)
    assert measure.confidence == pytest.approx(0.8)
    assert measure.confidence_low == pytest.approx(0.8)


def test_confidence_low_is_the_five_percent_quantile(corridor):
    confidence = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    measure = corridor.measure(free(), confidence, 0.06)
    samples = confidence[corridor.rows, corridor.cols] / 255
    assert measure.confidence == pytest.approx(samples.mean())
    assert measure.confidence_low == pytest.approx(np.quantile(samples, 0.05), abs=1 / 255)


def test_measure_knows_nothing_of_the_unit(corridor):
    metres = replace(corridor, distance=corridor.distance * 8 + 2, length=10.0, unit='m')
    assert metres.measure(free(), SURE, 0.06).clear_distance == 10
    assert metres.measure(~free(), SURE, 0.06).clear_distance == 0, 'nothing seen before it'
    drivable = free()
    drivable[:corridor.rows[50, 0] + 1] = False
    measure = metres.measure(drivable, SURE, 0.06)
    assert measure.clear_distance == metres.distance[50]
    assert measure.unit == 'm'


def test_maps_may_be_strided(corridor):
    wide = np.random.default_rng(5).random((HEIGHT, WIDTH * 2)) > 0.2
    drivable = wide[:, ::2]
    assert corridor.measure(drivable, SURE, 0.06) == corridor.measure(
        drivable.copy(), SURE, 0.06)


@pytest.mark.parametrize(('drivable', 'confidence', 'name'), [
    (np.ones((HEIGHT, WIDTH + 1), bool), SURE, 'drivable'),
    (np.ones((WIDTH, HEIGHT), bool), SURE, 'drivable'),
    (np.ones((HEIGHT, WIDTH), np.uint8), SURE, 'drivable'),
    (free(), SURE[:-1], 'confidence'),
    (free(), SURE.astype(np.float32), 'confidence')])
def test_maps_that_do_not_fit_are_refused(corridor, drivable, confidence, name):
    with pytest.raises(ValueError, match=rf'^{name}: .*\[288, 512\]'):
        corridor.measure(drivable, confidence, 0.06)


@pytest.mark.parametrize('value', [0, -0.1, 1.1, float('nan')])
def test_min_obstacle_out_of_range_is_refused(corridor, value):
    with pytest.raises(ValueError, match='min_obstacle'):
        corridor.measure(free(), SURE, value)


@pytest.mark.parametrize(('change', 'message'), [
    ({'center': float('nan')}, 'center: nan'),
    ({'near_row': float('inf')}, 'near_row: inf'),
    ({'far_width': 0}, 'far_width: 0 .* from 0.01 to 1'),
    ({'near_width': '0.5'}, "near_width: '0.5' is not a number"),
    ({'far_row': 0.98}, 'far_row: 0.98 must be less than near_row, 0.98'),
    ({'center': 0.2}, 'near_width: 0.5 leaves the picture, at center 0.2 it can be 0.4'),
    ({'center': 0.95, 'near_width': 0.1}, 'far_width: 0.12 leaves the picture')])
def test_bad_trapezoids_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        Trapezoid(**change)


def test_a_map_too_small_for_the_trapezoid_is_refused():
    with pytest.raises(ValueError, match='at least 2 are needed'):
        Corridor.from_trapezoid(Trapezoid(), 512, 3)


def test_polygon_and_lines_for_drawing(corridor):
    polygon = corridor.polygon(1000, 500)
    assert polygon.dtype == np.float32
    np.testing.assert_allclose(
        polygon, [[249.5, 489.5], [439.5, 309.5], [559.5, 309.5], [749.5, 489.5]], atol=1e-3)
    np.testing.assert_allclose(corridor.row_line(0, 1000, 500), polygon[[0, 3]])
    np.testing.assert_allclose(corridor.row_line(7, 1000, 500), polygon[[1, 2]])
    np.testing.assert_allclose(
        corridor.row_line(0.5, 1000, 500), [[344.5, 399.5], [654.5, 399.5]], atol=1e-3)


def test_drawing_stays_inside_the_picture():
    whole = Corridor.from_trapezoid(Trapezoid(0.5, 1, 1, 1, 0), WIDTH, HEIGHT)
    polygon = whole.polygon(100, 50)
    assert polygon.min() == 0 and polygon.max() == 99
