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

import numpy as np
import pytest

from helpers.views import draw_post, make_view, PATH
from seg_node.free_space.free_space import FreeSpace
from seg_node.free_space.scan import ANGLE_MIN, BEAMS, INCREMENT, Scanner
from seg_node.stop_go import GroundLimits
from seg_node.stop_go.ground_rays import GroundRays

LIMITS = GroundLimits(pitch_error=0.0)
MAX_BLIND = 6.0


def scan_of(view, posts=(), range_max=10.0, max_blind=MAX_BLIND, unknown=None):
    """Return the scan of posts x, y, width on a free road; `unknown` rows are neither."""
    labels = np.full((view.intrinsics.height, view.intrinsics.width), PATH, np.uint8)
    for x, y, width in posts:
        draw_post(labels, view, x, y, width)
    path = labels == PATH
    stands = ~path
    if unknown is not None:
        path[unknown] = False
    rays = GroundRays.build(view, LIMITS)
    return Scanner(range_max).scan(FreeSpace(rays, rays.measure(path, stands)), max_blind)


def at(scan, angle):
    return scan[round((angle - ANGLE_MIN) / INCREMENT) % BEAMS]


@pytest.mark.parametrize('yaw', [0.0, math.pi, -1.0])
@pytest.mark.parametrize('place', [(0.0, 0.0), (0.6, 0.2)])
def test_a_post_is_seen_from_the_vehicles_origin(yaw, place):
    view = make_view((640, 384), pitch=0.15, yaw=yaw, forward=place[0], left=place[1])
    x, y = (place[0] + 5.0 * math.cos(yaw + 0.2), place[1] + 5.0 * math.sin(yaw + 0.2))
    scan = scan_of(view, [(x, y, 0.3)])
    assert scan.dtype == np.float32 and scan.shape == (BEAMS,)
    assert at(scan, math.atan2(y, x)) == pytest.approx(math.hypot(x, y) - 0.15, abs=0.12)


def test_a_free_road_has_no_end_within_range_and_the_rest_is_unknown():
    scan = scan_of(make_view((640, 384), pitch=0.15, forward=0.5))
    assert np.isinf(at(scan, 0.0)) and np.isinf(at(scan, 0.3)) and np.isinf(at(scan, -0.3))
    assert np.isnan(at(scan, math.pi)) and np.isnan(at(scan, 1.2))
    assert not np.isfinite(scan).any()


def test_what_stands_beyond_the_range_is_not_within_it():
    view = make_view((640, 384), pitch=0.15)
    assert np.isinf(at(scan_of(view, [(8.0, 0.0, 1.0)], range_max=6.0), 0.0))
    assert at(scan_of(view, [(8.0, 0.0, 1.0)]), 0.0) == pytest.approx(7.5, abs=0.2)


def test_what_is_not_known_is_nan():
    view = make_view((640, 384), pitch=0.15)
    assert np.isnan(at(scan_of(view, unknown=slice(200, 210)), 0.0))
    # Farther than it can be told to be free.
    assert np.isnan(at(scan_of(view, range_max=60.0), 0.0))


def test_a_beam_that_comes_into_view_too_late_is_unknown():
    view = make_view((640, 384), pitch=0.15)
    assert np.isnan(scan_of(view, max_blind=0.5)).all()


def test_the_nearest_of_several_counts():
    view = make_view((640, 384), pitch=0.15)
    scan = scan_of(view, [(7.0, 0.0, 2.0), (4.0, 0.0, 0.3)])
    assert at(scan, 0.0) == pytest.approx(3.85, abs=0.1)
    assert at(scan, 0.1) == pytest.approx(6.1, abs=0.3)


def test_the_back_is_one_beam():
    scan = scan_of(make_view((640, 384), pitch=0.15, yaw=math.pi), [(-5.0, 0.0, 0.6)])
    assert scan[0] == pytest.approx(4.7, abs=0.1) and np.isfinite(scan[[1, -1]]).all()
