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

"""How the vehicle stops and moves."""

from __future__ import annotations

import math
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go import bounds_of, Direction, Motion, Vehicle
from seg_node.stop_go.vehicle import Way

NAN, INF = float('nan'), float('inf')
ROBOT = Vehicle(width=0.6, max_speed=2.0, reaction_time=0.5, deceleration=1.0, stop_margin=0.3)


@pytest.mark.parametrize(('speed', 'distance'), [
    (0.0, 0.3), (1.0, 0.5 + 0.5 + 0.3), (-1.0, 1.3), (2.0, 1.0 + 2.0 + 0.3),
    (10.0, 5.0 + 50.0 + 0.3)])
def test_stopping_distance(speed, distance):
    assert ROBOT.stopping_distance(speed) == pytest.approx(distance)


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 3), st.floats(0.05, 20))
def test_stopping_distance_is_what_a_braking_vehicle_drives(slow, faster, reaction, brake):
    robot = Vehicle(reaction_time=reaction, deceleration=brake, stop_margin=0.0)
    # Drive on for the reaction time, then at half the speed on average until it stands.
    driven = slow * reaction + slow / 2 * (slow / brake)
    assert robot.stopping_distance(slow) == pytest.approx(driven)
    assert robot.stopping_distance(slow + faster) >= robot.stopping_distance(slow)


@pytest.mark.parametrize(('motion', 'speed'), [
    (None, 2.0), (Motion(NAN), 2.0), (Motion(INF), 2.0), (Motion(-INF), 2.0),
    (Motion(0.0), 0.0), (Motion(-1.5), 1.5), (Motion(5.0), 5.0), (Motion(0.0, left=4.0), 4.0),
    (Motion(-3.0, left=-4.0), 5.0), (Motion(1.0, left=NAN), 2.0), (Motion(1.0, left=INF), 2.0)])
def test_unknown_speed_is_the_highest(motion, speed):
    assert ROBOT.speed_of(motion) == speed


@pytest.mark.parametrize(('motion', 'curvature'), [
    (None, 0.0), (Motion(1.0, 0.2), 0.2), (Motion(2.0, -0.2), -0.1), (Motion(0.2, 0.05), 0.25),
    (Motion(0.19, 0.1), 0.0), (Motion(0.0, 1.0), 0.0), (Motion(1.0, 3.0), 0.5),
    (Motion(1.0, -3.0), -0.5), (Motion(1.0, NAN), 0.0), (Motion(1.0, INF), 0.0),
    (Motion(NAN, 0.2), 0.0), (Motion(0.0, 0.2, 1.0), 0.2), (Motion(0.6, 0.2, -0.8), 0.2)])
def test_curvature(motion, curvature):
    assert ROBOT.curvature_of(motion) == pytest.approx(curvature)


def test_driving_backwards_left_stays_left_of_the_way_driven():
    # Turning counter-clockwise while driving backwards: seen along the way, it bends left.
    assert ROBOT.curvature_of(Motion(-1.0, 0.2)) == pytest.approx(0.2)


# --- sideways -------------------------------------------------------------------------------

@pytest.mark.parametrize(('forward', 'left', 'degrees'), [
    (0.0, 4.0, 90), (0.0, -4.0, -90), (1.0, 1.0, 45), (2.0, -0.2, -5.71), (0.0, 0.051, 90),
    (2.0, 0.05, 0), (0.0, 0.0, 0), (-1.0, 0.0, 0), (-0.1, 4.0, 91.43), (-1.0, 1.0, 135),
    # The other way along the axis: as driving straight back is, but for what is off it.
    (-2.0, 0.2, -5.71), (-1.0, 0.9, -41.99), (1.0, NAN, 0)])
def test_heading(forward, left, degrees):
    motion = Motion(forward, left=left)
    assert math.degrees(motion.heading(Direction.FORWARD)) == pytest.approx(degrees, abs=0.01)
    turned = Motion(-forward, left=-left)
    assert math.degrees(turned.heading(Direction.REVERSE)) == pytest.approx(degrees, abs=0.01)


def test_a_vehicle_is_as_wide_as_it_is_long_when_it_drives_sideways():
    robot = Vehicle(width=0.6, side_margin=0.2, front=0.5, rear=0.7)
    assert robot.width_along(Way(0.0)) == pytest.approx(0.6 + 0.4)
    assert robot.width_along(Way(math.pi)) == pytest.approx(0.6 + 0.4)
    for way in (math.pi / 2, -math.pi / 2):
        assert robot.width_along(Way(way)) == pytest.approx(2 * 0.7 + 0.4)
    assert robot.width_along(Way(math.pi / 4)) == pytest.approx((0.6 + 1.4) * math.sqrt(0.5) + 0.4)
    short = Vehicle(width=0.6, side_margin=0.2)
    assert short.width_along(Way(math.pi / 2)) == pytest.approx(1.0), 'its length is not set'


@given(st.floats(-4, 4), st.floats(0.1, 3), st.floats(0, 3), st.floats(0, 3))
def test_no_corner_lies_beside_the_way_or_before_the_bumper(way, width, front, rear):
    robot = Vehicle(width=width, side_margin=0.0, front=front, rear=rear)
    for x in (front, -rear):
        for y in (width / 2, -width / 2):
            ahead = x * math.cos(way) + y * math.sin(way)
            aside = y * math.cos(way) - x * math.sin(way)
            assert ahead <= robot.bumper_along(Way(way)) + 1e-9
            assert abs(aside) <= robot.width_along(Way(way)) / 2 + 1e-9


def twist(forward=0.0, left=0.0, yaw_rate=0.0):
    return SimpleNamespace(linear=SimpleNamespace(x=forward, y=left),
                           angular=SimpleNamespace(z=yaw_rate))


def test_a_twist_is_read():
    assert Motion.from_twist(twist(1.0, 2.0, 0.5)) == Motion(1.0, 0.5, 2.0)


@pytest.mark.parametrize('name', ['forward', 'left', 'yaw_rate'])
@pytest.mark.parametrize('value', [NAN, INF, -INF])
def test_a_twist_that_is_no_number_is_refused(name, value):
    with pytest.raises(ValueError, match='are no numbers'):
        Motion.from_twist(twist(**{name: value}))


def test_what_is_not_set_is_named():
    assert Vehicle().unset == ('width', 'max_speed')
    assert Vehicle(width=0.5).unset == ('max_speed',)
    assert ROBOT.unset == ()


@pytest.mark.parametrize('name', bounds_of(Vehicle))
def test_every_field_is_checked(name):
    bound = bounds_of(Vehicle)[name]
    for value in (bound.low - 0.01, bound.high + 0.01, NAN, INF, '1', None):
        with pytest.raises(ValueError, match=f'^{name}: '):
            Vehicle(**{name: value})
    for value in (bound.low, bound.high):
        Vehicle(**{name: value})
