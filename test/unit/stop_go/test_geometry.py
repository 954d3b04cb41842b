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

"""Where a camera sees a point."""

from __future__ import annotations

import math

import cv2
from hypothesis import assume, given
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import (
    BARREL,
    body_axes,
    FISHEYE,
    LENSES,
    make_view,
    turn,
    undistort,
    views,
)
from seg_node.simulation.camera import Camera
from seg_node.stop_go import bounds_of, CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.lens import Lens

NAN, INF = float('nan'), float('inf')
LENS = {'width': 640, 'height': 480, 'fx': 500.0, 'fy': 510.0, 'cx': 322.0, 'cy': 238.0}
angles = st.floats(-1.3, 1.3)
offsets = st.floats(-2.0, 2.0)
mountings = st.builds(
    Mounting, height=st.floats(0.1, 3.0), pitch=angles, roll=st.floats(-0.8, 0.8),
    yaw=st.floats(-3.1, 3.1), forward=offsets, left=offsets)
places = st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.floats(-1, 4)),
                  min_size=1, max_size=8).map(lambda points: np.array(points, float))


# --- where the camera is and looks ----------------------------------------------------------

@given(st.floats(0.6, 1.9), st.floats(0.3, 3.0), st.floats(-0.2, 0.9), places)
def test_agrees_with_the_camera_of_the_simulation(fov, height, pitch, points):
    camera = Camera.from_fov(320, 240, fov, height, pitch)
    view = make_view((320, 240), fov, height=height, pitch=pitch)
    u, v = camera.project(*points.T)
    pixels = view.project(points)
    seen = np.isfinite(pixels[:, 0])
    np.testing.assert_allclose(pixels[seen], np.stack([u, v], -1)[seen], atol=1e-6)
    off_axis = np.hypot((u - camera.cx), (v - camera.cy)) / camera.focal_px
    assert seen[off_axis < 3.9].all(), 'all is seen up to 75 degrees off the axis'
    assert not seen[np.isnan(u)].any()


@given(mountings, places)
def test_agrees_with_rotations_of_opencv(mounting, points):
    view = View(Intrinsics(**LENS), CameraPose.from_mounting(mounting))
    eye = (mounting.forward, mounting.left, mounting.height)
    ahead, left, up = ((points - eye) @ body_axes(mounting)).T
    pixels = view.project(points)
    seen = np.isfinite(pixels[:, 0])
    assume(seen.any())
    assert (ahead[seen] > 0).all()
    np.testing.assert_allclose(pixels[seen, 0], 322 - 500 * left[seen] / ahead[seen], atol=1e-6)
    np.testing.assert_allclose(pixels[seen, 1], 238 - 510 * up[seen] / ahead[seen], atol=1e-6)


def place(**mounting):
    """Return where a point 10 m ahead on the ground, 1 m to the left, is seen."""
    angles = {'height': 1.0, 'pitch': 0.0, **mounting}
    return make_view(**angles).project(np.array([10.0, 1.0, 0.0]))


def test_straight_ahead_in_closed_form():
    focal = 256 / math.tan(0.6)
    np.testing.assert_allclose(place(), (255.5 - focal / 10, 143.5 + focal / 10))


@pytest.mark.parametrize(('change', 'right', 'down'), [
    ({'pitch': 0.1}, 0, -1),          # looks down: what is ahead moves up
    ({'yaw': 0.1}, 1, 0),             # looks left: it moves right
    ({'forward': 2.0}, -1, 1),        # nearer: farther from the middle
    ({'left': 0.5}, 1, 0), ({'height': 1.5}, 0, 1),
    ({'roll': 0.1}, 1, 1)])           # leans right: the image turns counter-clockwise
def test_each_sign_of_the_mounting(change, right, down):
    moved = place(**change) - place()
    assert right == 0 or np.sign(moved[0]) == right
    assert down == 0 or np.sign(moved[1]) == down


def test_pitch_in_closed_form():
    focal = 256 / math.tan(0.6)
    view = make_view(height=2.0, pitch=0.3)
    down = math.atan2(2.0, 7.0) - 0.3
    np.testing.assert_allclose(
        view.project(np.array([7.0, 0.0, 0.0])), (255.5, 143.5 + focal * math.tan(down)))


def test_yaw_looks_back():
    view = make_view(height=1.0, pitch=0.0, yaw=math.pi, forward=-0.5)
    assert np.isnan(view.project(np.array([5.0, 0.0, 0.0]))).all()
    u, v = view.project(np.array([-5.0, 1.0, 0.0]))
    assert u > 256 and v > 144, 'the left of the vehicle is on the right of the image'


@given(mountings, places)
def test_a_transform_says_the_same_as_a_mounting(mounting, points):
    pose = CameraPose.from_mounting(mounting)
    axes = body_axes(mounting) @ np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    vector = cv2.Rodrigues(axes)[0].ravel()
    angle = np.linalg.norm(vector)
    assume(1e-3 < angle < math.pi - 1e-3)
    axis = vector / angle * math.sin(angle / 2)
    for scale in (1.0, -3.0):      # a quaternion and its negative are one rotation
        quaternion = tuple(scale * value for value in (*axis, math.cos(angle / 2)))
        told = CameraPose.from_transform((mounting.forward, mounting.left, mounting.height),
                                         quaternion)
        np.testing.assert_allclose(told.to_optical(points), pose.to_optical(points), atol=1e-5)


@pytest.mark.parametrize(('translation', 'quaternion'), [
    ((0, 0, 1), (0, 0, 0, 0)), ((0, 0, 1), (NAN, 0, 0, 1)), ((0, 0, 1), (0, 0, 0, INF)),
    ((0, NAN, 1), (0, 0, 0, 1)), ((INF, 0, 1), (0, 0, 0, 1))])
def test_transforms_that_are_none_are_refused(translation, quaternion):
    with pytest.raises(ValueError, match='is no pose'):
        CameraPose.from_transform(translation, quaternion)


@given(mountings, st.just(math.pi) | st.floats(-4, 4), places)
def test_a_turned_view_sees_the_same_from_the_way_driven(mounting, way, points):
    view = View(Intrinsics(**LENS), CameraPose.from_mounting(mounting))
    turned = points @ turn((0, 0, 1), -way).T
    np.testing.assert_allclose(view.facing(way).project(turned), view.project(points), atol=1e-5)
    np.testing.assert_array_equal(view.facing(0.0).project(points), view.project(points))


@given(mountings, mountings, places)
def test_poses_lie_on_one_another(one, other, points):
    """Points of a vehicle's frame, in that of a camera on a camera on it."""
    first, second = CameraPose.from_mounting(one), CameraPose.from_mounting(other)
    both = second.on(first)
    np.testing.assert_allclose(
        both.to_optical(points), second.to_optical(first.to_optical(points)), atol=1e-6)
    np.testing.assert_allclose(
        both.relative_to(first).to_optical(points), second.to_optical(points), atol=1e-6)
    np.testing.assert_array_equal(first.on(CameraPose.origin()).position, first.position)


@pytest.mark.parametrize('turned', [0.0, 1e-7, 1e-3, 0.4, 1.5, 3.1, math.pi])
@pytest.mark.parametrize('axis', [(1, 0, 0), (0, 0.6, 0.8)])
def test_how_far_poses_are_apart(turned, axis):
    pose = CameraPose.from_mounting(Mounting(height=1.3, pitch=0.2))
    other = CameraPose(turn(axis, turned) @ pose.rotation, pose.position + (0.3, 0.0, -0.4))
    for one, another in ((pose, other), (other, pose)):
        assert one.distance(another) == pytest.approx((0.5, turned), abs=1e-9)


@pytest.mark.parametrize('name', bounds_of(Mounting))
def test_every_field_of_a_mounting_is_checked(name):
    bound = bounds_of(Mounting)[name]
    for value in (bound.low - 0.01, bound.high + 0.01, NAN, '1'):
        with pytest.raises(ValueError, match=f'^{name}: '):
            Mounting(**{name: value})


# --- the lens -------------------------------------------------------------------------------

@given(views(), places)
def test_a_distorted_pixel_leads_back_to_its_point(view, points):
    pixels = view.project(points)
    seen = np.isfinite(pixels[:, 0])
    assume(seen.any())
    lens = view.intrinsics
    bent = (pixels[seen] - (lens.cx, lens.cy)) / (lens.fx, lens.fy)
    optical = view.pose.to_optical(points[seen])
    plane = optical[:, :2] / optical[:, 2:]
    central = np.hypot(*plane.T) < 1.2
    back = undistort(lens.lens.model, lens.lens.coefficients, bent)
    np.testing.assert_allclose(back[central], plane[central], atol=2e-3)


@given(LENSES, st.floats(0.1, 20.0), st.floats(-10, 10), st.floats(-10, 10), st.floats(1.0, 1.5))
def test_no_point_folds_back_into_the_image(lens, depth, x, y, farther):
    """Farther off the axis is farther from the middle of the image, or not seen at all."""
    optics = Intrinsics(**LENS, lens=Lens(*lens))
    near, far = optics.project(np.array([[x, y, depth], [x * farther, y * farther, depth]]))
    if np.isnan(near).any():
        assert np.isnan(far).all()
    elif not np.isnan(far).any():
        distance = [np.hypot((u - 322) / 500, (v - 238) / 510) for u, v in (near, far)]
        assert distance[1] >= distance[0] - 1e-2, 'tangential distortion is tiny, not monotonic'


def test_what_is_behind_or_no_number_is_not_seen():
    for lens in (('plumb_bob', ()), ('plumb_bob', BARREL), ('equidistant', FISHEYE)):
        lens = Intrinsics(**LENS, lens=Lens(*lens))
        points = np.array([[0.1, 0.1, -1.0], [0.0, 0.0, 0.0], [0.0, 0.0, -1e-9], [NAN, 0.0, 1.0],
                           [0.0, 0.0, NAN], [INF, 0.0, 1.0], [5.0, 0.0, 1.0]])
        assert np.isnan(lens.project(points)).all()


@given(LENSES, st.integers(8, 2000), st.integers(8, 2000), places)
def test_scaled_is_the_image_resized(lens, width, height, points):
    optics = Intrinsics(**LENS, lens=Lens(*lens))
    small = optics.scaled(width, height)
    assert (small.width, small.height) == (width, height)
    expected = (optics.project(points) + 0.5) * (width / 640, height / 480) - 0.5
    np.testing.assert_allclose(small.project(points), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(('change', 'message'), [
    ({'width': 0}, 'size: 0x480'), ({'height': -1}, 'size: 640x-1'),
    ({'fx': 0.0}, 'fx: 0.0 is no focal length'), ({'fy': -5.0}, 'fy: -5.0'),
    ({'fx': NAN}, 'fx: nan'), ({'fy': INF}, 'fy: inf'), ({'cx': NAN}, 'cx: nan'),
    ({'cx': -641.0}, 'cx: -641.0 is far outside'), ({'cy': 961.0}, 'cy: 961.0')])
def test_bad_intrinsics_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=f'^{message}'):
        Intrinsics(**{**LENS, **change})
