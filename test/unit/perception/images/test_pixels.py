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

"""Pixels as they were sent: what is taken of some of them is what the whole picture has there."""

from __future__ import annotations

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.images.raw import decode_raw, read_raw
from seg_node.perception.images.raw_image import RawImage
from seg_node.perception.images.rotation import Rotation


@st.composite
def pictures(draw):
    """Return pixels of any layout and size, of rows that are padded or not."""
    layout = draw(st.sampled_from(Layout))
    across, down = layout.shared
    width, height = across * draw(st.integers(1, 90)), down * draw(st.integers(1, 60))
    step = width * layout.pixel_bytes + draw(st.integers(0, 9))
    size = step * height * 3 // 2 if layout.is_planar else step * height
    data = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, size, np.uint8)
    return read_raw(RawImage(height, width, layout.name.lower(), False, step, data.tobytes()))


def grey(bgr):
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


def smaller(bgr, size):
    return cv2.resize(bgr, size, interpolation=cv2.INTER_NEAREST)


@settings(max_examples=200)
@given(pictures(), st.data())
def test_samples_are_what_the_whole_has_there(pixels, data):
    width, height = pixels.width, pixels.height
    assert pixels.bgr.shape == (height, width, 3)
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    np.testing.assert_array_equal(pixels.grey(size), grey(smaller(pixels.bgr, size)))
    rows = np.array(data.draw(st.lists(st.integers(0, height - 1), min_size=1, max_size=9)))
    np.testing.assert_array_equal(pixels.grey_rows(rows), grey(pixels.bgr[rows]))
    count = data.draw(st.integers(1, width))
    step = data.draw(st.integers(1, max(1, (width - 1) // max(1, count - 1))))
    first = data.draw(st.integers(0, width - 1 - step * (count - 1)))
    np.testing.assert_array_equal(
        pixels.green_columns(first, step, count), pixels.bgr[:, first::step, 1][:, :count])


@pytest.mark.parametrize('layout', Layout)
@pytest.mark.parametrize('size', [(640, 480), (1280, 720), (1920, 1080), (848, 480), (2448, 2048)])
def test_the_small_picture_of_a_camera(layout, size):
    data = np.random.default_rng(0).integers(0, 256, size[0] * size[1] * 4, np.uint8)
    pixels = Pixels.within(data, layout, *size)
    assert (pixels.width, pixels.height) == size
    np.testing.assert_array_equal(
        pixels.grey((256, 144)), grey(smaller(pixels.bgr, (256, 144))))


@pytest.mark.parametrize('layout', Layout)
def test_pixels_within_memory_are_those_of_a_message(layout):
    width, height = 10, 6
    size = width * height * layout.pixel_bytes * (3 if layout.is_planar else 2) // 2
    memory = np.arange(size, dtype=np.uint8)
    inside = Pixels.within(memory, layout, width, height)
    assert sum(plane.nbytes for plane in inside.planes) == size
    assert all(np.shares_memory(plane, memory) for plane in inside.planes)
    sent = RawImage(height, width, layout.name.lower(), False, width * layout.pixel_bytes, memory)
    np.testing.assert_array_equal(inside.bgr, decode_raw(sent))


@given(pictures())
def test_only_what_is_not_taken_as_it_is_gets_converted(pixels):
    image = CameraImage.as_sent(pixels, 'told')
    assert image.among(frozenset(Layout)).pixels is pixels
    converted = image.among(frozenset({Layout.BGR8}))
    assert converted.pixels.layout is Layout.BGR8
    np.testing.assert_array_equal(converted.bgr, pixels.bgr)
    assert (converted.width, converted.height, converted.encoding) == (
        pixels.width, pixels.height, 'told')
    assert image.turned(Rotation.NONE).sent is pixels


@given(pictures(), st.sampled_from(Rotation))
def test_a_turned_picture_is_known_as_it_was_sent(pixels, rotation):
    turned = CameraImage.as_sent(pixels).turned(rotation)
    np.testing.assert_array_equal(turned.sent.bgr, pixels.bgr)
    np.testing.assert_array_equal(turned.bgr, rotation.upright(pixels.bgr))


@pytest.mark.parametrize('image', [
    np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8),
    np.zeros((4, 4, 3), np.float32), [[1]]])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(ValueError, match='must be'):
        Pixels.of(image)
