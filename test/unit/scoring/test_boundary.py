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

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.scoring.boundary import BoundaryScore
from seg_node.scoring.ground_truth import NOT_PATH, path_truth, SOME_PATH, UNKNOWN

SIDE = 60
REACH = 3.0
TOLERANCE = REACH / math.hypot(SIDE, SIDE)


def square(top, left, size=24):
    path = np.zeros((SIDE, SIDE), np.bool_)
    path[top:top + size, left:left + size] = True
    return path


def codes_of(path):
    return np.where(path, SOME_PATH, NOT_PATH).astype(np.uint8)


def score(predicted, codes):
    return BoundaryScore.of(predicted, path_truth(codes, ()), TOLERANCE)


def brute_force(predicted, codes):
    """Count as the definition says, pixel by pixel."""
    path, known = codes == SOME_PATH, codes != UNKNOWN
    everywhere = np.ones_like(known)

    def outline(region, valid):
        return [(y, x) for y, x in zip(*np.nonzero(region), strict=True)
                if any(0 <= v < SIDE and 0 <= u < SIDE and valid[v, u] and not region[v, u]
                       for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)))]

    hidden = [(y, x) for y in range(-1, SIDE + 1) for x in range(-1, SIDE + 1)
              if not (0 <= y < SIDE and 0 <= x < SIDE) or not known[y, x]]
    found, wanted = outline(predicted, everywhere), outline(path, known)

    def near(point, others):
        return any(math.dist(point, other) <= REACH for other in others)

    judged = [[point for point in points if not near(point, hidden)] for points in (found, wanted)]
    return BoundaryScore(
        len(judged[0]), sum(near(point, wanted) for point in judged[0]),
        len(judged[1]), sum(near(point, found) for point in judged[1]))


def test_the_same_boundary_is_met():
    assert score(square(18, 18), codes_of(square(18, 18))).f1 == 1.0


@pytest.mark.parametrize('shift, f1', [(3, 1.0), (40, 0.0)])
def test_a_boundary_is_met_within_the_tolerance(shift, f1):
    narrow = np.zeros((SIDE, SIDE), np.bool_)
    narrow[:, :10] = True
    moved = np.zeros_like(narrow)
    moved[:, :10 + shift] = True
    assert score(moved, codes_of(narrow)).f1 == f1


def test_just_beyond_the_tolerance_it_is_missed():
    wanted, moved = square(18, 18), np.zeros((SIDE, SIDE), np.bool_)
    moved[18:42, 18:46] = True      # four pixels wider on one side
    found = score(moved, codes_of(wanted))
    assert 0.5 < found.f1 < 1.0
    assert found.predicted_met < found.predicted


def test_the_edge_of_the_image_and_the_unknown_make_no_boundary():
    whole = np.ones((SIDE, SIDE), np.bool_)
    assert score(whole, codes_of(whole)) == BoundaryScore()
    codes = codes_of(whole)
    codes[:, 30:] = UNKNOWN
    assert score(whole, codes) == BoundaryScore()
    assert math.isnan(score(whole, codes).f1)


def test_what_could_be_met_by_something_unseen_is_left_out():
    codes = codes_of(np.ones((SIDE, SIDE), np.bool_))
    codes[:, 30:] = UNKNOWN
    predicted = np.zeros((SIDE, SIDE), np.bool_)
    predicted[:, :28] = True
    assert score(predicted, codes) == BoundaryScore()


def test_a_boundary_where_there_is_none_is_no_success():
    none = np.zeros((SIDE, SIDE), np.bool_)
    assert score(square(18, 18), codes_of(none)).f1 == 0.0
    assert score(none, codes_of(square(18, 18))).f1 == 0.0


blocks = st.lists(st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(4, 40)] * 2), max_size=3)


@settings(max_examples=25)
@given(blocks, blocks, blocks)
def test_it_is_the_definition(found, wanted, unknown):
    codes = np.full((SIDE, SIDE), NOT_PATH, np.uint8)
    predicted = np.zeros((SIDE, SIDE), np.bool_)
    for target, value, rectangles in ((predicted, True, found), (codes, SOME_PATH, wanted),
                                      (codes, UNKNOWN, unknown[:1])):
        for top, left, height, width in rectangles:
            target[top:top + height, left:left + width] = value
    assert score(predicted, codes) == brute_force(predicted, codes)


def test_images_add_up():
    one = score(square(18, 18), codes_of(square(20, 30)))
    other = score(square(10, 18), codes_of(square(20, 20)))
    total = one + other
    assert total.predicted == one.predicted + other.predicted
    assert total.true_met == one.true_met + other.true_met
