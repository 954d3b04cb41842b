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

"""Raw camera images: right colours, any layout, and nothing but ImageError."""

from __future__ import annotations

import array
import types

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.plain_images import mosaic_of, noise_image, smooth, yuv_planes
from seg_node.perception.images.errors import ImageError, MAX_SIDE
from seg_node.perception.images.raw import decode_raw, ENCODINGS
from seg_node.perception.images.raw_image import RawImage

CHANNELS = {'bgr8': 3, 'rgb8': 3, '8UC3': 3, 'bgra8': 4, 'rgba8': 4, '8UC4': 4, 'mono8': 1,
            '8UC1': 1, 'mono16': 2, 'yuv422': 2, 'uyvy': 2, 'yuv422_yuy2': 2, 'yuyv': 2}


def raw(pixels: np.ndarray, encoding: str, *, width: int | None = None, padding: int = 0,
        height: int | None = None, is_bigendian: bool = False) -> RawImage:
    """Return rows of bytes as a message, each row followed by padding bytes."""
    rows = pixels.reshape(pixels.shape[0], -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xA5)
    return RawImage(height or pixels.shape[0], width or pixels.shape[1], encoding, is_bigendian,
                    padded.shape[1], padded.tobytes())


sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
paddings = st.integers(0, 13)


@given(sizes, paddings)
def test_byte_orders_give_the_same_bgr_image(size, padding):
    bgr = noise_image(*size)
    alpha = np.full((*size, 1), 7, np.uint8)
    rgb = bgr[..., ::-1]
    for encoding, pixels in {
        'bgr8': bgr, '8UC3': bgr, 'rgb8': rgb, 'bgra8': np.concatenate([bgr, alpha], 2),
        '8UC4': np.concatenate([bgr, alpha], 2), 'rgba8': np.concatenate([rgb, alpha], 2),
    }.items():
        np.testing.assert_array_equal(decode_raw(raw(pixels, encoding, padding=padding)), bgr)


@given(sizes, paddings)
def test_mono_is_grey(size, padding):
    grey = noise_image(*size)[..., 0]
    for encoding in ('mono8', '8UC1'):
        decoded = decode_raw(raw(grey, encoding, padding=padding))
        np.testing.assert_array_equal(decoded, np.repeat(grey[..., None], 3, 2))


@given(sizes, paddings, st.booleans())
@example((3, 1), 1, True)
def test_mono16_is_scaled_in_either_byte_order(size, padding, is_bigendian):
    values = np.random.default_rng(1).integers(0, 65536, size).astype(np.uint16)
    stored = values.astype('>u2' if is_bigendian else '<u2').view(np.uint8)
    image = raw(stored, 'mono16', width=size[1], padding=padding, is_bigendian=is_bigendian)
    expected = np.rint(values / 65535 * 255).astype(np.uint8)
    np.testing.assert_array_equal(decode_raw(image), np.repeat(expected[..., None], 3, 2))


@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_patterns_give_back_the_colours(pattern):
    bgr = smooth(48, 64)
    decoded = decode_raw(raw(mosaic_of(bgr, pattern), f'bayer_{pattern}8', padding=5))
    inner = np.s_[2:-2, 2:-2]
    assert np.abs(decoded[inner].astype(int) - bgr[inner]).max() <= 6


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize(('encoding', 'order'), [
    ('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv'),
])
def test_yuv422(encoding, order, padding):
    bgr = smooth(20, 32)
    y, u, v = yuv_planes(bgr)
    packed = np.empty((20, 64), np.uint8)
    luma, chroma = (1, 0) if order == 'uyvy' else (0, 1)
    packed[:, luma::2] = y
    packed[:, chroma::4] = u[:, ::2]
    packed[:, chroma + 2::4] = v[:, ::2]
    decoded = decode_raw(raw(packed, encoding, width=32, padding=padding))
    assert np.abs(decoded.astype(int) - bgr).max() <= 8


@pytest.mark.parametrize('encoding', ['rgb8', 'bgra8', 'mono8', 'mono16', 'bayer_rggb8',
                                      'bayer_bggr8', 'bayer_gbrg8', 'bayer_grbg8', 'yuv422'])
def test_agrees_with_rosbags_image(encoding):
    rosbags_image = pytest.importorskip('rosbags.image', reason='rosbags-image not installed')
    channels = CHANNELS.get(encoding, 1)
    pixels = np.random.default_rng(2).integers(0, 256, (10, 12 * channels), dtype=np.uint8)
    image = raw(pixels, encoding, width=12)
    message = types.SimpleNamespace(
        __msgtype__='sensor_msgs/msg/Image', height=10, width=12, encoding=encoding,
        is_bigendian=0, step=image.step, data=np.frombuffer(image.data, np.uint8))
    expected = rosbags_image.message_to_cvimage(message, 'bgr8')
    assert np.abs(decode_raw(image).astype(int) - expected).max() <= 1


@pytest.mark.parametrize('padding', [0, 5])
def test_bgr8_is_a_read_only_view_on_the_data(padding):
    data = bytearray(raw(noise_image(6, 7), 'bgr8', padding=padding).data)
    decoded = decode_raw(RawImage(6, 7, 'bgr8', False, 21 + padding, data))
    assert not decoded.flags.writeable
    data[0] ^= 0xFF
    assert decoded[0, 0, 0] == data[0]


@pytest.mark.parametrize('kind', [
    bytes, bytearray, memoryview, lambda data: array.array('B', data),
    lambda data: np.frombuffer(data, np.uint8),
    lambda data: np.frombuffer(data, np.uint8).reshape(1, -1),
])
def test_any_buffer_is_taken(kind):
    bgr = noise_image(4, 5)
    image = RawImage(4, 5, 'rgb8', False, 15, kind(bgr[..., ::-1].tobytes()))
    np.testing.assert_array_equal(decode_raw(image), bgr)


def test_the_last_row_may_lack_its_padding_and_extra_data_is_ignored():
    bgr = noise_image(4, 5)
    image = raw(bgr, 'bgr8', padding=9)
    for data in (image.data[:-9], image.data + bytes(100)):
        shown = decode_raw(RawImage(4, 5, 'bgr8', False, image.step, data))
        np.testing.assert_array_equal(shown, bgr)


@pytest.mark.parametrize(('image', 'message'), [
    (RawImage(0, 5, 'bgr8', False, 15, b'0'), '5x0'),
    (RawImage(5, -1, 'bgr8', False, 15, b'0'), '-1x5'),
    (RawImage(MAX_SIDE + 1, 1, 'mono8', False, 1, b'0'), '16384'),
    (RawImage(2**32 - 1, 2**32 - 1, 'bgr8', False, 2**32 - 1, b'0'), '16384'),
    (RawImage(16384, 16384, 'bgr8', False, 49152, b'0'), 'has 1 bytes of data, needs 805306368'),
    (RawImage(2, 5, 'bgr8', False, 14, bytes(99)), 'step 14; a row takes at least 15'),
    (RawImage(2, 5, 'bgr8', False, 15, bytes(29)), 'has 29 bytes of data, needs 30'),
    (RawImage(2, 5, 'bgr8', False, 15, b''), 'no data'),
    (RawImage(2, 5, 'uyvy', False, 10, bytes(99)), 'must be even'),
    (RawImage(4, 5, 'nv12', False, 5, bytes(99)), 'both must be even'),
    (RawImage(3, 4, 'nv21', False, 4, bytes(99)), 'both must be even'),
    (RawImage(4, 4, 'nv12', False, 4, bytes(23)), 'has 23 bytes of data, needs 24'),
    (RawImage(2, 2, 'bayer_rggb8', False, 2, bytes(4)), 'at least 3x3'),
    (RawImage(2, 2, 'bgr9', False, 6, bytes(99)), 'supported are bgr8, rgb8'),
    (RawImage(2, 2, 'x' * 10**6, False, 6, bytes(99)), "'x{60}'... is not supported"),
    (RawImage(2, 2, 'bgr8', False, 6, np.zeros((4, 24), np.uint8)[:, ::2]), 'not a contiguous'),
    (RawImage(2, 2, 'bgr8', False, 6, [0] * 12), 'list, not a contiguous'),  # type: ignore
])
def test_malformed_images_are_refused_with_the_values(image, message):
    with pytest.raises(ImageError, match=message):
        decode_raw(image)


@settings(max_examples=400)
@given(
    st.one_of(st.integers(-2, 40), st.integers(-(2**40), 2**40)),
    st.one_of(st.integers(-2, 40), st.integers(-(2**40), 2**40)),
    st.one_of(st.integers(-2, 200), st.integers(-(2**70), 2**70)),
    st.integers(0, 5000), st.sampled_from((*ENCODINGS, '', '32FC1', 'BGR8')), st.booleans(),
)
@example(1, 1, 2**70, 100, 'bgr8', False)
@example(1, 2, 2**70, 100, 'mono16', False)
def test_any_header_decodes_or_is_refused(height, width, step, length, encoding, is_bigendian):
    image = RawImage(height, width, encoding, is_bigendian, step, bytes(length))
    try:
        decoded = decode_raw(image)
    except ImageError:
        return
    assert decoded.dtype == np.uint8
    assert decoded.shape[1:] == (width, 3)
    assert decoded.shape[0] in (height, height * 2 // 3)


@settings(max_examples=60)
@given(sizes, st.sampled_from(sorted(CHANNELS)), paddings)
def test_every_well_formed_header_decodes(size, encoding, padding):
    assume(CHANNELS[encoding] != 2 or encoding == 'mono16' or size[1] % 2 == 0)
    rows = np.zeros((size[0], size[1] * CHANNELS[encoding]), np.uint8)
    decoded = decode_raw(raw(rows, encoding, width=size[1], padding=padding))
    assert decoded.shape == (*size, 3)
