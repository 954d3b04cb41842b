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

"""A mounting against what is ever seen as path: what cannot be, and what can."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go import Reason
from seg_node.stop_go.mounting_check import MountingCheck, PathHeight

LIMIT, HEIGHT, END = 0.03, 1.3, -0.05


class Camera:
    """A camera at 10 Hz on a vehicle, whose corridor ends at -0.05 rad."""

    def __init__(self, speed=2.0):
        self.check = MountingCheck(LIMIT)
        self.speed = speed

    def see(self, top, frames=1):
        for _ in range(frames):
            found = self.check.judge(PathHeight(top, END, HEIGHT), 0.1 * self.speed)
        assert all(finding.reason is Reason.MOUNTING_DOUBTFUL for finding in found)
        return found

    def drive_towards_a_wall(self, distance, frames):
        for _ in range(frames):
            distance -= 0.1 * self.speed
            found = self.see(-math.atan2(HEIGHT, distance))
        return found


# --- path above the horizon -----------------------------------------------------------------

def test_path_above_the_horizon_is_found_in_the_first_frame():
    [finding] = Camera().see(0.1)
    assert (finding.measured, finding.limit) == (0.1, LIMIT)
    assert '0.100 rad above the horizon' in finding.text and 'pitch' in finding.text


@pytest.mark.parametrize('top', [-0.05, 0.0, LIMIT])
def test_path_up_to_the_horizon_is_none(top):
    assert Camera().see(top, 100) == ()


def test_a_few_wrong_frames_are_none():
    camera = Camera()
    camera.see(-0.04, 30)
    assert camera.see(0.2, 14) == ()
    assert camera.see(0.2, 20) != ()
    assert camera.see(-0.04, 30) == ()


def test_a_vehicle_that_stands_is_doubted_too():
    assert Camera(speed=0.0).see(0.1, 5) != ()


# --- the corridor in the hills --------------------------------------------------------------

@pytest.mark.parametrize('speed', [0.3, 2.0, 10.0])
def test_path_that_always_ends_far_below_the_corridor_is_found(speed):
    camera, end = Camera(speed), 1.3 / math.tan(0.13)      # seems to be 9.9 m
    frames = int(end / speed * 10)
    assert camera.see(-0.13, frames) == ()
    [finding] = camera.see(-0.13, 5)
    assert finding.measured == pytest.approx(0.08) and finding.limit == LIMIT
    assert 'reaches beyond 9.9 m' in finding.text and '0.080 rad' in finding.text


def test_path_that_is_seen_farther_ends_the_doubt():
    camera = Camera()
    assert camera.see(-0.13, 100) != ()
    camera.speed = 0.0      # it was stopped
    assert camera.see(-0.06, 20) == ()
    camera.speed = 2.0
    assert camera.see(-0.13, 40) == ()
    assert camera.see(-0.13, 60) != ()


def test_a_few_wrong_frames_do_not_hide_it():
    camera = Camera()
    for _ in range(10):
        camera.see(-0.13, 29)
        found = camera.see(-0.06)
    assert found != ()


@pytest.mark.parametrize('top', [END, -0.079])
def test_path_up_to_about_the_end_of_the_corridor_is_sound(top):
    assert Camera().see(top, 300) == ()


def test_a_wall_comes_nearer():
    camera = Camera()
    for _ in range(10):      # and is turned away from
        assert camera.drive_towards_a_wall(10.0, 45) == ()


def test_who_stands_before_a_wall_knows_nothing():
    assert Camera(speed=0.0).see(-0.13, 1000) == ()


def test_frames_without_path_say_nothing():
    camera = Camera()
    assert camera.see(None, 100) == ()
    assert camera.see(-0.13, 10) == ()


@given(st.lists(st.tuples(
    st.one_of(st.none(), st.floats(-1.2, 0.6)), st.floats(-1.5, 1.5), st.floats(0, 20),
    st.floats(0, 30)), max_size=60))
def test_whatever_is_seen_it_answers(frames):
    check = MountingCheck(LIMIT)
    for top, end, height, driven in frames:
        for finding in check.judge(PathHeight(top, end, height), driven):
            assert finding.reason is Reason.MOUNTING_DOUBTFUL
            assert math.isfinite(finding.measured) and finding.measured > finding.limit == LIMIT
