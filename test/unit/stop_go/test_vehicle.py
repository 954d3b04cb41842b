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

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go import bounds_of, Motion, Vehicle

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
    (Motion(0.0), 0.0), (Motion(-1.5), 1.5), (Motion(5.0), 5.0)])
def test_unknown_speed_is_the_highest(motion, speed):
    assert ROBOT.speed_of(motion) == speed


@pytest.mark.parametrize(('motion', 'curvature'), [
    (None, 0.0), (Motion(1.0, 0.2), 0.2), (Motion(2.0, -0.2), -0.1), (Motion(0.2, 0.05), 0.25),
    (Motion(0.19, 0.1), 0.0), (Motion(0.0, 1.0), 0.0), (Motion(1.0, 3.0), 0.5),
    (Motion(1.0, -3.0), -0.5), (Motion(1.0, NAN), 0.0), (Motion(1.0, INF), 0.0),
    (Motion(NAN, 0.2), 0.0)])
def test_curvature(motion, curvature):
    assert ROBOT.curvature_of(motion) == pytest.approx(curvature)


def test_driving_backwards_left_stays_left_of_the_way_driven():
    # Turning counter-clockwise while driving backwards: seen along the way, it bends left.
    assert ROBOT.curvature_of(Motion(-1.0, 0.2)) == pytest.approx(0.2)


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
