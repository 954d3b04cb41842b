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
"""What the node says of topics that give nothing, of clocks, and of a second publisher."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
import pytest
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from helpers.fake_camera import raw, road
from seg_node.tools.common.camera_messages import to_time


def status_of(testbed, about):
    for status in testbed.diagnostics[-1].status if testbed.diagnostics else ():
        if status.name == f'{testbed.name}: {about}':
            return status
    return DiagnosticStatus()


def wait_for_words(testbed, about, words, level=None):
    def said():
        status = status_of(testbed, about)
        return words in status.message and level in (None, status.level)
    testbed.wait_for(said, f'{about}: {words}')


def stamps(seconds):
    """Return what gives stamps from what gives seconds."""
    return lambda: to_time(round(seconds() * 1e9))


def test_no_image_names_the_topic_and_what_there_is(testbed):
    testbed.start_seg_node(autostart=True)
    nobody = 'nobody publishes /camera/image_raw (sensor_msgs/msg/Image)'
    testbed.wait_for_stop('no_image', nobody)
    wait_for_words(testbed, 'camera', f'no images; {nobody}', DiagnosticStatus.ERROR)
    front = testbed.node.create_publisher(Image, '/front/image_raw', 5)
    testbed.wait_for_stop('no_image', 'there is /front/image_raw')
    testbed.node.create_publisher(CompressedImage, '/camera/image_raw/compressed', 5)
    testbed.wait_for_stop('no_image', 'there is /camera/image_raw/compressed (set transport: '
                                      'compressed), /front/image_raw')
    testbed.node.destroy_publisher(front)
    testbed.node.create_publisher(Image, '/camera/image_raw', 5)
    testbed.wait_for_stop('no_image', '/camera/image_raw is published by /testbed (reliable)')
    wait_for_words(testbed, 'camera', 'published by /testbed (reliable)', DiagnosticStatus.ERROR)
    testbed.wait_for(lambda: 'camera: no images; ' in testbed.process.output, 'a warning')


def test_images_of_another_type_are_named(testbed):
    testbed.start_seg_node('-r', 'camera/image_raw:=/front/image', autostart=True)
    testbed.node.create_publisher(CompressedImage, '/front/image', 5)
    testbed.wait_for_stop('no_image', '/front/image is published as sensor_msgs/msg/'
                                      'CompressedImage by /testbed, not as sensor_msgs/msg/Image')


def test_camera_info_odometry_and_commands_are_named(testbed):
    testbed.start_seg_node(
        autostart=True, geometry='ground', vehicle__width=1.0, vehicle__max_speed=0.5,
        cameras=['camera', 'rear'], mounting__camera__height=1.0, mounting__rear__height=1.0,
        role__camera__direction='forward', role__rear__direction='reverse')
    for name in ('camera', 'rear'):
        testbed.start_camera(raw(road()), name)
    testbed.wait_for_stop('no_camera_info', 'nobody publishes /camera/camera_info')
    testbed.node.create_publisher(CameraInfo, '/front/camera_info', 5)
    testbed.wait_for_stop('no_camera_info', 'there is /front/camera_info')
    testbed.node.create_publisher(Odometry, '/ekf/odom', 5)
    wait_for_words(testbed, 'odometry', 'nobody publishes /odom (nav_msgs/msg/Odometry); there is '
                                        '/ekf/odom')
    testbed.node.create_publisher(TwistStamped, '/cmd_vel', 5)
    testbed.wait_for_diagnostics(
        'inputs', lambda values: values.get('/cmd_vel', '').startswith(
            '/cmd_vel is published by /testbed'), 'the publisher of commands')


def test_simulated_time_without_a_clock_is_named(testbed):
    testbed.start_seg_node(autostart=True, use_sim_time=True)
    testbed.wait_for_stop('no_image', 'use_sim_time is set, nobody publishes /clock')
    testbed.start_camera(raw(road()))
    testbed.wait_for_stop('stamp_in_future', 'use_sim_time is set and no /clock has come')


def test_a_clock_that_is_not_listened_to_is_named(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.node.create_publisher(Clock, '/clock', 5)
    testbed.start_camera(raw(road()), stamps=stamps(lambda: time.time() - 3e7))
    testbed.wait_for_stop('stale_stamp', '/clock is published: set use_sim_time')


@pytest.mark.parametrize(('stamp', 'reason', 'words'), [
    (lambda: 0.0, 'stale_stamp', 'it is not stamped (0)'),
    (time.monotonic, 'stale_stamp', 'a monotonic clock'),
    (lambda: time.time() - 7200.0, 'stale_stamp', '2.00 h (a time zone?) behind ROS time'),
    (lambda: time.time() + 7200.0, 'stamp_in_future', '2.00 h (a time zone?) ahead of ROS time'),
], ids=['zero', 'monotonic', 'behind', 'ahead'])
def test_the_clock_of_a_camera_is_named_where_it_is_wrong(testbed, stamp, reason, words):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()), stamps=stamps(stamp))
    testbed.wait_for_stop(reason, words)
    assert '/clock' not in testbed.states[-1].text


def test_a_second_publisher_of_what_the_decision_rests_on_is_told(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    wait_for_words(testbed, 'inputs', 'one publisher at most', DiagnosticStatus.OK)
    second = testbed.node.create_publisher(Image, 'camera/image_raw', 5)
    wait_for_words(testbed, 'inputs', '2 publishers of /camera/image_raw', DiagnosticStatus.WARN)
    testbed.node.destroy_publisher(second)
    wait_for_words(testbed, 'inputs', 'one publisher at most', DiagnosticStatus.OK)
    for _ in range(2):
        testbed.node.create_publisher(Odometry, 'odom', 5)
    wait_for_words(testbed, 'inputs', '2 publishers of /odom', DiagnosticStatus.WARN)
