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
"""Cameras of all kinds in, images and decisions out."""

from __future__ import annotations

import signal

import cv2
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from helpers.fake_camera import blocked_road, BLUE, compressed, no_road, raw, road
from helpers.testbed import stamp_of

BACKGROUND, PATH, OBSTACLE = 0, 1, 3


def pixels(message):
    """Return the pixels of a mono8 or bgr8 Image."""
    channels = {'mono8': (), 'bgr8': (3,)}[message.encoding]
    assert message.step == message.width * max(1, *channels, 0)
    return np.frombuffer(message.data, np.uint8).reshape(
        message.height, message.width, *channels)


@pytest.mark.parametrize('reliability', ['RELIABLE', 'BEST_EFFORT'])
@pytest.mark.parametrize('make', [
    raw, compressed, lambda image: compressed(image, 'png')], ids=['raw', 'jpeg', 'png'])
def test_a_free_road_is_go(testbed, make, reliability):
    message = make(road())
    testbed.start_seg_node(
        autostart=True, transport='raw' if isinstance(message, Image) else 'compressed')
    testbed.start_camera(message, reliability=ReliabilityPolicy[reliability])
    testbed.wait_for_go()


def test_masks_have_the_header_and_size_of_the_image(testbed):
    masks = testbed.subscribe(Image, 'camera/segmentation/mask')
    confidences = testbed.subscribe(Image, 'camera/segmentation/confidence')
    testbed.start_seg_node(autostart=True)
    camera = testbed.start_camera(raw(blocked_road()))
    testbed.wait_for(lambda: len(masks) >= 3 and len(confidences) >= 3, 'masks and confidences')
    camera.stop()
    sent = {stamp_of(stamp) for stamp in camera.sent}
    for message in [*masks, *confidences]:
        assert message.encoding == 'mono8'
        assert message.header.frame_id == 'camera_optical_frame'
        assert stamp_of(message.header.stamp) in sent
    expected = np.full((64, 128), BACKGROUND, np.uint8)
    expected[32:] = PATH
    expected[40:56, 48:80] = OBSTACLE
    np.testing.assert_array_equal(pixels(masks[-1]), expected)
    np.testing.assert_array_equal(pixels(confidences[-1]), np.full((64, 128), 255))


@pytest.mark.parametrize('transport, message, size', [
    ('raw', raw, (320, 180)), ('compressed', compressed, (1024, 512))],
    ids=['raw', 'reduced jpeg'])
def test_overlays_are_images_of_the_same_size(testbed, transport, message, size):
    width, height = size
    shown = road(*size)
    overlays = testbed.subscribe(Image, 'camera/segmentation/overlay')
    jpegs = testbed.subscribe(CompressedImage, 'camera/segmentation/overlay/compressed')
    testbed.start_seg_node(autostart=True, transport=transport)
    camera = testbed.start_camera(message(shown))
    testbed.wait_for(lambda: overlays and jpegs, 'overlays')
    camera.stop()
    sent = {stamp_of(stamp) for stamp in camera.sent}
    assert {stamp_of(message.header.stamp) for message in [*overlays, *jpegs]} <= sent
    assert overlays[0].encoding == 'bgr8'
    overlay = pixels(overlays[0])
    assert overlay.shape == (height, width, 3)
    assert (overlay != shown).any()
    # The image is in it, in its place: what is drawn over it leaves the sky's blue.
    sky = overlay[height // 4:height // 3].astype(int)
    assert np.median(np.abs(sky - shown[0, 0])) < 100
    jpeg = cv2.imdecode(np.frombuffer(jpegs[0].data, np.uint8), cv2.IMREAD_COLOR)
    assert jpeg.shape == (height, width, 3)


def test_an_obstacle_stops_until_it_leaves(testbed):
    testbed.start_seg_node(autostart=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.message = raw(blocked_road())
    testbed.wait_for_stop('blocked', 'path blocked at')
    assert all(testbed.next_stops())
    camera.message = raw(road())
    testbed.wait_for_go()


def test_no_road_is_stop(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(no_road()))
    testbed.wait_for_stop('no_path')
    assert all(testbed.next_stops(20))
    assert all(testbed.stops)


def test_a_covered_lens_is_stop(testbed):
    testbed.start_seg_node(autostart=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.message = raw(np.full((64, 128, 3), BLUE, np.uint8))
    testbed.wait_for_stop('camera_covered')


def test_two_cameras_must_both_be_good(testbed):
    testbed.start_seg_node(autostart=True, cameras=['front', 'rear'])
    front = testbed.start_camera(raw(road()), 'front')
    testbed.wait_for_stop('no_image', 'rear: ')
    assert all(testbed.next_stops(20))
    rear = testbed.start_camera(raw(road()), 'rear')
    testbed.wait_for_go()
    front.message = raw(blocked_road())
    testbed.wait_for_stop('blocked', 'front: ')
    assert testbed.states[-1].values['rear.decision'] == 'go'
    front.message = raw(road())
    testbed.wait_for_go()
    rear.stop()
    testbed.wait_for_stop('stale', 'rear: ')
    assert all(testbed.next_stops(20))


def test_a_killed_camera_is_stop_until_it_is_back(testbed):
    testbed.start_seg_node(autostart=True)
    camera = testbed.start_module('helpers.fake_camera')
    testbed.wait_for_go()
    camera.kill()
    testbed.wait_for_stop('stale')
    assert all(testbed.next_stops())
    testbed.start_module('helpers.fake_camera')
    testbed.wait_for_go()


def test_size_encoding_and_rows_may_change_between_images(testbed):
    masks = testbed.subscribe(Image, 'camera/segmentation/mask')
    testbed.start_seg_node(autostart=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    small = road(96, 48)
    padded = np.zeros((48, 96 * 3 + 5), np.uint8)
    padded[:, :-5] = small.reshape(48, -1)
    for message in [
        raw(small),
        raw(cv2.cvtColor(road(320, 180), cv2.COLOR_BGR2RGBA), 'rgba8'),
        raw(padded, width=96),
        raw(cv2.cvtColor(road(), cv2.COLOR_BGR2RGB), 'rgb8'),
        raw(bayer_rggb(road(640, 480)), 'bayer_rggb8'),
    ]:
        begin = len(masks)
        camera.message = message
        size = message.width, message.height
        testbed.wait_for(lambda: size in [(m.width, m.height) for m in masks[begin:]],  # noqa: B023
                         f'a mask of {size}')
        path = pixels(next(m for m in masks[begin:] if (m.width, m.height) == size)) == PATH
        assert path[size[1] * 3 // 4].all()
        assert not path[size[1] // 4].any()
    # None of this was a reason to doubt.
    testbed.wait_for_go()
    assert testbed.counted('malformed') == 0


def bayer_rggb(image):
    """Return what a sensor with RGGB filters sees of a BGR image."""
    blue, green, red = cv2.split(image)
    sensor = green.copy()
    sensor[::2, ::2] = red[::2, ::2]
    sensor[1::2, 1::2] = blue[1::2, 1::2]
    return sensor


@pytest.mark.parametrize('order', ['>u2', '<u2'])
def test_grey_images_of_16_bits_are_read_in_their_byte_order(testbed, order):
    # 0x3201 is dark grey, 0xc801 light; with the bytes swapped both are nearly black.
    grey = np.full((64, 128), 0x3201, order)
    grey[32:] = 0xc801
    overlays = testbed.subscribe(Image, 'camera/segmentation/overlay')
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(grey, 'mono16', is_bigendian=order == '>u2'))
    # The tiny model sees no colour here and so no path, but it does see an image.
    testbed.wait_for_stop('no_path')
    testbed.wait_for(lambda: overlays, 'an overlay')
    assert testbed.counted('malformed') == 0


def test_images_that_never_arrived_are_counted(testbed):
    node = testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    images = testbed.subscribe(
        Image, 'camera/image_raw', reliability=ReliabilityPolicy.BEST_EFFORT)
    testbed.wait_for_go()
    node.send(signal.SIGSTOP)
    missed = len(images) + 30
    try:
        testbed.wait_for(lambda: len(images) >= missed, '30 images while the node is paused')
    finally:
        node.send(signal.SIGCONT)
    testbed.wait_for_diagnostics('camera', lambda values: int(values['lost']) > 0, 'lost images')


def test_odometry_is_shown_and_forgotten_when_it_ends(testbed):
    testbed.start_seg_node()
    odometry = testbed.node.create_publisher(Odometry, 'odom', 5)
    testbed.wait_for_subscription(odometry)
    message = Odometry()
    message.twist.twist.linear.x = 1.5

    def speed_is_shown(values):
        message.header.stamp = testbed.node.get_clock().now().to_msg()
        odometry.publish(message)
        return values.get('speed') == '1.5000'

    testbed.wait_for_diagnostics('odometry', speed_is_shown, 'speed')
    testbed.wait_for_diagnostics(
        'odometry', lambda values: values['speed'] == 'unknown', 'no speed')
