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

"""The camera and the road: geometry that must be exact."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.simulation.camera import Camera
from seg_node.simulation.road import CentreLine, FAR_AWAY_M, Pose

CAMERAS = st.builds(
    Camera.from_fov,
    width=st.integers(16, 1920), height=st.integers(16, 1080),
    fov_rad=st.floats(0.6, 1.9), height_m=st.floats(0.3, 3.0), pitch_rad=st.floats(-0.2, 0.9))


def circle(radius: float) -> CentreLine:
    return CentreLine.from_curvature(lambda s: np.full_like(s, 1.0 / radius), -20.0, 60.0)


@given(CAMERAS, st.floats(0.5, 80.0), st.floats(-20.0, 20.0))
def test_a_ground_point_comes_back_from_its_pixel(camera, x, y):
    u, v = camera.project(x, y)
    assume(np.isfinite(u))
    back = camera.pixel_to_ground(u, v)
    np.testing.assert_allclose(back, (x, y), rtol=1e-6, atol=1e-6)


@given(CAMERAS)
def test_ground_rows_agree_with_the_single_pixel(camera):
    rows = camera.ground_rows()
    assume(rows.forward.size)
    last = camera.height - 1
    x, y = camera.pixel_to_ground(0, last)
    np.testing.assert_allclose(rows.forward[-1], x, rtol=1e-4)
    np.testing.assert_allclose(rows.lateral_per_px[-1] * camera.cx, y, rtol=1e-4)
    assert rows.first_row > camera.horizon_row
    assert rows.first_row + rows.forward.size == camera.height


def test_left_is_left_and_up_is_up():
    camera = Camera(640, 360, 450.0, 1.2, 0.1)
    u, v = camera.project([5.0, 5.0, 5.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    assert u[0] == pytest.approx(camera.cx)
    assert u[1] < u[0]
    assert v[2] < v[0]


def test_what_is_behind_the_camera_or_in_the_sky_is_nan():
    camera = Camera(640, 360, 450.0, 1.2, 0.1)
    assert np.isnan(camera.project(-5.0, 0.0)).all()
    assert np.isnan(camera.pixel_to_ground(320.0, camera.horizon_row - 1.0)).all()


@pytest.mark.parametrize(('change', 'word'), [
    ({'width': 0}, 'size'), ({'focal_px': 0.0}, 'focal_px'),
    ({'height_m': math.nan}, 'height_m'), ({'pitch_rad': 2.0}, 'pitch_rad')])
def test_an_impossible_camera_is_refused(change, word):
    good = {'width': 64, 'height': 48, 'focal_px': 50.0, 'height_m': 1.0, 'pitch_rad': 0.1}
    with pytest.raises(ValueError, match=word):
        Camera(**{**good, **change})


@given(st.floats(-15.0, 50.0), st.floats(-4.0, 4.0))
def test_a_place_on_the_road_comes_back_from_its_world_point(s, d):
    line = circle(40.0)
    pose = line.pose(s, d)
    np.testing.assert_allclose(line.locate(pose.x, pose.y), (s, d), atol=0.02)


def test_a_bend_is_a_circle():
    forward = np.array([2.0, 10.0, 20.0], np.float32)
    at = circle(40.0).crossing(Pose(0.0, 0.0, 0.0), forward)
    np.testing.assert_allclose(at.lateral, 40.0 - np.sqrt(1600.0 - forward ** 2), atol=0.01)
    np.testing.assert_allclose(at.s, 40.0 * np.arcsin(forward / 40.0), atol=0.01)


def test_where_the_road_turns_away_there_is_none():
    line = circle(15.0)
    far = np.array([14.9], np.float32)
    assert line.crossing(Pose(0.0, 0.0, 0.0), far).lateral[0] == FAR_AWAY_M
    backwards = Pose(0.0, 0.0, math.pi)
    assert line.crossing(backwards, far).lateral[0] == FAR_AWAY_M


def test_a_road_without_its_start_is_refused():
    with pytest.raises(ValueError, match='s = 0'):
        CentreLine.from_curvature(np.zeros_like, 5.0, 50.0)
