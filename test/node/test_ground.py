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
"""The corridor on the ground: camera_info, mounting, speed and distances, over DDS."""

from __future__ import annotations

import time

from geometry_msgs.msg import Twist, TwistStamped
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, Range

from helpers.fake_camera import HEIGHT, raw, RED, road, WIDTH
from helpers.on_ground import camera_info, GROUND, odometry, road_with_block
from seg_node.tools.common.camera_messages import to_time


def test_a_free_road_is_go_with_camera_info_only(testbed):
    testbed.start_seg_node(**GROUND)
    testbed.start_camera(raw(road()))
    testbed.wait_for_stop('no_camera_info', 'no camera_info has arrived')
    assert all(testbed.next_stops(20))
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.wait_for_go()
    values = testbed.states[-1].values
    assert 3.0 < float(values['camera.required_distance']) < 4.2
    assert float(values['camera.free_distance']) > 6.0


@pytest.mark.parametrize(('info', 'words'), [
    (camera_info(640, 480), 'camera_info is for 640x480, the images are 128x64'),
    (camera_info(focal=0.0), 'fx: 0.0 is no focal length'),
    (camera_info(focal=float('nan')), 'fx: nan'),
], ids=['size', 'zero focal length', 'nan'])
def test_camera_info_that_cannot_be_used_is_stop(testbed, info, words):
    testbed.start_seg_node(**GROUND)
    testbed.keep_publishing('camera/camera_info', info)
    testbed.start_camera(raw(road()))
    testbed.wait_for_stop('no_camera_info', words)
    assert all(testbed.next_stops(20))
    assert testbed.counted('no_view') > 0
    # The same place in the code has warned before, of no camera_info at all.
    testbed.wait_for(lambda: words in testbed.process.output, 'a throttled warning')


@pytest.mark.parametrize(('parameters', 'words'), [
    ({'mounting__camera__height': 0.0}, 'mounting.camera.height: not set'),
    ({'vehicle__width': 0.0}, 'vehicle.width: not set'),
    ({'vehicle__max_speed': 0.0}, 'vehicle.max_speed: not set'),
], ids=lambda value: str(value)[:30])
def test_a_geometry_that_is_not_set_up_is_refused(testbed, parameters, words):
    node = testbed.start_seg_node(**{**GROUND, **parameters})
    testbed.wait_for(lambda: words in node.output, words)
    testbed.wait_for_stop('not_configured', words)
    assert all(testbed.next_stops())
    assert not testbed.client.change_state('configure')
    testbed.wait_for_stop('not_configured', words)


def kept(reliability=ReliabilityPolicy.RELIABLE, depth=1):
    """Return the QoS of a driver that sends once and keeps it for those who come later."""
    return QoSProfile(depth=depth, reliability=reliability,
                      durability=DurabilityPolicy.TRANSIENT_LOCAL)


def test_camera_info_sent_once_before_the_node_starts_is_heard(testbed):
    testbed.node.create_publisher(CameraInfo, 'camera/camera_info', kept()).publish(camera_info())
    testbed.start_seg_node(**{**GROUND, 'autostart': False})
    testbed.start_camera(raw(road()))
    for way in (['configure', 'activate'], ['deactivate', 'activate'],
                ['deactivate', 'cleanup', 'configure', 'activate']):
        testbed.client.reach(*way)
        since = time.monotonic()
        testbed.wait_for(lambda since=since: testbed.listener.goes(since), f'GO after {way}')


def test_camera_info_of_other_kinds_of_publisher_is_heard_beside_it(testbed):
    """Volatile ones send again and again; whoever keeps it may also send it with each image."""
    testbed.start_seg_node(**GROUND)
    testbed.start_camera(raw(road()))
    testbed.wait_for_stop('no_camera_info')
    best_effort = ReliabilityPolicy.BEST_EFFORT
    for qos in (QoSProfile(depth=5), QoSProfile(depth=5, reliability=best_effort),
                kept(best_effort), kept(depth=10)):
        publisher = testbed.node.create_publisher(CameraInfo, 'camera/camera_info', qos)
        timer = testbed.node.create_timer(
            0.05, lambda publisher=publisher: publisher.publish(camera_info()))
        testbed.client.reach('deactivate', 'activate')
        since = time.monotonic()
        testbed.wait_for(lambda since=since: testbed.listener.goes(since), f'GO with {qos}')
        timer.cancel()
        testbed.node.destroy_publisher(publisher)
        testbed.client.reach('deactivate', 'activate')
        testbed.wait_for_stop('no_camera_info')


def test_a_mounting_that_cannot_be_is_stop_until_it_is_tuned(testbed):
    testbed.start_seg_node(**GROUND, mounting__camera__pitch=-0.2)
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))
    testbed.wait_for_stop('mounting_doubtful', 'above the horizon of the mounting')
    assert all(testbed.next_stops(20))
    assert testbed.client.set_parameter('mounting.camera.pitch', 0.0).successful
    testbed.wait_for_go()


def test_another_mounting_takes_go_away(testbed):
    testbed.start_seg_node(**GROUND, stop_go__go_hold=1.0)
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    assert testbed.client.set_parameter('mounting.camera.height', 1.1).successful
    assert all(testbed.next_stops(5))
    testbed.wait_for_go()
    refused = testbed.client.set_parameter('mounting.camera.height', 0.0)
    assert not refused.successful and 'mounting.camera.height: not set' in refused.reason
    assert not any(testbed.next_stops(5))


@pytest.mark.parametrize('rotation', [90, 180, 270])
def test_a_camera_that_is_turned_goes_and_answers_in_its_own_picture(testbed, rotation):
    upright = road_with_block(6.5)
    sent = np.ascontiguousarray(np.rot90(upright, rotation // 90))
    height, width = sent.shape[:2]
    masks = testbed.subscribe(Image, '/camera/segmentation/mask')
    confidences = testbed.subscribe(Image, '/camera/segmentation/confidence')
    overlays = testbed.subscribe(Image, '/camera/segmentation/overlay')
    testbed.start_seg_node(**GROUND, rotation__camera=rotation)
    testbed.keep_publishing('camera/camera_info', camera_info(width, height))
    testbed.start_camera(raw(sent))
    testbed.wait_for_go()
    testbed.wait_for(lambda: masks and confidences and overlays, 'masks, confidence and overlay')
    for image in (masks[-1], confidences[-1], overlays[-1]):
        assert (image.width, image.height) == (width, height)
    mask = np.frombuffer(masks[-1].data, np.uint8).reshape(height, width)
    red = (sent == RED).all(axis=2)
    # The network has half of its size, so that the block's edges fall between pixels.
    assert (mask[red] == 3).mean() > 0.6, 'the block lies where the camera has it'
    assert not (mask[~red] == 3).any()
    values = testbed.states[-1].values
    assert 4.5 < float(values['camera.free_distance']) <= 6.5


def test_a_picture_that_is_not_turned_does_not_go(testbed):
    testbed.start_seg_node(**GROUND)
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(np.ascontiguousarray(road()[::-1, ::-1])))
    testbed.wait_for_stop('mounting_doubtful')
    assert all(testbed.next_stops(20))


def test_the_faster_the_farther_it_must_be_clear(testbed):
    testbed.start_seg_node(**{**GROUND, 'vehicle__max_speed': 5.0})
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road_with_block(6.5)))
    testbed.wait_for_stop('blocked', 'path blocked at')      # at 5 m/s, for all that is known
    slow = testbed.keep_publishing('odom', odometry(0.2))
    testbed.wait_for_go()
    slow.cancel()
    testbed.wait_for_stop('blocked')                        # odom has fallen silent
    testbed.keep_publishing('odom', odometry(3.0))
    testbed.wait_for_stop('blocked')


def test_a_turn_bends_the_corridor(testbed):
    testbed.start_seg_node(**{**GROUND, 'ground__max_range': 6.0})
    testbed.keep_publishing('camera/camera_info', camera_info())
    image = road()
    image[HEIGHT // 2:, WIDTH // 2 + 26:] = RED          # on the right
    testbed.start_camera(raw(image))
    left = testbed.keep_publishing('odom', odometry(0.4, 0.04))
    testbed.wait_for_go()
    left.cancel()
    testbed.keep_publishing('odom', odometry(0.4, -0.06))
    testbed.wait_for_stop('blocked')


def test_free_distance_is_told_in_metres(testbed):
    testbed.start_seg_node(**{**GROUND, 'vehicle__front': 0.4})
    testbed.keep_publishing('camera/camera_info', camera_info())
    camera = testbed.start_camera(raw(road_with_block(6.0)))
    ranges = testbed.subscribe(Range, '/seg_node/free_distance')
    testbed.wait_for_go()
    testbed.wait_for(lambda: ranges and ranges[-1].range > 1.0, 'a distance')
    assert 4.5 < ranges[-1].range <= 6.0
    assert ranges[-1].header.frame_id == 'base_footprint'
    assert ranges[-1].min_range <= ranges[-1].range <= ranges[-1].max_range
    camera.stop()
    testbed.wait_for_stop('stale')
    testbed.wait_for(lambda: ranges[-1].range == ranges[-1].min_range, 'nothing free')


def test_cameras_count_for_the_direction_that_is_driven(testbed):
    setup = {f'mounting__{name}__height': 1.0 for name in ('camera', 'rear')}
    testbed.start_seg_node(**{
        **GROUND, **setup, 'cameras': ['camera', 'rear'], 'mounting__rear__yaw': float(np.pi),
        'role__camera__direction': 'forward', 'role__rear__direction': 'reverse'})
    for name in ('camera', 'rear'):
        testbed.keep_publishing(f'{name}/camera_info', camera_info())
    testbed.start_camera(raw(road()), 'camera')
    testbed.start_camera(raw(road_with_block(3.6)), 'rear')
    forward = Twist()
    forward.linear.x = 0.3
    command = testbed.keep_publishing('cmd_vel', forward)
    testbed.wait_for_stop('blocked', 'rear: ')                # nothing tells how it moves
    standing = testbed.keep_publishing('odom', odometry(0.0))
    testbed.wait_for_go()
    command.cancel()
    testbed.wait_for_stop('blocked', 'rear: ')
    standing.cancel()
    testbed.keep_publishing('odom', odometry(-0.3))
    testbed.wait_for_stop('blocked', 'rear: ')


def test_a_stamped_command_tells_the_direction_while_its_stamp_is_of_now(testbed):
    testbed.start_seg_node(**{
        **GROUND, 'mounting__camera__yaw': float(np.pi), 'role__camera__direction': 'reverse'})
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))
    testbed.keep_publishing('odom', odometry(0.0))
    backward = TwistStamped()
    backward.twist.linear.x = -0.3
    publisher = testbed.node.create_publisher(TwistStamped, 'cmd_vel', 5)
    offset = [0.0]

    def command():
        backward.header.stamp = to_time(time.time_ns() + round(offset[0] * 1e9))
        publisher.publish(backward)

    timer = testbed.node.create_timer(0.05, command)
    testbed.wait_for_go()
    for offset[0] in (-1.0, 3600.0):
        testbed.wait_for_stop('unwatched_way', 'no required camera watches the forward direction')
        offset[0] = 0.0
        testbed.wait_for_go()
    timer.cancel()
