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

"""The corridor on the ground: where it lies, how far it is seen, and what it finds there."""

from __future__ import annotations

from functools import cache
import math

from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import (
    BARREL,
    draw_post,
    FISHEYE,
    ground_seen,
    LENSES,
    make_view,
    PATH,
    POST,
    RATIONAL,
    turn,
    views,
)
from seg_node.perception.models.manifest import Action
from seg_node.stop_go import (
    bounds_of,
    build_ground_corridor,
    CameraPose,
    CorridorMeter,
    GroundLimits,
    Intrinsics,
    Mounting,
    SweptPath,
    View,
)
from seg_node.stop_go.actions import ClassRule
from seg_node.stop_go.corridor.measure import MeasureLimits
from seg_node.stop_go.lens import Lens

EXACT = GroundLimits(pitch_error=0.0)
CAMERAS = {
    'robot': make_view(height=0.6, pitch=0.2),
    'high': make_view((320, 240), 1.0, height=2.2, pitch=0.35, forward=-0.4),
    'aside': make_view((512, 288), 1.5, height=1.2, pitch=0.4, yaw=0.12, left=0.3, roll=0.05),
    'barrel': make_view((512, 288), 1.4, ('plumb_bob', BARREL), pitch=0.3, roll=-0.08),
    'rational': make_view((256, 144), 1.1, ('plumb_bob', RATIONAL), height=1.5),
    'fisheye': make_view((320, 240), 1.5, ('equidistant', FISHEYE), pitch=0.5, forward=0.3),
    'wide': make_view((512, 288), 2.0, height=1.2, pitch=0.6)}
BACK = 2
"""Rows of samples by which each is told nearer than it lies, for the raster of the image."""
RULES = [ClassRule('background', Action.STOP), ClassRule('path', Action.GO)]
WAY = SweptPath(1.2)
cameras = st.sampled_from(list(CAMERAS))


@cache
def ground(name):
    return ground_seen(CAMERAS[name])


@cache
def built(name, way=WAY, limits=EXACT):
    return build_ground_corridor(CAMERAS[name], way, limits)


def free_distance(corridor, labels, rows=2):
    meter = CorridorMeter(RULES)
    return meter.measure(corridor, labels, labels, 1.0, MeasureLimits(rows, 0.4)).free_distance


def pixels_apart(view, near, far):
    """Return how many rows of the image lie between two distances straight ahead."""
    low, high = view.project(np.array([[near, 0.0, 0.0], [far, 0.0, 0.0]]))[:, 1]
    return low - high


def path(name):
    lens = CAMERAS[name].intrinsics
    return np.full((lens.height, lens.width), PATH, np.uint8)


# --- where it lies --------------------------------------------------------------------------

@pytest.mark.parametrize('name', CAMERAS)
def test_samples_are_the_pixels_that_show_the_way(name):
    corridor = built(name)
    # The last rows all tell the end of the corridor, so where they lie is not told.
    rows, cols = corridor.rows[:-2 * BACK], corridor.cols[:-2 * BACK]
    away = corridor.distance[BACK:-BACK]
    seen = ground(name)[rows, cols]
    across = 0.6 - (np.arange(rows.shape[1]) + 0.5) * 1.2 / rows.shape[1]
    down, right = np.gradient(ground(name), axis=(0, 1))
    # Up to a pixel up, half a pixel otherwise, and a little for the curvature within it.
    near = (1.2 * np.abs(down) + 0.6 * np.abs(right))[rows, cols]
    off = np.abs(seen - np.stack(np.broadcast_arrays(away[:, None], across), axis=-1))
    inside = (rows > 0) & (rows < CAMERAS[name].intrinsics.height - 1)
    assert (off <= near + 1e-3)[inside].all()
    assert np.isfinite(seen).all(), 'nothing above the horizon'


@pytest.mark.parametrize('name', CAMERAS)
@pytest.mark.parametrize('curvature', [0.0, 0.05, -0.15])
def test_the_way_moves_less_than_a_pixel_from_row_to_row(name, curvature):
    """Whatever shows in the image between two rows is on one of them."""
    corridor = built(name, SweptPath(1.2, 0.0, curvature))
    for steps in (np.diff(corridor.rows, axis=0), np.diff(corridor.cols, axis=0)):
        assert np.abs(steps).max() <= 1


@pytest.mark.parametrize('name', CAMERAS)
def test_it_is_a_grid_from_near_to_far(name):
    corridor, lens = built(name), CAMERAS[name].intrinsics
    assert corridor.rows.min() >= 0 and corridor.rows.max() < lens.height
    assert corridor.cols.min() >= 0 and corridor.cols.max() < lens.width
    assert (np.diff(corridor.distance)[BACK:-BACK] > 0).all()
    assert (np.diff(corridor.distance) >= 0).all()
    assert corridor.start == pytest.approx(corridor.distance[0], abs=1e-5)
    assert corridor.distance[-1] == np.float32(corridor.length) <= 40
    assert (corridor.run >= 1).all() and (corridor.run <= corridor.rows.shape[1]).all()
    assert corridor.unit == 'm'


def test_it_begins_where_its_whole_width_comes_into_view():
    # The bottom edge of the image is at row 287.5: look down from there to the ground.
    focal = 256 / math.tan(0.6)
    start = 1.0 / math.tan(0.25 + math.atan(144 / focal))
    assert build_ground_corridor(make_view(), WAY, EXACT).start == pytest.approx(start, abs=0.01)
    wide = build_ground_corridor(make_view(), SweptPath(4.0), EXACT)
    depth = 2.0 / 256 * focal
    assert wide.start == pytest.approx(
        (depth - math.sin(0.25)) / math.cos(0.25), abs=0.02), 'where the sides come into view'


def test_it_ends_where_a_pixel_spans_the_narrowest_obstacle():
    focal = 256 / math.tan(0.6)
    for size in (0.02, 0.05):
        corridor = build_ground_corridor(
            make_view(), WAY, GroundLimits(min_obstacle=size, pitch_error=0.0))
        reach = (size * focal - math.sin(0.25)) / math.cos(0.25)
        assert 0 <= pixels_apart(make_view(), corridor.length, reach) <= 2 * BACK + 1


def test_it_ends_at_the_range_that_was_chosen():
    near = build_ground_corridor(make_view(), WAY, GroundLimits(max_range=8.0, pitch_error=0.0))
    assert 0 <= pixels_apart(make_view(), near.length, 8.0) <= 2 * BACK + 1


def test_distances_count_from_the_bumper():
    there = build_ground_corridor(make_view(), WAY, EXACT)
    moved = build_ground_corridor(make_view(), SweptPath(1.2, 0.5), EXACT)
    assert moved.start == pytest.approx(there.start - 0.5, abs=0.02)
    assert moved.distance[0] == pytest.approx(there.distance[0] - 0.5, abs=0.02)


def test_a_camera_behind_the_bumper_by_its_own_offset_sees_the_same():
    here = build_ground_corridor(make_view(), WAY, EXACT)
    there = build_ground_corridor(make_view(forward=0.7), SweptPath(1.2, 0.7), EXACT)
    np.testing.assert_allclose(there.distance, here.distance, atol=1e-4)
    np.testing.assert_array_equal(there.rows, here.rows)


# --- curves ---------------------------------------------------------------------------------

@given(st.floats(-0.5, 0.5), st.floats(-1, 1), st.floats(0.1, 12))
def test_the_way_is_a_circle(curvature, aside, along):
    [[point]] = SweptPath(1.0, 0.0, curvature).points(np.array([along]), np.array([aside]))
    if abs(curvature) < 1e-6:
        np.testing.assert_allclose(point, (along, aside, 0), atol=1e-4)
        return
    radius = 1 / curvature
    angle = along / radius
    np.testing.assert_allclose(
        point, ((radius - aside) * math.sin(angle), radius - (radius - aside) * math.cos(angle),
                0), atol=1e-5)


def test_a_left_turn_bends_to_the_left():
    straight, left, right = (
        build_ground_corridor(make_view(), SweptPath(0.8, 0.0, curvature), EXACT)
        for curvature in (0.0, 0.08, -0.08))
    middle = straight.cols.shape[1] // 2

    def column(corridor):
        return corridor.cols[np.searchsorted(corridor.distance, 4.0), middle]

    assert column(left) < column(straight) - 20 and column(right) > column(straight) + 20
    assert (np.diff(straight.cols, axis=1) >= 0).all(), 'each row runs from left to right'


@pytest.mark.parametrize(('name', 'curvature'), [
    ('robot', 0.05), ('high', -0.05), ('aside', 0.3), ('barrel', -0.15), ('fisheye', 0.3),
    ('wide', 0.2), ('wide', -0.5)])
def test_the_way_ends_where_nothing_new_is_seen(name, curvature):
    """A turn that is seen beyond its farthest point is not sampled there, so it is not clear."""
    corridor = built(name, SweptPath(0.8, 0.0, curvature))
    steps = np.diff(corridor.distance)
    assert corridor.length - corridor.distance[-1] <= max(0.1, 2 * steps.max())
    eye = CAMERAS[name].pose.position
    seen = ground(name)[corridor.rows, corridor.cols] - eye[:2]
    reach = np.hypot(*np.moveaxis(seen, -1, 0)).max(axis=1)
    pixel = reach ** 2 / eye[2] / CAMERAS[name].intrinsics.fx
    assert (steps <= 4 * pixel[1:] + 0.1).all(), 'no long piece of the way is left out'


# --- the pitch ------------------------------------------------------------------------------

@pytest.mark.parametrize('name', CAMERAS)
def test_a_wrong_pitch_makes_distances_shorter_only(name):
    exact, doubted = built(name), built(name, WAY, GroundLimits(pitch_error=0.02))
    np.testing.assert_array_equal(doubted.rows, exact.rows)
    assert (doubted.distance <= exact.distance).all() and doubted.length < exact.length
    assert (np.diff(doubted.distance) >= 0).all() and (doubted.distance >= 0).all()


@given(st.floats(-1, 1), st.sampled_from([0.0, 0.01, 0.02, 0.05]), st.floats(1.0, 15.0))
@example(1.0, 0.02, 10.0)
@example(-1.0, 0.02, 10.0)
def test_an_obstacle_is_never_nearer_than_told_while_the_pitch_is_within_its_error(
        error, doubt, away):
    corridor = build_ground_corridor(make_view(), WAY, GroundLimits(pitch_error=doubt))
    view = make_view(pitch=0.25 + error * doubt)
    assume(corridor.start < away)
    labels = np.full((288, 512), PATH, np.uint8)
    labels[~(ground_seen(view)[..., 0] < away)] = POST
    found = free_distance(corridor, labels)
    assert found <= min(away, corridor.length) + 1e-6
    # Told too near by no more than twice the error and three rows of pixels.
    seen = math.atan2(1.0, away) + 2 * doubt + 4 / view.intrinsics.fx
    assert found == 0.0 or found >= min(1.0 / math.tan(seen), corridor.length)


# --- what it finds --------------------------------------------------------------------------

@given(cameras, st.floats(0, 1), st.sampled_from([EXACT, GroundLimits()]))
def test_the_distance_of_a_wall_is_right_to_the_row(name, share, limits):
    corridor = built(name, WAY, limits)
    away = corridor.start + share * (corridor.length - corridor.start)
    labels = path(name)
    labels[~(ground(name)[..., 0] < away)] = POST      # the wall hides what is behind, and the sky
    found = free_distance(corridor, labels)
    assert found <= away + 1e-6, 'but for the precision of float32'
    eye = CAMERAS[name].pose.position
    seen = math.atan2(eye[2], found - eye[0]) - limits.pitch_error
    assert found == 0.0 or pixels_apart(
        CAMERAS[name], eye[0] + eye[2] / math.tan(seen), away) <= 4


posts = given(cameras, st.floats(0, 1), st.floats(-1, 1))


@posts
@settings(max_examples=150)
@example('robot', 1.0, 1.0)
@example('robot', 0.97, -1.0)
@example('aside', 0.98, 1.0)
@example('fisheye', 0.99, -1.0)
@example('rational', 0.95, 1.0)
def test_a_post_anywhere_in_the_corridor_is_found(name, share, side):
    """To the end of the range, to the edge of the corridor, and never nearer than told."""
    corridor = built(name, WAY, GroundLimits())
    away = corridor.start + share * (corridor.length - corridor.start)
    labels = path(name)
    draw_post(labels, CAMERAS[name], away, side * (0.6 - 0.05))
    assert free_distance(corridor, labels) <= away - 0.05 + 0.02


@given(cameras, st.floats(0, 1), st.floats(-1, 1),
       st.sampled_from([-0.4, -0.2, -0.05, 0.05, 0.2, 0.4]))
@settings(max_examples=150)
@example('robot', 0.7, -0.9, 0.05)
@example('high', 0.8, -0.9, 0.2)
@example('fisheye', 0.9, -0.9, 0.2)
@example('wide', 0.8, 0.0, 0.4)
@example('robot', 0.96875, 1.0, -0.05)
def test_a_post_anywhere_in_a_curve_is_found(name, share, side, curvature):
    way = SweptPath(1.2, 0.0, curvature)
    try:
        corridor = built(name, way, GroundLimits())
    except ValueError:
        reject()      # the curve leaves the view at once
    away = corridor.start + share * (corridor.length - corridor.start)
    labels = path(name)
    [[foot]] = way.points(np.array([away]), np.array([side * (0.6 - 0.05)]))
    draw_post(labels, CAMERAS[name], foot[0], foot[1])
    assert free_distance(corridor, labels) <= away - 0.05 + 0.05


@given(views(), st.floats(0.5, 1.6), st.floats(-0.2, 0.6), st.floats(-0.2, 0.2),
       st.floats(0.05, 0.2), st.integers(1, 3), st.floats(0, 1), st.floats(-1, 1))
@settings(max_examples=200)
@example(make_view(fov=0.9), 1.0, 0.0, 0.03125, 0.125, 1, 1.0, 0.0)
@example(make_view(fov=1.446, height=0.543, pitch=0.366, roll=0.049, yaw=0.065, forward=-0.074,
                   left=-0.25), 0.602, 0.041, -0.0406, 0.191, 2, 0.855, 0.0)
@example(make_view((320, 240), 1.624, ('plumb_bob', BARREL), height=0.886, pitch=0.425,
                   roll=0.035, yaw=0.039, forward=-0.053, left=-0.106),
         1.491, -0.106, -0.0791, 0.123, 3, 0.5665, 1.0)
@example(make_view((256, 144), 1.784, ('plumb_bob', RATIONAL), height=0.8, pitch=0.4),
         1.39, 0.17, -0.058, 0.183, 2, 1.0, -1.0)
def test_any_camera_finds_a_post_anywhere_on_its_way(
        view, width, bumper, curvature, size, rows, share, side):
    """It is told no farther than its middle, where it is as wide as the narrowest obstacle."""
    way = SweptPath(width, bumper, curvature)
    limits = GroundLimits(min_obstacle=size, obstacle_rows=rows, pitch_error=0.0)
    try:
        corridor = build_ground_corridor(view, way, limits)
    except ValueError:
        reject()
    away = corridor.start + share * (corridor.length - corridor.start)
    [[foot]] = way.points(np.array([bumper + away]), np.array([side * (width - size) / 2]))
    labels = np.full((view.intrinsics.height, view.intrinsics.width), PATH, np.uint8)
    draw_post(labels, view, foot[0], foot[1], size)
    meter = CorridorMeter(RULES)
    seen = meter.measure(corridor, labels, labels, 1.0, MeasureLimits(rows, 0.4))
    assert seen.blocked and seen.free_distance <= away + 1e-6


@given(cameras, st.floats(0.2, 0.8), st.sampled_from([-1, 1]), st.floats(0.02, 1.0))
def test_a_post_beside_the_corridor_does_not_stop(name, share, side, beside):
    corridor = built(name)
    away = corridor.start + share * (corridor.length - corridor.start)
    view, labels = CAMERAS[name], path(name)
    foot = side * (0.6 + 0.05 + beside)
    # Its shadow must not fall onto the corridor: the post stands on the outer side of the camera.
    assume(abs(foot) > abs(view.pose.position[1]) + 0.6)
    draw_post(labels, view, away, foot)
    pixel = 1.2 / (corridor.cols[:, -1] - corridor.cols[:, 0]).clip(1)
    assume(beside > 2 * pixel[np.searchsorted(corridor.distance, away) - 1])
    assert free_distance(corridor, labels) == corridor.length


@pytest.mark.parametrize('name', ['robot', 'rational', 'aside'])
def test_a_single_pixel_never_blocks(name):
    corridor = built(name)
    pixels = sorted({*zip(corridor.rows.flat, corridor.cols.flat, strict=True)})
    for row, col in pixels[::17]:
        labels = path(name)
        labels[row, col] = POST
        assert free_distance(corridor, labels) == corridor.length


@pytest.mark.parametrize(('way', 'limits'), [
    (SweptPath(0.5), GroundLimits(min_obstacle=1.0)),
    (SweptPath(0.5), GroundLimits(min_obstacle=5.0)),
    (SweptPath(1.2), GroundLimits(obstacle_rows=10)), (SweptPath(1.2), GroundLimits())])
def test_a_way_that_is_blocked_altogether_is_blocked(way, limits):
    corridor = build_ground_corridor(make_view(), way, limits)
    labels = np.full((288, 512), POST, np.uint8)
    assert free_distance(corridor, labels, limits.obstacle_rows) == 0.0


def test_samples_are_closer_than_the_narrowest_obstacle():
    view = make_view((2048, 1024), 1.4, height=8.0, pitch=1.2)
    for width, size in ((1.2, 0.1), (3.0, 0.02), (8.0, 0.01)):
        corridor = build_ground_corridor(view, SweptPath(width), GroundLimits(min_obstacle=size))
        assert width / corridor.rows.shape[1] < size


# --- what cannot be -------------------------------------------------------------------------

@pytest.mark.parametrize('change', [
    {'height': 0.0}, {'pitch': -0.6}, {'yaw': 1.6}, {'yaw': math.pi},
    {'forward': 20.0, 'yaw': math.pi}])
def test_a_camera_that_does_not_see_the_way_is_refused(change):
    with pytest.raises(ValueError, match='check (its )?mounting'):
        build_ground_corridor(make_view((512, 288), 1.0, **change), WAY, EXACT)


@pytest.mark.parametrize('roll', [math.pi, 2.5])
def test_a_image_that_is_upside_down_is_refused(roll):
    """TF may tell any roll; what stands upright would hang down from where it is."""
    upright = make_view((512, 288), 1.0)
    turned = turn((0, 0, 1), -roll) @ upright.pose.rotation
    with pytest.raises(ValueError, match='check mounting'):
        build_ground_corridor(
            View(upright.intrinsics, CameraPose(turned, upright.pose.position)), WAY, EXACT)


def test_a_way_wider_than_the_view_is_refused():
    with pytest.raises(ValueError, match=r'8.00 m wide, is not in view within 3 m'):
        build_ground_corridor(make_view(), SweptPath(8.0), GroundLimits(max_range=3.0))


numbers = {name: st.floats(bound.low, bound.high) for name, bound in bounds_of(Mounting).items()}


@given(st.builds(Mounting, **numbers), LENSES, st.floats(0.2, 2.8), st.floats(0.05, 10),
       st.floats(-10, 10), st.floats(-2, 2), st.builds(
           GroundLimits, st.floats(0.01, 5), st.integers(1, 10), st.floats(1, 200),
           st.floats(0, 0.2)))
@settings(max_examples=150)
def test_any_mounting_gives_a_corridor_on_the_map_or_is_refused(
        mounting, lens, fov, width, bumper, curvature, limits):
    focal = 64 / math.tan(fov / 2)
    view = View(Intrinsics(128, 72, focal, focal, 63.5, 35.5, Lens(*lens)),
                CameraPose.from_mounting(mounting))
    try:
        corridor = build_ground_corridor(view, SweptPath(width, bumper, curvature), limits)
    except ValueError:
        return
    assert corridor.rows.min() >= 0 and corridor.rows.max() < 72
    assert corridor.cols.min() >= 0 and corridor.cols.max() < 128
    assert corridor.run.min() >= 1 and corridor.run.max() <= corridor.rows.shape[1]
    assert np.isfinite(corridor.distance).all() and (np.diff(corridor.distance) >= 0).all()
    assert corridor.distance[0] >= 0 and corridor.distance[-1] <= corridor.length + 1e-4
    assert corridor.length <= limits.max_range + 1e-6
    assert np.isfinite(corridor.edges).all() and math.isfinite(corridor.start)
    labels = np.full((72, 128), POST, np.uint8)
    assert free_distance(corridor, labels, limits.obstacle_rows) == 0.0


@given(st.floats(-0.3, 0.3), st.floats(-1.0, 4.0), st.floats(-1.0, 1.0))
def test_points_of_a_way_are_located_again(curvature, along, across):
    way = SweptPath(1.0, 0.5, curvature)
    point = way.points(np.array([along]), np.array([across]))[0, :, :2]
    assert np.allclose(np.stack(way.locate(point)), [[along], [across]], atol=1e-4)
