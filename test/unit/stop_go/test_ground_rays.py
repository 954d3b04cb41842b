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

from functools import lru_cache
import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import BARREL, draw_post, FISHEYE, ground_seen, make_view, PATH, views
from seg_node.stop_go.corridor.ground_corridor import GroundLimits
from seg_node.stop_go.ground_rays import GroundRays

LIMITS = GroundLimits()
LEVEL = GroundLimits(pitch_error=0.0)


def all_path(view):
    return np.full((view.intrinsics.height, view.intrinsics.width), PATH, np.uint8)


def measured(rays, labels):
    """Return what rays show of labels in which everything but path stands up."""
    path = labels == PATH
    return rays.measure(path, ~path)


def polar(rays, x, y):
    """Return direction and distance of a point of the vehicle frame, from the foot point."""
    east, north = x - rays.origin[0], y - rays.origin[1]
    return math.atan2(north, east), math.hypot(east, north)


def nearest_ray(rays, direction):
    turns = np.abs((rays.azimuth - direction + math.pi) % (2 * math.pi) - math.pi)
    return int(turns.argmin())


# --- where the rays lie ----------------------------------------------------------------------

@settings(max_examples=40, deadline=None)
@given(views())
def test_rays_cover_the_ground_that_is_seen(view):
    rays = GroundRays.build(view, LIMITS)
    # At its very sides, a bent picture loses a straight ray and finds it again.
    side = view.intrinsics.width // 4
    ground = ground_seen(view)[view.intrinsics.height // 2:, side:-side:7].reshape(-1, 2)
    for x, y in ground[np.isfinite(ground[:, 0])][::23]:
        direction, distance = polar(rays, x, y)
        beam = view.pose.rotation @ ((x, y, 0.0) - view.pose.position)
        # Towards its corners, a lens model may fold: no direction looks there for sure.
        if distance < LIMITS.max_range and np.isfinite(view.intrinsics.project(beam)).all():
            ray = nearest_ray(rays, direction)
            pixel = distance ** 2 / view.pose.position[2] / view.intrinsics.fy * 3 + 0.05
            assert rays.start[ray] <= distance + pixel
            assert rays.end[ray] >= distance - pixel


def test_angles_are_constant_and_leave_out_no_column():
    view = make_view((320, 192), pitch=0.1)
    rays = GroundRays.build(view, LIMITS)
    np.testing.assert_allclose(np.diff(rays.azimuth), rays.increment)
    assert rays.increment <= 1 / view.intrinsics.fx
    seen = set(rays._index[rays._index < 320 * 192] % 320)
    assert seen == set(range(320))


@pytest.mark.parametrize('yaw', [0.0, 1.0, 3.1416, -2.0])
def test_rays_look_where_the_camera_looks(yaw):
    rays = GroundRays.build(make_view(yaw=yaw, pitch=0.2, forward=0.4, left=-0.2), LIMITS)
    np.testing.assert_allclose(rays.origin, (0.4, -0.2))
    middle = (rays.azimuth[0] + rays.azimuth[-1]) / 2
    assert math.remainder(middle - yaw, 2 * math.pi) == pytest.approx(0.0, abs=0.02)
    assert np.ptp(rays.azimuth) < 2.0


def test_a_camera_that_looks_down_sees_all_around():
    rays = GroundRays.build(make_view(pitch=1.4, height=2.0), LIMITS)
    assert len(rays.azimuth) * rays.increment == pytest.approx(2 * math.pi)
    assert rays.start.max() < 0.2 and rays.end.max() < 3.0


@pytest.mark.parametrize('mounting', [{'height': 0.0}, {'pitch': -1.2}])
def test_no_ground_in_view(mounting):
    with pytest.raises(ValueError, match='mounting'):
        GroundRays.build(make_view(**mounting), LIMITS)


# --- what they show --------------------------------------------------------------------------

def test_a_free_road_is_free_as_far_as_it_is_seen_well():
    view = make_view((320, 192), pitch=0.1)
    rays = GroundRays.build(view, LEVEL)
    seen = measured(rays, all_path(view))
    assert np.isinf(seen.foot).all()
    shown = rays.end > rays.start
    assert (seen.free[shown] > rays.start[shown]).mean() > 0.98
    pixel = LEVEL.min_obstacle * view.intrinsics.fx
    assert seen.free[nearest_ray(rays, 0.0)] == pytest.approx(pixel, rel=0.15)


def test_what_the_pitch_may_be_wrong_by_shortens_what_is_free():
    view = make_view((320, 192), pitch=0.1)
    level = measured(GroundRays.build(view, LEVEL), all_path(view))
    doubtful = measured(GroundRays.build(view, GroundLimits(pitch_error=0.02)), all_path(view))
    far = level.free > 10
    fall = np.arctan(1 / level.free[far])
    assert (doubtful.free[far] <= 1 / np.tan(fall + 0.02) + 1e-3).all()


@pytest.mark.parametrize('lens', [(), BARREL])
@pytest.mark.parametrize(('x', 'y'), [(3.0, 0.4), (6.0, -1.5), (10.0, 0.0), (10.0, 2.0)])
def test_a_post_is_where_it_stands(lens, x, y):
    view = make_view((640, 480), lens=('plumb_bob', lens), pitch=0.15, height=1.2, forward=0.3)
    labels = all_path(view)
    draw_post(labels, view, x, y, width=0.3)
    rays = GroundRays.build(view, LIMITS)
    direction, distance = polar(rays, x, y)
    foot = measured(rays, labels).foot[nearest_ray(rays, direction)]
    step = distance ** 2 / 1.2 / view.intrinsics.fy
    assert foot == pytest.approx(distance - 0.15, abs=0.6 * step + 0.01)


@lru_cache(maxsize=1)
def cameras():
    """Return cameras of all kinds with their rays: building both takes longer than looking."""
    random = np.random.default_rng(3)
    lenses = [('plumb_bob', ()), ('plumb_bob', BARREL), ('equidistant', FISHEYE)] * 8
    found = [make_view(
        ((320, 192), (256, 144))[int(random.integers(2))], random.uniform(0.9, 1.6), lens,
        height=random.uniform(0.5, 2.5), pitch=random.uniform(0.15, 0.6),
        roll=random.uniform(-0.3, 0.3), yaw=random.uniform(-3.1, 3.1),
        forward=random.uniform(-0.5, 0.5)) for lens in lenses]
    return [(view, GroundRays.build(view, LEVEL)) for view in found]


@st.composite
def scenes(draw):
    """Draw a camera and posts before it, higher than it hangs: x, y and width."""
    view, rays = cameras()[draw(st.integers(0, len(cameras()) - 1))]
    heading = math.atan2(*view.pose.rotation[2, 1::-1])
    posts = []
    for _ in range(draw(st.integers(1, 4))):
        reach, turn = draw(st.floats(1.0, 25.0)), heading + draw(st.floats(-0.7, 0.7))
        posts.append((view.pose.position[0] + reach * math.cos(turn),
                      view.pose.position[1] + reach * math.sin(turn), draw(st.floats(0.1, 1.0))))
    return view, rays, posts


@settings(max_examples=1000, deadline=None)
@given(scenes())
def test_nothing_is_free_behind_a_foot(scene):
    view, rays, posts = scene
    labels = all_path(view)
    for x, y, width in posts:
        draw_post(labels, view, x, y, width, tall=3.0)
    seen = measured(rays, labels)
    assert (seen.free <= seen.foot).all() and (seen.free >= rays.start).all()
    for x, y, width in posts:
        direction, distance = polar(rays, x, y)
        aside = np.abs(np.remainder(rays.azimuth - direction + math.pi, 2 * math.pi) - math.pi)
        with np.errstate(invalid='ignore'):
            near = distance * np.cos(aside) - np.sqrt(
                width ** 2 / 4 - (distance * np.sin(aside)) ** 2)
        # Before the view nothing is claimed.
        meets = (aside < math.pi / 2) & (near > 0)
        claimed = seen.free > rays.start
        assert (seen.free[meets & claimed] <= near[meets & claimed] + 1e-3).all()


def test_half_a_pixel_at_the_side_of_the_picture_may_hide_a_post():
    # Only a ray at the very side grazes it; the middle of its pixel lies beside it.
    view, rays = cameras()[3]
    test_nothing_is_free_behind_a_foot.hypothesis.inner_test(
        (view, rays, [(-8.736664080756288, 1.7819562334072616, 0.8125)]))


def test_what_is_neither_path_nor_stands_is_unknown():
    view = make_view((320, 192), pitch=0.1)
    rays = GroundRays.build(view, LEVEL)
    path = np.ones((192, 320), bool)
    path[130:140] = False
    seen = rays.measure(path, np.zeros_like(path))
    assert np.isinf(seen.foot).all()
    below = 1 / math.tan(math.atan((140 - 95.5) / view.intrinsics.fy) + 0.1)
    assert seen.free.max() <= below / math.cos(0.7)
    path[110:120] = False
    stands = np.zeros_like(path)
    stands[110:120] = True
    seen = rays.measure(path, stands)
    shown = np.isfinite(seen.foot)
    assert shown.mean() > 0.9 and (seen.foot[shown] > seen.free[shown] + 0.1).all()


def test_before_the_view_nothing_is_known():
    view = make_view((320, 192), pitch=0.1)
    rays = GroundRays.build(view, LIMITS)
    nothing = np.zeros((192, 320), bool)
    seen = rays.measure(nothing, nothing)
    np.testing.assert_array_equal(seen.free, rays.start)
    seen = rays.measure(nothing, ~nothing)
    np.testing.assert_array_equal(seen.free, rays.start)
    assert (seen.foot[rays.end > rays.start] < 3.0).all()


def test_maps_of_another_size_are_refused():
    rays = GroundRays.build(make_view((320, 192)), LIMITS)
    right, wrong = np.ones((192, 320), bool), np.ones((192, 321), bool)
    with pytest.raises(ValueError, match='path: .192, 321.'):
        rays.measure(wrong, right)
    with pytest.raises(ValueError, match='stands'):
        rays.measure(right, wrong)
