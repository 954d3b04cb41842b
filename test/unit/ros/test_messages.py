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
"""Images and numbers to messages and back."""

from __future__ import annotations

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('sensor_msgs')

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from seg_node.perception.images.errors import ImageError
from seg_node.ros.messages import (
    decode_message,
    ImageMessage,
    key_values,
    stamp_ns,
    stamp_text,
    to_jpeg,
)

HEADER = Header(stamp=Time(sec=12, nanosec=34), frame_id='front')
IMAGE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def test_a_colour_image_survives_the_round():
    message = ImageMessage().fill(IMAGE, HEADER)
    assert (message.height, message.width, message.encoding, message.step) == (5, 7, 'bgr8', 21)
    assert message.header == HEADER
    np.testing.assert_array_equal(decode_message(message).bgr, IMAGE)


@pytest.mark.parametrize('plane', [IMAGE[:, :, 0], IMAGE[::2, ::3, 1], IMAGE[:1, :1, 2]])
def test_planes_become_mono8_whatever_their_memory_layout(plane):
    message = ImageMessage().fill(plane, HEADER)
    height, width = plane.shape
    assert (message.height, message.width, message.encoding, message.step) == (
        height, width, 'mono8', width)
    assert bytes(message.data) == plane.tobytes()


def test_one_message_carries_pictures_of_any_shape_one_after_the_other():
    image = ImageMessage()
    large = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300
    for pixels, encoding in ((large, 'mono16'), (large[::-1, ::-1], 'mono16'), (IMAGE, 'bgr8'),
                             (IMAGE[:, :, 0], 'mono8'), (large, 'mono16')):
        message = image.fill(pixels, HEADER)
        assert (message.height, message.width, message.encoding) == (*pixels.shape[:2], encoding)
        assert message.step * message.height == len(message.data) == pixels.nbytes
        assert bytes(message.data) == pixels.tobytes()


def test_a_jpeg_is_one():
    message = to_jpeg(np.full((48, 64, 3), (30, 200, 20), np.uint8), HEADER, 90)
    assert message.header == HEADER
    assert 'jpeg' in message.format
    image = decode_message(message).bgr
    assert image.shape == (48, 64, 3)
    assert np.abs(image.astype(int) - (30, 200, 20)).max() < 8


def test_a_image_says_what_the_camera_sent():
    message = to_jpeg(np.zeros((480, 640, 3), np.uint8), HEADER, 90)
    for least, shape in ((None, (480, 640, 3)), ((320, 192), (240, 320, 3))):
        image = decode_message(message, least)
        assert (image.width, image.height, image.encoding) == (640, 480, message.format)
        assert image.bgr.shape == shape
    raw = decode_message(ImageMessage().fill(IMAGE, HEADER), (1, 1))
    assert (raw.width, raw.height, raw.encoding) == (7, 5, 'bgr8')
    assert raw.bgr.shape == (5, 7, 3)


def test_a_png_is_read_by_its_bytes():
    data = cv2.imencode('.png', IMAGE)[1].tobytes()
    read = decode_message(CompressedImage(format='png', data=data))
    np.testing.assert_array_equal(read.bgr, IMAGE)


@pytest.mark.parametrize('message', [Image(), CompressedImage()], ids=['raw', 'compressed'])
def test_empty_messages_are_image_errors(message):
    with pytest.raises(ImageError):
        decode_message(message)


@given(sec=st.integers(-2**31, 2**31 - 1), nanosec=st.integers(0, 2**32 - 1))
def test_every_stamp_has_seconds_and_text(sec, nanosec):
    stamp = Time(sec=sec, nanosec=nanosec)
    assert stamp_ns(stamp) == sec * 10**9 + nanosec
    whole, _, fraction = stamp_text(stamp_ns(stamp)).partition('.')
    assert int(whole) * 10**9 + int(fraction) == stamp_ns(stamp)
    assert len(fraction) == 9


def test_numbers_become_short_text():
    pairs = key_values({'a': 1 / 3, 'b': 7, 'c': 'text', 'd': float('nan')})
    assert [(pair.key, pair.value) for pair in pairs] == [
        ('a', '0.3333'), ('b', '7'), ('c', 'text'), ('d', 'nan')]
