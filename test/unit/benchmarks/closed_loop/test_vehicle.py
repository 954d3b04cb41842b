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

"""How simulated vehicles move, what ground they take up, and who walks before them."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st
import numpy as np
import pytest

from benchmarks.closed_loop.actors import stand, Walk
from benchmarks.closed_loop.footprint import Footprint, overlap
from benchmarks.closed_loop.kinematics import advance, Driver, VehicleState
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.materials import Material
from seg_node.simulation.obstacles import pole
from seg_node.simulation.renderer import Scene
from seg_node.simulation.road import CentreLine, Pose, Profile

START = Pose(0.0, 0.0, 0.0)
PLACES = st.floats(-3.0, 3.0)


def brake(speed, deceleration, step):
    state = VehicleState(START, speed)
    while state.speed > 0.0:
        state = advance(state, -deceleration, 0.0, step)
    return state


@given(st.floats(0.1, 20.0), st.floats(0.5, 8.0), st.floats(0.005, 0.5))
@example(16.731570438501777, 3.2199914389027993, 0.4940786109212681)  # it once never stood still
def test_a_stop_is_as_long_as_the_formula_says_whatever_the_step(speed, deceleration, step):
    assert brake(speed, deceleration, step).pose.x == pytest.approx(
        speed ** 2 / (2 * deceleration), rel=1e-6)


def test_a_standing_vehicle_does_not_roll_back():
    state = advance(VehicleState(START, 0.0), -3.0, 0.1, 1.0)
    assert (state.pose, state.speed, state.acceleration) == (START, 0.0, 0.0)


@given(st.floats(-0.3, 0.3).filter(lambda k: abs(k) > 1e-3), st.integers(1, 40))
def test_a_curvature_is_a_circle(curvature, steps):
    state = VehicleState(START, 2.0)
    for _ in range(steps):
        state = advance(state, 0.0, curvature, 6.0 / steps)
    angle = curvature * 12.0
    assert state.pose.yaw == pytest.approx(angle)
    assert state.pose.x == pytest.approx(math.sin(angle) / curvature, abs=1e-9)
    assert state.pose.y == pytest.approx((1 - math.cos(angle)) / curvature, abs=1e-9)
    assert state.yaw_rate == pytest.approx(2.0 * curvature)


@pytest.mark.parametrize('speed', [0.5, 3.0, 8.0])
def test_the_driver_comes_back_to_its_offset_and_stays_there(speed):
    line = CentreLine.from_curvature(lambda s: 0.01 * np.sin(s / 15.0), -5.0, 150.0)
    driver = Driver(line, 0.4, 0.5, 0.4)
    state = VehicleState(line.pose(0.0, 0.9), speed)
    offsets = []
    while line.locate(state.pose.x, state.pose.y)[0] < 100.0:
        state = advance(state, 0.0, driver.steer(state, 0.02), 0.02)
        offsets.append(line.locate(state.pose.x, state.pose.y)[1])
    assert max(offsets) < 0.95
    assert max(abs(each - 0.4) for each in offsets[len(offsets) // 2:]) < 0.03


@given(PLACES, PLACES, st.floats(0.0, 3.2))
def test_overlap_agrees_with_a_dense_look(x, y, yaw):
    first, second = Footprint(1.0, 0.5, 1.0), Footprint(0.8, 0.2, 0.6)
    there = Pose(x, y, yaw)
    grid = np.stack(np.meshgrid(np.linspace(-0.2, 0.8, 41), np.linspace(-0.3, 0.3, 31)), -1)
    cos_y, sin_y = math.cos(yaw), math.sin(yaw)
    points = grid.reshape(-1, 2) @ np.array([[cos_y, sin_y], [-sin_y, cos_y]]) + (x, y)
    deep = np.minimum(0.75 - np.abs(points[:, 0] - 0.25), 0.5 - np.abs(points[:, 1])).max()
    if abs(deep) > 0.05:  # nearer than the look's grid it cannot tell
        found = overlap(first.corners(START), second.corners(there))
        assert found == (deep > 0)
        assert found == overlap(second.corners(there), first.corners(START))


def test_corners_begin_at_the_front_left():
    corners = Footprint(2.0, 1.0, 1.0).corners(Pose(10.0, 0.0, math.pi / 2))
    np.testing.assert_allclose(
        corners, [[9.5, 2.0], [10.5, 2.0], [10.5, -1.0], [9.5, -1.0]], atol=1e-12)


def scene() -> Scene:
    line = CentreLine.from_curvature(np.zeros_like, -5.0, 60.0)
    return Scene(line, Profile(4.0), Surfaces(Material.ASPHALT, Material.GRASS))


def test_a_body_lies_beyond_its_near_face():
    body = stand(scene(), 10.0, 1.0, pole(0.1, 1.0), 0.1, 0.3)
    assert (body.thing.x, body.thing.y) == (10.0, 1.0)
    assert body.corners.min(0).tolist() == pytest.approx([10.0, 0.95])
    assert body.corners.max(0).tolist() == pytest.approx([10.3, 1.05])


def test_a_pole_is_as_wide_as_it_says():
    assert (pole(0.1, 1.0).width_m, pole(0.1, 1.0).height_m) == (0.1, 1.0)
    assert (pole(0.1, 1.0).alphas[0] == 255).mean() > 0.9


def test_a_pedestrian_walks_rests_and_walks_on_or_back():
    on = Walk(8.0, 2.0, -3.0, pace=1.0, rest_at=0.5, rest_s=2.0, back=False, variant=0)
    times = [-1.0, 0.0, 1.5, 3.0, 3.5, 4.5, 7.0, 99.0]
    assert [on.offset(t) for t in times] == pytest.approx(
        [2.0, 2.0, 0.5, 0.5, 0.5, -0.5, -3.0, -3.0])
    back = Walk(8.0, 2.0, -3.0, pace=1.0, rest_at=0.5, rest_s=2.0, back=True, variant=0)
    assert [back.offset(t) for t in (3.0, 4.5, 99.0)] == pytest.approx([0.5, 1.5, 2.0])
    assert on.body(scene(), 4.5).d == pytest.approx(-0.5)
