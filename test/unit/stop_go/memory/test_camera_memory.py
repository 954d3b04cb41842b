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

"""
What left the picture still blocks: the decision with its memory, from labels to the verdict.

The labels are those of upright posts on flat ground, drawn by helpers.views.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.views import draw_post, ground_seen, make_view, PATH
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go import (
    Decision,
    Geometry,
    GroundLimits,
    Instant,
    Limits,
    Motion,
    Reason,
    Vehicle,
)
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.memory.grid import OCCUPIED
from seg_node.stop_go.memory.limits import MemoryLimits
from seg_node.stop_go.memory.memory import Memory
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.segmented_image import SegmentedImage
from seg_node.stop_go.verdict import Finding

CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 255, 0), True, Action.GO),
           ClassInfo('sidewalk', (0, 0, 255), False, Action.STOP),
           ClassInfo('obstacle', (255, 0, 0), False, Action.STOP))
SIZE = 256, 144
VIEW = make_view(SIZE, 1.2, height=1.0, pitch=0.35)
LIMITS = Limits(
    vehicle=Vehicle(width=0.6, max_speed=1.0, front=0.3), ground=GroundLimits(max_range=8.0),
    memory=MemoryLimits(seconds=3.0))
BODY = 0.4
STANDS, DRIVES = Motion(0.0), Motion(0.5)
HIDDEN = 0.6, 0.0
"""Where nothing can be seen: the ground comes into view at 1.1 m."""
HERE = Place(5.0, 2.0, 0.3)


class KnownView:
    """The view of a camera, known without any camera_info."""

    def __init__(self, view):
        self.known = view

    def view(self, info, width, height):
        return self.known

    def apply(self, limits):
        pass


def picture(view, *posts, half=2.0):
    """Return labels of a road of twice `half` metres with posts at x, y of the vehicle frame."""
    labels = np.where(np.abs(ground_seen(view)[..., 1]) < half, PATH, 0).astype(np.uint8)
    for x, y in posts:
        draw_post(labels, view, x, y, BODY)
    return labels


class Robot:
    """A vehicle with a camera at 10 Hz."""

    def __init__(self, limits=LIMITS, view=VIEW, memory=None):
        self.now, self.view, self.place = 10.0, view, HERE
        self.judge = CameraJudge(limits, Geometry.GROUND, KnownView(view), memory=memory)
        self.judge.load(CLASSES, *SIZE)
        self.judge.activate(Instant(self.now, self.now))

    def see(self, *posts, motion=STANDS, place=True, labels=None, doubt=(), stamp=None):
        """Judge a frame with posts in the vehicle frame, and return the verdict."""
        self.now += 0.1
        if motion is not None:
            self.place = self.place.after(motion, 0.1)
        labels = picture(self.view, *posts) if labels is None else labels
        image = SegmentedImage(
            *SIZE, labels, np.full_like(labels, 255), motion=motion,
            place=self.place if place else None)
        assessment = self.judge.assess(image)
        assessment = replace(assessment, findings=(*assessment.findings, *doubt))
        now = Instant(self.now, self.now)
        found = self.judge.observe(
            round((self.now if stamp is None else stamp) * 1e9), assessment, now)
        self.known = self.judge.remember(image, assessment, found)
        return self.judge.verdict(now)

    def come(self, *way, **seen):
        """Let somebody stand at one place after the other, three frames at each."""
        for post in way:
            for _ in range(3):
                verdict = self.see(post, **seen)
        return verdict

    def wait(self, frames, *posts, **seen):
        return [self.see(*posts, **seen) for _ in range(frames)]


def held_near(robot, told=False):
    """Return what is held, or told of it, [N, 2] in the vehicle frame, without the verges."""
    known = robot.known
    cells = known.states == OCCUPIED if told else (
        known.grid.occupied(known.since))
    points = known.place.to_vehicle(known.grid.middles(cells))
    return points[np.abs(points[:, 1]) < 1.5]


def remembered(verdicts):
    return [verdict.reason is Reason.BLOCKED_REMEMBERED for verdict in verdicts]


WAY = [(2.0, 0.0), (1.6, 0.0), (1.2, 0.0), (0.9, 0.0), HIDDEN]


def test_a_free_road_earns_go():
    assert Robot().wait(12)[-1].decision is Decision.GO


def test_who_walked_below_the_picture_and_left_it_blocks_until_the_memory_ends():
    robot = Robot()
    robot.wait(12)
    assert robot.come(*WAY).reason is Reason.BLOCKED
    verdicts = robot.wait(45)
    held = remembered(verdicts)
    assert all(held[3:28])
    assert 'm ahead' in verdicts[5].text and '3.0 s' in verdicts[5].text
    assert 0 < verdicts[5].measured < verdicts[5].limit == 3.0
    assert not any(held[32:]) and verdicts[-1].decision is Decision.GO
    assert all(verdict.decision is Decision.STOP for verdict in verdicts[:32])


def test_without_a_memory_go_comes_back_at_once():
    robot = Robot(replace(LIMITS, memory=MemoryLimits(seconds=0.0)))
    robot.come(*WAY)
    assert robot.wait(12)[-1].decision is Decision.GO


def test_who_walks_away_in_view_does_not_block():
    robot = Robot()
    robot.come(*[(2.5, y) for y in (0.0, 0.3, 0.6, 0.9, 1.2)])
    assert not any(remembered(robot.wait(12)))
    assert robot.judge.verdict(Instant(robot.now, robot.now)).decision is Decision.GO


@pytest.mark.parametrize(('last', 'late'), [
    ((1.45, 0.0), 0.0), ((1.45, 0.5), 0.0), ((1.6, 0.0), 0.0), ((1.8, -0.1), 0.2)],
    ids=['near', 'beside the way', 'while frames are wrong', 'while images are late'])
def test_who_goes_below_the_edge_unseen_blocks_until_the_memory_ends(last, late):
    robot = Robot()
    robot.wait(12)
    robot.come((2.4, 0.1), (2.1, 0.1), last)
    robot.now += late
    verdicts = robot.wait(45)
    assert all(remembered(verdicts)[3:26])
    assert all(verdict.decision is Decision.STOP for verdict in verdicts[3:26])
    # From when he was seen, not from when he was missed.
    assert verdicts[10].measured == pytest.approx(1.1 + late)
    assert verdicts[-1].decision is Decision.GO


def test_who_is_lost_too_far_from_the_edge_to_be_below_it_does_not_block():
    robot = Robot()
    robot.wait(12)
    robot.come((2.4, 0.0))
    assert robot.wait(14)[-1].decision is Decision.GO


def test_who_crosses_in_view_near_the_edge_does_not_block():
    robot = Robot()
    robot.wait(12)
    for y in np.arange(0.0, 2.5, 0.15):
        robot.see((1.6, y))
    assert not any(remembered(robot.wait(12)))
    assert robot.judge.verdict(Instant(robot.now, robot.now)).decision is Decision.GO


def test_one_frame_with_wrong_labels_at_the_edge_does_not_block():
    robot, labels = Robot(), picture(VIEW)
    robot.wait(12)
    labels[-8:, 110:150] = 3
    robot.see(labels=labels)
    assert not any(remembered(robot.wait(12)))


def test_a_border_of_the_road_that_flickers_does_not_block():
    robot = Robot()
    robot.wait(12, labels=picture(VIEW, half=0.6))
    for half in (0.55, 0.65) * 4:
        assert not any(remembered(robot.wait(4, labels=picture(VIEW, half=half))))


def test_two_frames_that_take_the_verge_for_path_do_not_block():
    robot, narrow = Robot(), picture(VIEW, half=0.6)
    robot.wait(12, labels=narrow)
    for _ in range(3):
        robot.wait(2)
        assert not any(remembered(robot.wait(6, labels=narrow)))


@pytest.mark.parametrize('y', [0.25, -0.25])
def test_the_corner_of_the_vehicle_counts(y):
    robot = Robot()
    robot.come((2.0, 0.0), (1.4, y / 2), (1.0, y), (0.7, y))
    assert all(remembered(robot.wait(20))[3:])


def test_what_stands_beside_the_way_does_not_count():
    robot = Robot()
    robot.come((2.0, 0.9), (1.6, 0.9), (1.3, 0.9))
    assert not any(remembered(robot.wait(20)))


def test_a_vehicle_that_drives_up_to_something_low_remembers_where_it_lay():
    robot = Robot()
    robot.come((1.5, 0.0))
    # It goes on in odometry's frame, although nothing is in the picture any more.
    assert any(remembered(robot.wait(14, motion=DRIVES)))
    robot.place = robot.place.after(Motion(1.0), 2.0)      # past it
    assert not any(remembered(robot.wait(5))[1:])


def test_lost_odometry_holds_what_was_there_and_adds_nothing():
    robot = Robot()
    robot.come(*WAY)
    assert all(remembered(robot.wait(20, motion=None, place=False))[3:])
    other = Robot()
    other.come(*WAY, place=False)
    assert not any(remembered(other.wait(12)))


def test_what_may_have_been_driven_without_odometry_widens_what_is_held():
    robot = Robot()
    robot.wait(12)      # it has GO
    robot.come((1.5, 0.75), (1.25, 0.75), place=True)
    assert not any(remembered(robot.wait(5)))
    assert any(remembered(robot.wait(8, motion=None, place=False)))


def test_a_jump_of_odometry_carries_along_what_stood_around():
    robot = Robot()
    robot.come(*WAY)
    robot.place = Place(-40.0, 11.0, -2.0, leg=1)
    assert all(remembered(robot.wait(20))[3:])


def test_frames_of_a_camera_at_fault_change_nothing():
    robot = Robot()
    robot.come(*WAY)
    before = robot.known.occupied
    fault = (Finding(Reason.CAMERA_DARK, 'dark'),)
    robot.wait(5, doubt=fault)
    assert robot.known.occupied == before and not robot.known.fresh
    blind = Robot()
    blind.come(*WAY, doubt=fault)
    assert blind.known.occupied == 0


def test_a_network_in_doubt_adds_and_does_not_clear():
    robot, doubt = Robot(), (Finding(Reason.LOW_CONFIDENCE, 'unsure'),)
    robot.come((2.7, 0.0), doubt=doubt)
    before = len(held_near(robot))
    assert before and not robot.known.fresh
    robot.wait(5, doubt=doubt)
    assert len(held_near(robot)) == before
    robot.wait(5)
    assert len(held_near(robot)) == 0


def test_a_clock_that_jumps_does_not_make_forget():
    for jump in (-1000.0, 1000.0):
        robot = Robot()
        robot.come(*WAY)
        robot.now += jump
        robot.judge.activate(Instant(robot.now, robot.now))
        assert any(remembered(robot.wait(8)))


def test_a_time_of_inactivity_does_not_make_forget():
    robot = Robot()
    robot.come(*WAY)
    robot.judge.deactivate()
    robot.now += 600.0
    robot.judge.activate(Instant(robot.now, robot.now))
    assert any(remembered(robot.wait(8)))


def test_a_reset_makes_forget():
    robot = Robot()
    robot.come(*WAY)
    robot.judge.reset()
    assert robot.wait(12)[-1].decision is Decision.GO


def test_cameras_share_what_they_saw():
    memory = Memory(LIMITS)
    seeing, other = Robot(memory=memory), Robot(memory=memory)
    seeing.come(*WAY)
    other.now = seeing.now
    assert all(remembered(other.wait(10))[1:])


def test_the_grid_tells_where_something_stands_and_where_the_road_is_free():
    robot = Robot()
    robot.come((2.0, 0.3))
    assert robot.known.fresh
    points = held_near(robot, told=True)
    # The near side of the post.
    assert len(points) and np.hypot(points[:, 0] - 1.8, points[:, 1] - 0.3).max() < 0.35
