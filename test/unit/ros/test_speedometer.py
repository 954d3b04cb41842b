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

"""Odometry is believed as long as its stamps and arrivals are fit to be."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip('nav_msgs')

from nav_msgs.msg import Odometry

from seg_node.ros.speedometer import Speedometer
from seg_node.stop_go import Instant, Limits, Motion
from seg_node.tools.common.camera_messages import to_time

NAN = float('nan')


class Robot:
    """A speedometer with clocks that stand until they are told, and what it logs."""

    def __init__(self):
        self.now = Instant(10.0, 1000.0)
        self.warnings = []
        logger = SimpleNamespace(warning=lambda text, **_: self.warnings.append(text))
        node = SimpleNamespace(
            get_logger=lambda: logger,
            create_subscription=lambda kind, topic, take, qos: setattr(self, topic, take))
        clocks = SimpleNamespace(now=lambda: self.now)
        self.limits = Limits()
        self.meter = Speedometer(node, clocks, lambda: self.limits)

    def wait(self, seconds, ros=None):
        self.now = Instant(self.now.steady + seconds,
                           self.now.ros + (seconds if ros is None else ros))

    def tell(self, forward=0.0, left=0.0, yaw_rate=0.0, stamp=None, x=0.0):
        message = Odometry()
        message.pose.pose.position.x = x
        message.header.stamp = to_time(round((self.now.ros if stamp is None else stamp) * 1e9))
        message.twist.twist.linear.x, message.twist.twist.linear.y = forward, left
        message.twist.twist.angular.z = yaw_rate
        self.odom(message)
        return self.meter.motion()


def test_nothing_is_known_before_the_first():
    assert Robot().meter.read() == (None, 'no odometry')


def test_speed_forward_and_sideways_and_yaw_rate_are_read():
    assert Robot().tell(1.0, -2.0, 0.5) == Motion(1.0, 0.5, -2.0)


@pytest.mark.parametrize(('waits', 'words'), [
    ((0.6, None), 'newest odometry arrived 0.60 s ago, limit 0.50 s'),
    ((0.1, 0.6), '0.60 s old by its stamp'), ((0.1, -0.2), 'ROS time went back'),
    ((0.6, 0.0), 'arrived 0.60 s ago')])
def test_it_ages_on_both_clocks(waits, words):
    robot = Robot()
    robot.tell(0.5)
    robot.wait(*waits)
    assert robot.meter.motion() is None
    assert words in robot.meter.read()[1]


@pytest.mark.parametrize('stamp', [
    lambda now: 1000.0 - 3600.0, lambda now: 0.0, lambda now: now + 0.2, lambda now: now + 60.0,
    lambda now: 999.9, lambda now: 2000.0 - now], ids=[
    'an hour old', 'zero', 'ahead', 'far ahead', 'frozen', 'backwards'])
def test_wrong_stamps_are_counted_logged_and_not_believed(stamp):
    robot = Robot()
    robot.tell(0.2, stamp=stamp(1000.0))
    for _ in range(20):
        robot.wait(0.02)
        assert robot.tell(0.2, stamp=stamp(robot.now.ros)) is None
    assert robot.meter.refused >= 20
    assert 'the speed counts as unknown' in robot.warnings[-1]


def test_the_last_message_again_and_again_is_worth_nothing():
    """As a driver does that hangs, or a bag of an hour ago."""
    robot = Robot()
    assert robot.tell(0.2) == Motion(0.2)
    stamp = robot.now.ros
    for _ in range(20):
        robot.wait(0.02)
        assert robot.tell(0.2, stamp=stamp) is None


def test_it_is_believed_again_after_a_time_without_a_fault():
    robot = Robot()
    robot.tell(0.2, stamp=1060.0)
    told = []
    for _ in range(20):
        robot.wait(0.05)
        told.append(robot.tell(0.2))
    assert told[9] is None and told[11:] == [Motion(0.2)] * 9


@pytest.mark.parametrize('name', ['forward', 'left', 'yaw_rate'])
def test_what_is_no_number_makes_the_speed_unknown_at_once(name):
    robot = Robot()
    robot.tell(0.2)
    robot.wait(0.02)
    assert robot.tell(**{name: NAN}) is None
    assert 'are no numbers' in robot.warnings[-1]
    robot.wait(0.02)
    assert robot.tell(0.3) == Motion(0.3)


def test_the_limits_of_now_count():
    robot = Robot()
    robot.tell(0.2)
    robot.wait(0.3)
    assert robot.meter.motion() == Motion(0.2)
    robot.limits = Limits(vehicle=type(robot.limits.vehicle)(odometry_timeout=0.2))
    assert robot.meter.motion() is None


def test_the_place_is_that_at_the_stamp_of_an_image():
    robot = Robot()
    for index in range(10):
        robot.tell(2.0, x=0.2 * index)
        robot.wait(0.1)
    assert robot.meter.place(1000.45).x == pytest.approx(0.9)
    assert robot.meter.place_problem == ''
    robot.wait(1.0)
    assert robot.meter.place(1000.45) is None
    assert 'arrived' in robot.meter.place_problem


def test_poses_that_do_not_move_are_said_and_not_believed():
    robot = Robot()
    for _ in range(10):
        robot.tell(2.0)
        robot.wait(0.1)
    assert robot.meter.motion() == Motion(2.0)
    assert robot.meter.place(1000.85) is None
    assert 'do not move as its speed tells' in robot.meter.place_problem
    assert 'nothing new is remembered' in robot.warnings[-1]


@pytest.mark.parametrize('x', [NAN, float('inf')])
def test_a_pose_that_is_none_leaves_the_speed(x):
    robot = Robot()
    assert robot.tell(1.0, x=x) == Motion(1.0)
    assert robot.meter.place(1000.0) is None
    assert 'no number' in robot.meter.place_problem
    robot.wait(0.1)
    robot.tell(1.0, x=3.0)
    assert robot.meter.place(1000.1).x == 3.0


def test_jumps_of_the_poses_are_counted():
    robot = Robot()
    for x in (0.0, 50.0, 0.0):
        robot.tell(1.0, x=x)
        robot.wait(0.1)
    assert robot.meter.jumps == 2
