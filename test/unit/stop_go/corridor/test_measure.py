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

"""What one frame shows in its corridor."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.perception.models.manifest import Action
from seg_node.stop_go import build_image_corridor, CorridorMeter, Trapezoid
from seg_node.stop_go.actions import ClassRule
from seg_node.stop_go.corridor.measure import MeasureLimits

WIDTH, HEIGHT = 256, 144
GROUND, PATH, OBSTACLE, BUMP = range(4)
RULES = (ClassRule('background', Action.STOP), ClassRule('path', Action.GO),
         ClassRule('obstacle', Action.STOP), ClassRule('speed_bump', Action.SLOW))
CORRIDOR = build_image_corridor(Trapezoid(), WIDTH, HEIGHT)
METRES = replace(CORRIDOR, distance=CORRIDOR.distance * 8 + 2, start=2.0, length=10.0, unit='m')
SURE = np.full((HEIGHT, WIDTH), 255, np.uint8)
SIZES = MeasureLimits(rows=2, slow_share=0.4)


def free():
    return np.full((HEIGHT, WIDTH), PATH, np.uint8)


def measure(labels, confidence=SURE, required=1.0, corridor=CORRIDOR, rules=RULES, sizes=SIZES):
    return CorridorMeter(rules).measure(corridor, labels, confidence, required, sizes)


def post(row, share=0.07, side=0.5, label=OBSTACLE):
    """Return labels with a post on the given row of the corridor, up to the top."""
    labels = free()
    columns = CORRIDOR.cols[row]
    wide = int(np.ceil(share * (columns[-1] - columns[0] + 1)))
    left = round(columns[0] + side * (columns[-1] + 1 - wide - columns[0]))
    labels[:CORRIDOR.rows[row, 0] + 1, left:left + wide] = label
    return labels


def test_free_path():
    seen = measure(free())
    assert (seen.free_distance, seen.coverage, seen.blocked) == (1, 1, False)
    assert (seen.confidence, seen.confidence_low, seen.path_share) == (1, 1, 1)
    assert (seen.unit, seen.required, seen.change) == ('of the corridor', 1.0, 0)


@pytest.mark.parametrize('label', [GROUND, OBSTACLE, 4, 200, 255])
def test_no_path_whatever_is_there_instead(label):
    seen = measure(np.full((HEIGHT, WIDTH), label, np.uint8))
    assert (seen.free_distance, seen.coverage, seen.blocked) == (0, 0, True)
    assert seen.path_share == 0


@pytest.mark.parametrize('side', [0.0, 0.5, 1.0])
def test_thin_post_blocks_where_its_foot_is(side):
    seen = measure(post(25, side=side))
    assert seen.blocked and seen.free_distance == CORRIDOR.distance[25]
    assert seen.coverage > 0.9, 'mean coverage alone would not have seen it'


def test_a_single_pixel_never_blocks():
    for row, col in sorted({*zip(CORRIDOR.rows.flat, CORRIDOR.cols.flat, strict=True)})[::5]:
        labels = free()
        labels[row, col] = OBSTACLE
        assert not measure(labels).blocked


@pytest.mark.parametrize(('rows', 'found'), [(1, True), (2, True), (3, True), (4, False)])
def test_rows_of_pixels_that_an_obstacle_must_fill(rows, found):
    labels = free()
    bottom, columns = CORRIDOR.rows[25, 0], CORRIDOR.cols[25]
    labels[bottom - 2:bottom + 1, columns[20]:columns[40]] = OBSTACLE
    seen = measure(labels, sizes=MeasureLimits(rows, 0.4))
    assert seen.blocked == found
    assert seen.free_distance == (CORRIDOR.distance[25] if found else 1.0)


@pytest.mark.parametrize('rows', [1, 2, 5, 10])
@pytest.mark.parametrize('row', [1, 25, len(CORRIDOR.rows) - 1])
def test_a_post_is_upright_wherever_its_foot_is(row, rows):
    """Its rows count up the image: they may lie beyond the corridor's far end."""
    wide = max(0.07, 2 / len(set(CORRIDOR.cols[row])))
    seen = measure(post(row, share=wide), sizes=MeasureLimits(rows, 0.4))
    assert seen.blocked and seen.free_distance == CORRIDOR.distance[row]


@pytest.mark.parametrize('rows', [2, 10])
def test_at_the_top_of_the_image_what_is_seen_of_an_obstacle_suffices(rows):
    labels = np.full((HEIGHT, WIDTH), OBSTACLE, np.uint8)
    high = replace(CORRIDOR, rows=CORRIDOR.rows - CORRIDOR.rows.min())
    assert measure(labels, corridor=high, sizes=MeasureLimits(rows, 0.4)).free_distance == 0
    labels[3:] = PATH
    seen = measure(labels, corridor=high, sizes=MeasureLimits(rows, 0.4))
    assert seen.blocked and 0 < seen.free_distance < 1


def test_a_slanted_post_blocks_by_what_stands_upright_of_it():
    labels = free()
    bottom, left = CORRIDOR.rows[25, 0], CORRIDOR.cols[25, 20]
    for up in range(20):
        labels[bottom - up, left + up // 2:left + up // 2 + 12] = OBSTACLE
    assert measure(labels).free_distance == CORRIDOR.distance[25]


def test_rows_count_for_what_slows_as_well():
    labels = free()
    rows, cols = CORRIDOR.rows[25], CORRIDOR.cols[25]
    labels[rows[0] - 1:rows[0] + 1, cols[0]:cols[-1] + 1] = BUMP
    assert measure(labels, sizes=MeasureLimits(2, 0.4)).sightings
    assert not measure(labels, sizes=MeasureLimits(3, 0.4)).sightings


def test_obstacle_outside_the_corridor_does_not_block():
    labels = np.full((HEIGHT, WIDTH), OBSTACLE, np.uint8)
    labels[CORRIDOR.rows, CORRIDOR.cols] = PATH
    seen = measure(labels)
    assert not seen.blocked and seen.coverage == 1 and 0 < seen.path_share < 0.5


def test_two_kinds_of_obstacle_side_by_side_are_one():
    columns = CORRIDOR.cols[25]
    wide = (columns[-1] - columns[0] + 1) * 0.07
    labels = free()
    bottom, left = CORRIDOR.rows[25, 0] + 1, columns[40]
    labels[:bottom, left:left + int(wide / 2)] = OBSTACLE
    labels[:bottom, left + int(wide / 2):left + int(np.ceil(wide))] = GROUND
    assert measure(labels).free_distance == CORRIDOR.distance[25]


@given(st.lists(st.tuples(st.integers(70, 143), st.integers(1, 9), st.integers(0, 255),
                          st.integers(1, 90), st.sampled_from([0, 2, 3, 9])), max_size=6),
       st.floats(-0.5, 1.5), st.integers(0, 9))
@settings(max_examples=60)
def test_measure_agrees_with_a_plain_count(things, required, seed):
    labels = free()
    for top, high, left, wide, label in things:
        labels[top:top + high, left:left + wide] = label
    certain = np.random.default_rng(seed).integers(0, 256, labels.shape).astype(np.uint8)
    seen = measure(labels, certain, required)
    near = max(1, sum(distance < required for distance in CORRIDOR.distance))
    places = CORRIDOR.rows[:near], CORRIDOR.cols[:near]
    assert seen.coverage == pytest.approx(np.isin(labels[places], (PATH, BUMP)).mean())
    assert seen.path_share == pytest.approx(np.isin(labels, (PATH, BUMP)).mean())
    assert seen.confidence == pytest.approx(certain[places].mean() / 255)
    assert seen.confidence_low == pytest.approx(
        np.quantile(certain[places], 0.05, method='inverted_cdf') / 255)


def test_only_what_is_nearer_than_required_is_judged():
    near = CORRIDOR.rows_within(0.5)
    labels, certain = free(), SURE.copy()
    labels[CORRIDOR.rows[near:], CORRIDOR.cols[near:]] = OBSTACLE
    certain[CORRIDOR.rows[near:], CORRIDOR.cols[near:]] = 0
    seen = measure(labels, certain, 0.5)
    assert (seen.coverage, seen.confidence, seen.confidence_low) == (1, 1, 1)
    assert seen.free_distance == CORRIDOR.distance[near]
    assert measure(labels, certain, 1.0).coverage < 0.8


def test_confidence_is_taken_inside_the_corridor_only():
    certain = np.full((HEIGHT, WIDTH), 10, np.uint8)
    certain[CORRIDOR.rows, CORRIDOR.cols] = 204
    seen = measure(free(), certain)
    assert seen.confidence == pytest.approx(0.8)
    assert seen.confidence_low == pytest.approx(0.8)


def test_distances_are_in_the_unit_of_the_corridor():
    assert measure(free(), corridor=METRES).free_distance == 10
    assert measure(np.zeros_like(SURE), corridor=METRES).free_distance == 0
    seen = measure(post(25), corridor=METRES)
    assert (seen.free_distance, seen.unit) == (METRES.distance[25], 'm')


def test_change_is_told_against_the_frame_before():
    meter = CorridorMeter(RULES)
    half = free()
    half[CORRIDOR.rows[:, :32], CORRIDOR.cols[:, :32]] = OBSTACLE
    shares = [meter.measure(CORRIDOR, labels, SURE, 1.0, SIZES).change
              for labels in (free(), half, half, free())]
    assert shares[0] == shares[2] == 0
    assert shares[1] == shares[3] == pytest.approx(
        (CORRIDOR.sample('half', half) == OBSTACLE).mean())
    meter.measure(CORRIDOR, half, SURE, 1.0, SIZES)
    meter.restart()
    assert meter.measure(CORRIDOR, free(), SURE, 1.0, SIZES).change == 0


def test_change_between_kinds_of_path_is_none():
    meter = CorridorMeter(RULES)
    for label in (PATH, BUMP, PATH):
        assert meter.measure(CORRIDOR, np.full_like(SURE, label), SURE, 1.0, SIZES).change == 0


def test_the_frame_before_is_kept_when_its_buffer_is_used_again():
    meter = CorridorMeter(RULES)
    buffer = free()
    meter.measure(CORRIDOR, buffer, SURE, 1.0, SIZES)
    buffer[:] = OBSTACLE
    assert meter.measure(CORRIDOR, buffer, SURE, 1.0, SIZES).change == 1


def test_classes_that_slow_are_seen_where_they_begin():
    labels = free()
    labels[CORRIDOR.rows[25:40], CORRIDOR.cols[25:40]] = BUMP
    seen = measure(labels)
    assert not seen.blocked and seen.coverage == 1
    [sighting] = seen.sightings
    assert (sighting.rule, sighting.distance) == (RULES[BUMP], CORRIDOR.distance[25])


@pytest.mark.parametrize(('share', 'seen'), [(0.35, False), (0.45, True)])
def test_what_slows_fills_a_share_of_the_width(share, seen):
    labels = free()
    rows, cols = CORRIDOR.rows[25:40], CORRIDOR.cols[25:40]
    wide = round(share * rows.shape[1])
    labels[rows[:, :wide], cols[:, :wide]] = BUMP
    assert bool(measure(labels).sightings) == seen


def test_only_classes_with_a_distance_of_their_own_are_told_beside_blocked():
    far = ClassRule('obstacle', Action.STOP, 8.0)
    assert measure(post(25)).sightings == ()
    [sighting] = measure(post(25), rules=(*RULES[:2], far, RULES[3])).sightings
    assert (sighting.rule, sighting.distance) == (far, CORRIDOR.distance[25])


@pytest.mark.parametrize(('labels', 'confidence', 'message'), [
    (np.ones((HEIGHT, WIDTH + 1), np.uint8), SURE, r'labels: \[144, 257\] .* \[144, 256\]'),
    (np.ones((WIDTH, HEIGHT), np.uint8), SURE, 'labels: '),
    (free(), SURE[:-1], r'confidence: \[143, 256\]'),
    (free().astype(bool), SURE, 'labels: bool, must be uint8'),
    (free(), SURE.astype(np.float32), 'confidence: float32, must be uint8')])
def test_maps_that_do_not_fit_are_refused(labels, confidence, message):
    with pytest.raises(ValueError, match=f'^{message}'):
        measure(labels, confidence)
