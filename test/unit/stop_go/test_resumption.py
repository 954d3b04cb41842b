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

"""A vehicle before something that stays: it stops once, and does not creep up to it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import ground_seen, make_view
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go import (
    Decision,
    Finding,
    Geometry,
    GroundLimits,
    Instant,
    Limits,
    Motion,
    Reason,
    Thresholds,
    Vehicle,
)
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.resumption import Doubt, Resumption
from seg_node.stop_go.segmented_image import SegmentedImage
from seg_node.stop_go.vehicle import Way

CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 255, 0), True, Action.GO))
VIEW = make_view((320, 180), 1.2, height=1.0, pitch=0.25)
GROUND = ground_seen(VIEW)
STRAIGHT = (np.abs(np.nan_to_num(GROUND[..., 1], nan=99.0)) < 2.5).astype(np.uint8)
ROBOT = Vehicle(width=0.6, max_speed=1.5, front=0.3, reaction_time=0.5, deceleration=1.0)


class KnownView:
    """The view of a camera, known without any camera_info."""

    def view(self, info, width, height):
        return VIEW

    def apply(self, limits):
        pass


class Robot:
    """A robot at 20 images a second that speeds up on GO and brakes on anything else."""

    def __init__(self, vehicle=ROBOT, odometry=True):
        self.vehicle, self.odometry = vehicle, odometry
        self.judge = CameraJudge(Limits(
            vehicle=vehicle, ground=GroundLimits(max_blind=3.0),
            stop_go=Thresholds(go_after=3, go_hold=0.1)), Geometry.GROUND, KnownView())
        self.judge.load(CLASSES, 320, 180)
        self.now, self.bumper, self.speed = 10.0, 0.0, 0.0
        self.judge.activate(Instant(self.now, self.now))
        self.decision = Decision.STOP
        self.pulses = 0
        self.curvature = 0.0
        self.verdict = None

    def drive(self, seconds, wall, noise=0.0, road=STRAIGHT):
        """Drive towards a wall, in metres from the beginning; count how often GO is given."""
        for number in range(round(seconds * 20)):
            self.now += 0.05
            pull = 0.8 if self.decision is Decision.GO else -self.vehicle.deceleration
            self.speed = min(max(self.speed + 0.05 * pull, 0.0), self.vehicle.max_speed)
            self.bumper += 0.05 * self.speed
            gap = wall - self.bumper + noise * (-1) ** number
            self.see(gap + self.vehicle.front, road)
        return self.pulses

    def see(self, distance, road):
        with np.errstate(invalid='ignore'):
            labels = road * (GROUND[..., 0] < distance)
        motion = Motion(self.speed, self.curvature * self.speed) if self.odometry else None
        assessment = self.judge.assess(SegmentedImage(
            320, 180, labels, np.full_like(labels, 255), None, None, motion))
        now = Instant(self.now, self.now)
        self.judge.observe(round(self.now * 1e9), assessment, now)
        self.verdict = self.judge.verdict(now)
        self.pulses += self.decision is not Decision.GO and self.verdict.decision is Decision.GO
        self.decision = self.verdict.decision


def test_it_stops_once_and_stays():
    robot = Robot()
    assert robot.drive(20.0, wall=12.0) == 1
    assert robot.speed == 0.0
    assert robot.verdict.reason is Reason.BLOCKED and 'to go on' in robot.verdict.text
    stands = robot.bumper
    assert robot.drive(20.0, wall=12.0) == 1
    assert robot.bumper == stands < 12.0


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(0.3, 1.0), st.floats(0.5, 3.0), st.floats(6.0, 15.0),
       st.floats(0.0, 0.1))
def test_however_it_drives_it_does_not_creep(speed, reaction, deceleration, wall, noise):
    vehicle = replace(ROBOT, max_speed=speed, reaction_time=reaction, deceleration=deceleration)
    robot = Robot(vehicle)
    assert robot.drive(wall / speed + 10.0, wall, noise) <= 1
    assert robot.bumper < wall


def test_it_goes_on_when_clearly_more_is_free():
    robot = Robot()
    robot.drive(20.0, wall=12.0)
    needed = robot.verdict.limit
    wall = robot.bumper + needed
    assert robot.drive(3.0, wall - 0.4) == 1, 'a little more is not clearly more'
    assert robot.drive(3.0, wall + 1.0) == 2


def test_it_goes_on_when_nothing_is_there_any_more():
    robot = Robot()
    robot.drive(20.0, wall=12.0)
    assert robot.drive(3.0, wall=100.0) == 2


def test_what_it_needs_to_go_on_is_no_more_than_the_camera_sees():
    """A vehicle that was faster than its camera sees must be able to go on, slower."""
    robot = Robot(replace(ROBOT, max_speed=8.0, reaction_time=1.0))
    robot.decision, robot.speed = Decision.STOP, 0.0
    robot.drive(40.0, wall=1000.0)
    assert robot.pulses > 1


def test_it_goes_on_in_a_bend_that_leads_past_it():
    """A vehicle that stands tells no curvature: straight on, the road ends soon in a bend."""
    robot = Robot()
    robot.curvature = 0.1
    with np.errstate(invalid='ignore'):
        aside = GROUND[..., 1] - 10.0
        bend = (np.abs(np.hypot(GROUND[..., 0], aside) - 10.0) < 1.0).astype(np.uint8)
    robot.drive(2.0, wall=100.0, road=bend)
    assert robot.speed > 1.0
    pulses = robot.drive(3.0, wall=robot.bumper + 2.0, road=bend)
    assert robot.decision is Decision.STOP and robot.speed == 0.0
    assert robot.drive(1.0, wall=100.0, road=bend) == pulses + 1


def test_a_reset_lets_it_go_on_nearer():
    robot = Robot()
    robot.drive(20.0, wall=12.0)
    robot.judge.reset()
    assert robot.drive(1.0, wall=12.0) == 2


def test_without_odometry_the_distance_does_not_shrink():
    robot = Robot(odometry=False)
    assert robot.drive(20.0, wall=12.0) == 1


# --- what is remembered ---------------------------------------------------------------------

ROAD, FAULT, SLOW = (Finding(reason, '') for reason in (
    Reason.BLOCKED, Reason.CAMERA_DARK, Reason.SLOW_CLASS))


AHEAD = Doubt(5.0, Way(curvature=0.1))


@pytest.mark.parametrize(('drove', 'findings', 'doubt', 'kept'), [
    (True, [ROAD], AHEAD, AHEAD), (True, [FAULT, ROAD], AHEAD, AHEAD),
    (True, [FAULT], AHEAD, None), (True, [SLOW], AHEAD, None), (True, [ROAD], None, None),
    (False, [ROAD], AHEAD, None), (True, [], AHEAD, None)])
def test_only_a_stop_for_the_road_is_remembered(drove, findings, doubt, kept):
    resumption = Resumption()
    resumption.observe(drove, False, findings, doubt, 0.5)
    assert resumption.doubt == kept


@given(st.lists(st.tuples(
    st.booleans(), st.lists(st.sampled_from([ROAD, FAULT, SLOW])),
    st.one_of(st.none(), st.builds(Doubt, st.floats(0.1, 50.0), st.floats(-0.5, 0.5))),
    st.floats(0.0, 1.0))))
def test_it_is_remembered_until_it_drives_again_and_comes_nearer(frames):
    """Whatever happens: there is none while it drives, and it lies where the newest stop said."""
    resumption, drove, stopped_for, since = Resumption(), False, None, 0.0
    for drives, findings, doubt, driven in frames:
        resumption.observe(drove, drives, findings, doubt, driven)
        since += driven
        if drives:
            stopped_for = None
        elif drove and ROAD in findings:
            stopped_for, since = doubt, 0.0
        kept = resumption.doubt
        assert (kept is None) == (stopped_for is None)
        if kept is not None:
            assert kept.way == stopped_for.way
            assert kept.distance == pytest.approx(max(0.0, stopped_for.distance - since))
        drove = drives
    resumption.forget()
    assert resumption.doubt is None
