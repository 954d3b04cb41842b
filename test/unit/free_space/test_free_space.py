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

import numpy as np
import pytest

from helpers.views import draw_post, make_view, PATH, POST
from seg_node.free_space.free_space import FreeSpaceMeter
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go import GroundLimits, Limits, Thresholds

SIZE = 320, 192
GRASS = 2
CLASSES = (
    ClassInfo('background', (0, 0, 0), False, Action.STOP),
    ClassInfo('path', (0, 0, 0), True, Action.GO),
    ClassInfo('grass', (0, 0, 0), True, Action.STOP),
    ClassInfo('post', (0, 0, 0), False, Action.STOP))
LIMITS = Limits(ground=GroundLimits(pitch_error=0.0))
SURE = np.full(SIZE[::-1], 255, np.uint8)


def all_path():
    return np.full(SIZE[::-1], PATH, np.uint8)


@pytest.fixture(name='view')
def _view():
    return make_view(SIZE, pitch=0.1, forward=0.5)


def test_a_post_is_told_in_the_vehicles_frame(view):
    labels = all_path()
    draw_post(labels, view, 5.0, 1.0, width=0.4)
    seen = FreeSpaceMeter(CLASSES).measure(labels, SURE, view, LIMITS)
    obstacles = seen.obstacles()
    assert len(obstacles) > 5
    np.testing.assert_allclose(np.median(obstacles, axis=0), (4.8, 1.0), atol=0.15)
    away = np.linalg.norm(seen.free_ends() - (5.0, 1.0), axis=1)
    assert away.min() > 0.2 and len(seen.free_ends()) > 200


def test_the_view_may_be_of_another_size_than_the_labels(view):
    labels = all_path()
    draw_post(labels, view, 5.0, 1.0, width=0.4)
    full = FreeSpaceMeter(CLASSES).measure(labels, SURE, view.scaled(1280, 768), LIMITS)
    same = FreeSpaceMeter(CLASSES).measure(labels, SURE, view, LIMITS)
    np.testing.assert_allclose(full.obstacles(), same.obstacles(), atol=1e-6)


def test_what_the_decision_takes_for_path_is_path(view):
    labels = all_path()
    labels[60:130] = GRASS
    meter = FreeSpaceMeter(CLASSES)
    assert len(meter.measure(labels, SURE, view, LIMITS).obstacles()) > 200
    driven = Limits(ground=LIMITS.ground, class_actions=('grass=go',))
    assert len(meter.measure(labels, SURE, view, driven).obstacles()) == 0


@pytest.mark.parametrize('doubt', ['no label', 'not sure'])
def test_where_nothing_is_known_there_is_neither(view, doubt):
    labels, confidence = all_path(), SURE.copy()
    if doubt == 'no label':
        labels[110:120] = 255
    else:
        confidence[110:120] = 60
    seen = FreeSpaceMeter(CLASSES).measure(labels, confidence, view, LIMITS)
    assert len(seen.obstacles()) == 0
    clear = FreeSpaceMeter(CLASSES).measure(all_path(), SURE, view, LIMITS)
    assert np.median(seen.free_ends()[:, 0]) < np.median(clear.free_ends()[:, 0]) / 2


def test_how_sure_it_must_be_is_a_limit(view):
    lax = Limits(ground=LIMITS.ground, stop_go=Thresholds(min_confidence_low=0.0))
    unsure = np.zeros_like(SURE)
    meter = FreeSpaceMeter(CLASSES)
    assert len(meter.measure(all_path(), unsure, view, LIMITS).free_ends()) == 0
    assert len(meter.measure(all_path(), unsure, view, lax).free_ends()) > 200


def test_a_single_wrong_pixel_is_no_obstacle_and_hides_what_lies_behind(view):
    labels = all_path()
    labels[150, 160] = POST
    seen = FreeSpaceMeter(CLASSES).measure(labels, SURE, view, LIMITS)
    clear = FreeSpaceMeter(CLASSES).measure(all_path(), SURE, view, LIMITS)
    assert len(seen.obstacles()) == 0
    shorter = seen.ranges.free < clear.ranges.free - 1.0
    assert 1 <= shorter.sum() <= 6


def test_tables_are_kept_while_view_and_limits_stay(view):
    meter = FreeSpaceMeter(CLASSES)
    first = meter.measure(all_path(), SURE, view, LIMITS)
    assert meter.measure(all_path(), SURE, view, LIMITS).rays is first.rays
    assert meter.measure(all_path(), SURE, view.scaled(*SIZE), LIMITS).rays is not first.rays
