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

"""The mounting of a camera from TF, over DDS."""

from __future__ import annotations

import time

from geometry_msgs.msg import TransformStamped
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile

from helpers.fake_camera import raw, road
from helpers.on_ground import camera_info, GROUND
from helpers.testbed import WAIT
from seg_node.tools.common.camera_messages import to_time

OPTICAL = (-0.5, 0.5, -0.5, 0.5)      # x right, y down, z forward


def test_it_is_refused_without_tf2_msgs(testbed):
    node = testbed.start_seg_node(
        module='helpers.bare_node', **{**GROUND, 'mounting_source': 'tf'})
    assert node.wait(WAIT) == 2
    assert 'mounting_source: tf needs tf2_msgs' in node.output
    assert all(testbed.stops)


@pytest.fixture
def tf_message():
    """Return the type of /tf's messages; no package of PyPI has it."""
    return pytest.importorskip('tf2_msgs.msg', reason='tf2_msgs comes with ROS').TFMessage


class Mast:
    """TF of a robot whose camera sits on a mast that moves: base_footprint, mast, lens."""

    def __init__(self, testbed, message, topics=('/tf', '/tf_static')):
        self.height, self.ahead = 1.0, 0.0
        self._message = message
        self._static = testbed.node.create_publisher(message, topics[1], QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        self._static.publish(message(transforms=[
            transform('mast', 'camera_optical_frame', 0.0, OPTICAL)]))
        self.timer = testbed.keep_publishing(topics[0], self.make)

    def make(self):
        moving = transform('base_footprint', 'mast', self.height, (0.0, 0.0, 0.0, 1.0))
        moving.header.stamp = to_time(round((time.time() + self.ahead) * 1e9))
        return self._message(transforms=[moving])


def transform(parent, frame, height, turn):
    message = TransformStamped(child_frame_id=frame)
    message.header.frame_id = parent
    message.transform.translation.z = height
    rotation = message.transform.rotation
    rotation.x, rotation.y, rotation.z, rotation.w = turn
    return message


def start_robot(testbed, *arguments):
    """Start all of a robot but its TF."""
    testbed.start_seg_node(*arguments, **{
        **GROUND, 'mounting_source': 'tf', 'mounting__camera__height': 0.0})
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))


@pytest.fixture
def mast(testbed, tf_message):
    """Return the TF of a robot that says GO."""
    mast = Mast(testbed, tf_message)
    start_robot(testbed)
    testbed.wait_for_go()
    return mast


def test_a_transform_that_is_missing_is_told_in_a_line(testbed, tf_message):
    start_robot(testbed)
    testbed.wait_for_stop('no_transform', "no transform from 'base_footprint' to "
                                          "'camera_optical_frame': nothing tells where")
    assert len(testbed.states[-1].text.splitlines()) == 1
    assert all(testbed.next_stops(20))
    assert testbed.counted('no_view') > 0
    mast = Mast(testbed, tf_message)
    testbed.wait_for_go()
    assert mast.height == 1.0


def test_a_publisher_that_dies_ends_go(testbed, mast):
    mast.timer.cancel()
    testbed.wait_for_stop('no_transform', 'newest transform arrived')
    assert all(testbed.next_stops(20))


def test_a_mounting_that_changes_ends_go_until_it_is_earned_anew(testbed, mast):
    begin = len(testbed.states)
    mast.height = 0.6
    testbed.wait_for(lambda: any(
        state.reason == 'camera_changed' and 'mounting has changed by 0.40 m' in state.text
        for state in testbed.states[begin:]), 'camera_changed')
    testbed.wait_for_go()


def test_stamps_that_lay_ahead_are_forgotten(testbed, mast):
    mast.ahead = 60.0
    testbed.wait_for_stop('no_transform', 's in the future')
    mast.ahead, mast.height = 0.0, 0.6
    testbed.wait_for_go()


def test_tf_may_be_in_a_namespace(testbed, tf_message):
    mast = Mast(testbed, tf_message, ('/robot/tf', '/robot/tf_static'))
    start_robot(testbed, '-r', '__ns:=/', '-r', '/tf:=/robot/tf',
                '-r', '/tf_static:=/robot/tf_static')
    testbed.wait_for_go()
    mast.timer.cancel()
    testbed.wait_for_stop('no_transform')
