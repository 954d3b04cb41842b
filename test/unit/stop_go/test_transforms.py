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

"""Where a camera sits by what /tf told last, and when that is not to be believed."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.stop_go import CameraPose, Instant, Limits, Mounting, Reason, Thresholds
from seg_node.stop_go.camera_view import ViewError
from seg_node.stop_go.transforms import MOST_FRAMES, TransformTree, TreePose

NAN = float('nan')
LIMITS = Limits(stop_go=Thresholds(max_transform_age=0.5, max_future=0.125))
AGE = LIMITS.stop_go.transform_age
START = 10.0
NO_TURN = (0.0, 0.0, 0.0, 1.0)
OPTICAL = ((0.0, 0.0, 0.0), (-0.5, 0.5, -0.5, 0.5))
MAST, HEAD = ((0.1, 0.0, 0.9), NO_TURN), ((0.05, 0.02, 0.3), (0.0, 0.1, 0.0, 0.995))


class Robot:
    """base -> mast -> head -> lens; the mast is fixed, the head moves, at 20 Hz."""

    def __init__(self):
        self.now = START
        self.offset = 1000.0      # of ROS time
        self.tree = TransformTree()
        self.source = TreePose(self.tree, 'base', self.instant, LIMITS)
        self.tree.put_static('mast', 'base', MAST)
        self.tree.put_static('lens', 'head', OPTICAL)
        self.move()

    def instant(self):
        return Instant(self.now, self.now + self.offset)

    def move(self, head=HEAD, ahead=0.0, seconds=0.05):
        self.now += seconds
        self.tree.put('head', 'mast', head, self.instant().ros + ahead, self.instant(), AGE)

    def pose(self):
        return self.source.pose('lens')

    def problem(self):
        with pytest.raises(ViewError) as caught:
            self.pose()
        assert caught.value.finding.reason is Reason.NO_TRANSFORM
        assert '\n' not in str(caught.value)
        return str(caught.value)


def test_the_pose_is_put_together_along_the_way():
    pose = Robot().pose()
    pitch = 2 * math.atan2(0.1, 0.995)
    expected = CameraPose.from_mounting(
        Mounting(height=1.2, forward=0.15, left=0.02, pitch=pitch))
    np.testing.assert_allclose(pose.position, expected.position, atol=1e-9)
    np.testing.assert_allclose(pose.rotation, expected.rotation, atol=1e-9)


def test_the_same_object_while_it_stays():
    robot = Robot()
    pose = robot.pose()
    robot.move()
    assert robot.pose() is pose
    robot.move(((0.05, 0.02, -0.4), NO_TURN))
    assert robot.pose().position[2] == pytest.approx(0.5)


def test_a_moving_transform_ages():
    robot = Robot()
    robot.now += 0.45
    robot.pose()
    robot.now += 0.06
    assert robot.problem() == (
        "the transform from 'mast' to 'head' cannot be believed: "
        'newest transform arrived 0.51 s ago, limit 0.50 s')
    robot.move()
    robot.pose()


def test_the_limits_of_now_count():
    robot = Robot()
    robot.now += 0.3
    robot.pose()
    robot.source.apply(Limits(stop_go=Thresholds(max_transform_age=0.25)))
    assert 'limit 0.25 s' in robot.problem()


def test_static_transforms_do_not_age():
    robot = Robot()
    robot.tree = TransformTree()
    robot.source = TreePose(robot.tree, 'base', robot.instant, LIMITS)
    for frame, parent, numbers in (('head', 'base', HEAD), ('lens', 'head', OPTICAL)):
        robot.tree.put_static(frame, parent, numbers)
    robot.now += 1e6
    robot.pose()
    robot.offset = -500.0
    robot.pose()


@pytest.mark.parametrize(('stamps', 'words'), [
    ([-3600.0] * 3, 'old by its stamp'), ([60.0] * 3, '60.000 s in the future'),
    ([0.0, -0.05, -0.1], 'behind the transform before'), ([0.0, -0.2], '0.150 s behind'),
    ([NAN], 'not a time')])
def test_wrong_stamps_are_not_believed(stamps, words):
    robot = Robot()
    for ahead in stamps:
        robot.move(ahead=ahead)
    assert words in robot.problem()


def test_a_second_of_stamps_ahead_is_forgotten_when_they_are_right_again():
    robot = Robot()
    for _ in range(20):
        robot.move(ahead=60.0)
        robot.problem()
    lowered = ((0.05, 0.02, -0.4), NO_TURN)
    seen = 0
    for _ in range(20):
        robot.move(lowered)
        try:
            assert robot.pose().position[2] == pytest.approx(0.5), 'the mounting of now'
            seen += 1
        except ViewError:
            assert not seen
    assert seen > 5


@pytest.mark.parametrize('jump', [-0.2, -10.0, -2000.0, 10.0])
def test_ros_time_that_jumps_makes_all_that_moves_unknown(jump):
    robot = Robot()
    robot.offset += jump
    robot.problem()
    lowered = ((0.05, 0.02, -0.4), NO_TURN)
    for _ in range(20):
        robot.move(lowered)
    assert robot.pose().position[2] == pytest.approx(0.5)


def test_each_link_has_its_own_age():
    robot = Robot()
    robot.tree.put('mast', 'base', MAST, robot.instant().ros, robot.instant(), AGE)
    for _ in range(12):
        robot.move()
    assert "from 'base' to 'mast'" in robot.problem()


def test_what_is_told_as_static_and_as_moving_is_moving():
    robot = Robot()
    robot.tree.put_static('head', 'mast', HEAD)
    robot.now += 1.0
    assert "from 'mast' to 'head'" in robot.problem()


@pytest.mark.parametrize(('frame', 'base', 'words'), [
    ('lens2', 'base', "no transform from 'base' to 'lens2': nothing tells where 'lens2' is; "),
    ('', 'base', "nothing tells where '' is"),
    ('lens', 'wheel', "nothing tells where 'wheel' is"),
    ('lens', 'far', "they hang on 'base' and 'elsewhere'"),
    ('x' * 100000, 'base', "nothing tells where 'xxxxx"), ('a\n\x1b[2J', 'base', r'\x1b[2J')])
def test_a_way_that_is_not_there(frame, base, words):
    robot = Robot()
    robot.tree.put_static('far', 'elsewhere', HEAD)
    source = TreePose(robot.tree, base, robot.instant, LIMITS)
    with pytest.raises(ViewError) as caught:
        source.pose(frame)
    finding = caught.value.finding
    assert finding.reason is Reason.NO_TRANSFORM and words in finding.text
    assert len(finding.text) < 400 and finding.text.isprintable()
    assert 'publish it on /tf_static' in finding.text


def test_the_way_may_lead_over_a_common_frame():
    """As where the vehicle's frame on the ground hangs below another one."""
    robot = Robot()
    robot.tree.put_static('ground', 'base', ((0.0, 0.0, -0.1), NO_TURN))
    source = TreePose(robot.tree, '/ground', robot.instant, LIMITS)
    assert source.pose('/lens').position[2] == pytest.approx(1.3)
    below = robot.pose()
    np.testing.assert_allclose(source.pose('lens').rotation, below.rotation)


def test_frames_in_a_circle_are_no_way():
    robot = Robot()
    for frame, parent in (('a', 'b'), ('b', 'a'), ('c', 'c')):
        robot.tree.put_static(frame, parent, HEAD)
    for frame in 'abc':
        with pytest.raises(ViewError, match='no transform from'):
            robot.source.pose(frame)


@pytest.mark.parametrize('head', [
    ((NAN, 0.0, 1.0), NO_TURN), ((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0)),
    ((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, float('inf')))])
def test_numbers_that_are_no_pose(head):
    robot = Robot()
    robot.move(head)
    assert 'is no pose' in robot.problem()


def test_a_flood_of_frames_does_not_grow_for_ever():
    robot = Robot()
    for index in range(2 * MOST_FRAMES):
        robot.tree.put_static(f'f{index}', 'base', HEAD)
    robot.move(((0.05, 0.02, -0.4), NO_TURN))
    assert robot.pose().position[2] == pytest.approx(0.5)
    assert len(robot.tree.way_up('f0')) == 1 and not robot.tree.way_up(f'f{2 * MOST_FRAMES - 1}')


numbers = st.tuples(
    st.tuples(*[st.floats(-5, 5)] * 3), st.tuples(*[st.floats(0.1, 1)] * 4))


@given(st.lists(numbers, min_size=1, max_size=4), st.lists(numbers, max_size=4))
def test_as_tf2_does(up, down):
    """Held against the real tf2, where it is installed."""
    tf2 = pytest.importorskip('tf2_py')
    from geometry_msgs.msg import TransformStamped
    from rclpy.time import Time

    tree, buffer = TransformTree(), tf2.BufferCore()
    ends = []
    for side, links in (('u', up), ('d', down)):
        parent = 'root'
        for index, (at, turn) in enumerate(links):
            frame = f'{side}{index}'
            tree.put_static(frame, parent, (at, turn))
            unit = np.array(turn) / np.linalg.norm(turn)
            message = TransformStamped()
            message.header.frame_id, message.child_frame_id = parent, frame
            place, rotation = message.transform.translation, message.transform.rotation
            place.x, place.y, place.z = at
            rotation.x, rotation.y, rotation.z, rotation.w = unit.tolist()
            buffer.set_transform_static(message, 'test')
            parent = frame
        ends.append(parent)
    pose = TreePose(tree, ends[1], lambda: Instant(0.0, 0.0), LIMITS).pose(ends[0])
    told = buffer.lookup_transform_core(ends[1], ends[0], Time()).transform
    expected = CameraPose.from_transform(
        (told.translation.x, told.translation.y, told.translation.z),
        (told.rotation.x, told.rotation.y, told.rotation.z, told.rotation.w))
    np.testing.assert_allclose(pose.position, expected.position, atol=1e-6)
    np.testing.assert_allclose(pose.rotation, expected.rotation, atol=1e-6)
