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
"""Which obstacles are swallowed."""

from __future__ import annotations

import numpy as np

from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH
from seg_node.scoring.swallowed import box_obstacle, mask_obstacles, Swallowed

OBSTACLE = 3


def road_with(*boxes: tuple[int, int, int, int]):
    codes = np.full((100, 200), NOT_PATH, np.uint8)
    codes[40:] = SOME_PATH
    for left, top, right, bottom in boxes:
        codes[top:bottom, left:right] = OBSTACLE
    return codes


def obstacles_of(codes):
    return mask_obstacles(codes == OBSTACLE, codes, (), 'box')


def test_what_stands_on_the_road_is_found_with_its_lowest_quarter():
    [one] = obstacles_of(road_with((50, 30, 70, 70)))
    assert (one.left, one.top, one.quarter.shape) == (50, 60, (10, 20)) and one.quarter.all()
    assert (one.size, one.distance) == ('large', 'middle')


def test_what_does_not_stand_on_the_road_and_specks_are_left_out():
    assert obstacles_of(road_with((50, 5, 70, 30), (100, 60, 104, 64))) == []


def test_swallowed_from_30_percent_of_the_lowest_quarter_on():
    codes = road_with((50, 30, 70, 70))
    obstacles = obstacles_of(codes)
    predicted = codes == SOME_PATH
    assert Swallowed.of(predicted, obstacles).share == 0.0
    predicted[60:63, 50:70] = True                    # 3 of 10 rows
    assert Swallowed.of(predicted, obstacles).share == 1.0
    predicted[60, 50] = False                         # one pixel less
    assert Swallowed.of(predicted, obstacles).share == 0.0
    predicted[30:60, 50:70] = True                    # the upper part does not count
    assert Swallowed.of(predicted, obstacles).share == 0.0


def test_a_box_without_an_outline_counts_whole_and_one_with_it_only_within():
    bare = np.zeros((100, 200), np.bool_)
    one = box_obstacle('person', (10.0, 20.0, 30.0, 60.0), 100, 200, bare)
    assert one.quarter.all() and one.top == 50 and one.size == 'large'
    outlined = bare.copy()
    outlined[50:60, 10:20] = True
    half = box_obstacle('person', (10.0, 20.0, 30.0, 60.0), 100, 200, outlined)
    assert half.quarter.sum() == 100
    predicted = ~outlined                             # the road beside the legs is path
    assert half.share_called(predicted) == 0.0 and one.share_called(predicted) == 0.5


def test_a_box_below_the_picture_is_none_and_one_over_its_edge_is_cut():
    bare = np.zeros((100, 200), np.bool_)
    assert box_obstacle('car', (10.0, 90.0, 30.0, 150.0), 100, 200, bare) is None
    cut = box_obstacle('car', (-20.0, 60.0, 30.0, 110.0), 100, 200, bare)
    assert cut.left == 0 and cut.quarter.shape == (2, 30) and cut.distance == 'near'


def test_counts_add_up_and_are_told_by_kind_size_and_distance():
    codes = road_with((50, 30, 70, 70), (100, 75, 120, 95))
    obstacles = obstacles_of(codes)
    nothing, all_of_it = np.zeros(codes.shape, np.bool_), np.ones(codes.shape, np.bool_)
    total = Swallowed.of(nothing, obstacles) + Swallowed.of(all_of_it, obstacles)
    assert total.share == 0.5
    assert total.by(0) == {'box': (2, 4)}
    assert total.by(1) == {'large': (1, 2), 'medium': (1, 2)}
    assert total.by(2) == {'middle': (1, 2), 'near': (1, 2)}
    assert np.isnan(Swallowed().share)
