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
import numpy as np
import pytest

from helpers.views import BARREL, FISHEYE, ground_depth, ground_seen, make_view, post_depth, views
from seg_node.free_space.ground_points import depth_points, ground_points
from seg_node.perception.images.rotation import Rotation
from seg_node.stop_go import View

RANGE = 30.0


def in_vehicle(points, view):
    """Return points of the optical frame in the vehicle's."""
    return points @ view.pose.rotation + view.pose.position


@settings(max_examples=30, deadline=None)
@given(views())
def test_points_are_the_ground_that_is_seen(view):
    points = ground_points(view, RANGE)
    assert points.dtype == np.float32 and points.shape[:2] == ground_seen(view).shape[:2]
    known = np.isfinite(points).all(axis=-1)
    np.testing.assert_array_equal(known, np.isfinite(points).any(axis=-1))
    found, wanted = in_vehicle(points, view), ground_seen(view)
    np.testing.assert_allclose(found[known, 2], 0.0, atol=1e-4)
    v, u = np.nonzero(known)
    np.testing.assert_allclose(view.project(found[known]), np.stack([u, v], axis=-1), atol=0.01)
    # The helper's own search does not end everywhere at the very edge of a strong lens.
    agrees = np.isclose(found[known, :2], wanted[known], rtol=2e-3, atol=1e-3).all(axis=-1)
    assert np.count_nonzero(~agrees) < 1e-3 * known.size
    far = np.linalg.norm(wanted - view.pose.position[:2], axis=-1)
    # Past the calibration of the lens there is none either.
    assert np.count_nonzero(known & ~(far < RANGE * 1.001)) < 1e-3 * known.size
    inside = far < RANGE * 0.999
    pixels = view.project(np.concatenate([wanted, np.zeros_like(wanted[..., :1])], axis=-1))
    own = np.stack(np.meshgrid(*map(np.arange, known.shape[::-1])), axis=-1)
    shown = (np.abs(pixels - own) < 0.01).all(axis=-1)
    assert np.count_nonzero(~known & inside & shown) < 1e-3 * known.size


@pytest.mark.parametrize('rotation', list(Rotation))
def test_a_turned_picture_has_the_points_of_the_cameras_own_frame(rotation):
    own = make_view((320, 240), lens=('equidistant', FISHEYE), pitch=0.3, roll=0.05)
    upright = View(own.intrinsics.turned(rotation), own.pose.turned(rotation))
    points = rotation.as_sent(ground_points(upright, RANGE))
    np.testing.assert_allclose(points, ground_points(own, RANGE), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize('mounting', [{'height': 0.0}, {'pitch': -1.0}])
def test_without_ground_in_view_there_are_no_points(mounting):
    assert np.isnan(ground_points(make_view(**mounting), RANGE)).all()


def test_the_range_is_measured_over_ground():
    view = make_view((64, 400), fov=0.5, height=3.0, pitch=0.6)
    points = in_vehicle(ground_points(view, 6.0), view)
    far = np.hypot(points[..., 0], points[..., 1])
    step = 6.0 ** 2 / 3.0 / view.intrinsics.fy * 1.5
    assert 6.0 - step < np.nanmax(far) <= 6.0 + 1e-3
    assert math.isnan(far[0, 32])


@pytest.mark.parametrize('lens', [
    ('plumb_bob', ()), ('plumb_bob', BARREL), ('equidistant', FISHEYE)])
def test_points_by_depth_of_flat_ground_are_those_of_the_ground(lens):
    view = make_view((320, 240), lens=lens, pitch=0.3, roll=0.05, yaw=0.1)
    ground, deep = ground_points(view, RANGE), depth_points(view, ground_depth(view))
    known = np.isfinite(ground)
    np.testing.assert_allclose(deep[known], ground[known], rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize('rotation', list(Rotation))
def test_what_stands_up_lies_where_its_depth_is_in_the_cameras_own_frame(rotation):
    own = make_view((320, 240), pitch=0.2)
    upright = View(own.intrinsics.turned(rotation), own.pose.turned(rotation))
    depth = post_depth(own, 3.0, 0.2, width=0.4, tall=1.2)
    points = rotation.as_sent(depth_points(upright, rotation.upright(depth)))
    shown = np.isfinite(points[..., 2])
    np.testing.assert_array_equal(shown, np.isfinite(depth))
    places = in_vehicle(points[shown], own)
    assert np.hypot(places[:, 0] - 3.0, places[:, 1] - 0.2) == pytest.approx(0.2, abs=1e-3)
    assert places[:, 2].max() == pytest.approx(1.2, abs=0.02)
