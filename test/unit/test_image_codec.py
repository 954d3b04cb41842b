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

"""Raw and compressed camera pictures: right colours, any layout, and nothing but ImageError."""

from __future__ import annotations

import array
import struct
import types
import zlib

import cv2
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.perception.image_codec import (
    decode,
    decode_compressed,
    ENCODINGS,
    ImageError,
    MAX_SIDE,
    RawImage,
)

CHANNELS = {'bgr8': 3, 'rgb8': 3, '8UC3': 3, 'bgra8': 4, 'rgba8': 4, '8UC4': 4, 'mono8': 1,
            '8UC1': 1, 'mono16': 2, 'yuv422': 2, 'uyvy': 2, 'yuv422_yuy2': 2, 'yuyv': 2}


def raw(pixels: np.ndarray, encoding: str, *, width: int | None = None, padding: int = 0,
        height: int | None = None, is_bigendian: bool = False) -> RawImage:
    """Return rows of bytes as a message, each row followed by padding bytes."""
    rows = pixels.reshape(pixels.shape[0], -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xA5)
    return RawImage(height or pixels.shape[0], width or pixels.shape[1], encoding, is_bigendian,
                    padded.shape[1], padded.tobytes())


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height: int, width: int) -> np.ndarray:
    """Return a colour picture without detail, which subsampled encodings keep."""
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    return np.stack([60 + 120 * x, 200 - 130 * y, 90 + 80 * x * y], 2).astype(np.uint8)


sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
paddings = st.integers(0, 13)


@given(sizes, paddings)
def test_byte_orders_give_the_same_bgr_picture(size, padding):
    bgr = picture(*size)
    alpha = np.full((*size, 1), 7, np.uint8)
    rgb = bgr[..., ::-1]
    for encoding, pixels in {
        'bgr8': bgr, '8UC3': bgr, 'rgb8': rgb, 'bgra8': np.concatenate([bgr, alpha], 2),
        '8UC4': np.concatenate([bgr, alpha], 2), 'rgba8': np.concatenate([rgb, alpha], 2),
    }.items():
        np.testing.assert_array_equal(decode(raw(pixels, encoding, padding=padding)), bgr)


@given(sizes, paddings)
def test_mono_is_grey(size, padding):
    grey = picture(*size)[..., 0]
    for encoding in ('mono8', '8UC1'):
        decoded = decode(raw(grey, encoding, padding=padding))
        np.testing.assert_array_equal(decoded, np.repeat(grey[..., None], 3, 2))


@given(sizes, paddings, st.booleans())
@example((3, 1), 1, True)
def test_mono16_is_scaled_in_either_byte_order(size, padding, is_bigendian):
    values = np.random.default_rng(1).integers(0, 65536, size).astype(np.uint16)
    stored = values.astype('>u2' if is_bigendian else '<u2').view(np.uint8)
    image = raw(stored, 'mono16', width=size[1], padding=padding, is_bigendian=is_bigendian)
    expected = np.rint(values / 65535 * 255).astype(np.uint8)
    np.testing.assert_array_equal(decode(image), np.repeat(expected[..., None], 3, 2))


@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_patterns_give_back_the_colours(pattern):
    bgr = smooth(48, 64)
    mosaic = np.empty(bgr.shape[:2], np.uint8)
    for index, color in enumerate(pattern):
        y, x = divmod(index, 2)
        mosaic[y::2, x::2] = bgr[y::2, x::2, 'bgr'.index(color)]
    decoded = decode(raw(mosaic, f'bayer_{pattern}8', padding=5))
    inner = np.s_[2:-2, 2:-2]
    assert np.abs(decoded[inner].astype(int) - bgr[inner]).max() <= 6


def yuv_planes(bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Y, U, V of BT.601 limited range (ITU-R BT.601-7, table 3), full resolution."""
    b, g, r = (bgr[..., index] / 255 for index in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    planes = (16 + 219 * luma, 128 + 224 * (b - luma) / 1.772, 128 + 224 * (r - luma) / 1.402)
    return tuple(np.rint(plane).astype(np.uint8) for plane in planes)


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
    decoded = decode(raw(packed, encoding, width=32, padding=padding))
    assert np.abs(decoded.astype(int) - bgr).max() <= 8


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize('counts_chroma', [False, True])
@pytest.mark.parametrize('encoding', ['nv12', 'nv21'])
def test_nv_with_either_meaning_of_height(encoding, counts_chroma, padding):
    bgr = smooth(24, 32)
    y, u, v = yuv_planes(bgr)
    pair = (u, v) if encoding == 'nv12' else (v, u)
    chroma = np.stack([plane[::2, ::2] for plane in pair], 2).reshape(12, 32)
    rows = np.concatenate([y, chroma])
    image = raw(rows, encoding, height=36 if counts_chroma else 24, padding=padding)
    decoded = decode(image)
    assert decoded.shape == (24, 32, 3)
    assert np.abs(decoded.astype(int) - bgr).max() <= 10


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
    assert np.abs(decode(image).astype(int) - expected).max() <= 1


@pytest.mark.parametrize('padding', [0, 5])
def test_bgr8_is_a_read_only_view_on_the_data(padding):
    data = bytearray(raw(picture(6, 7), 'bgr8', padding=padding).data)
    decoded = decode(RawImage(6, 7, 'bgr8', False, 21 + padding, data))
    assert not decoded.flags.writeable
    data[0] ^= 0xFF
    assert decoded[0, 0, 0] == data[0]


@pytest.mark.parametrize('kind', [
    bytes, bytearray, memoryview, lambda data: array.array('B', data),
    lambda data: np.frombuffer(data, np.uint8),
    lambda data: np.frombuffer(data, np.uint8).reshape(1, -1),
])
def test_any_buffer_is_taken(kind):
    bgr = picture(4, 5)
    image = RawImage(4, 5, 'rgb8', False, 15, kind(bgr[..., ::-1].tobytes()))
    np.testing.assert_array_equal(decode(image), bgr)
    np.testing.assert_array_equal(decode_compressed(kind(encode('.png', bgr))), bgr)


def test_the_last_row_may_lack_its_padding_and_extra_data_is_ignored():
    bgr = picture(4, 5)
    image = raw(bgr, 'bgr8', padding=9)
    for data in (image.data[:-9], image.data + bytes(100)):
        shown = decode(RawImage(4, 5, 'bgr8', False, image.step, data))
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
    (RawImage(2, 2, 'x' * 10**6, False, 6, bytes(99)), "'x{40}...' is not supported"),
    (RawImage(2, 2, 'bgr8', False, 6, np.zeros((4, 24), np.uint8)[:, ::2]), 'not a contiguous'),
    (RawImage(2, 2, 'bgr8', False, 6, [0] * 12), 'list, not a contiguous'),  # type: ignore
])
def test_malformed_pictures_are_refused_with_the_values(image, message):
    with pytest.raises(ImageError, match=message):
        decode(image)


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
        decoded = decode(image)
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
    decoded = decode(raw(rows, encoding, width=size[1], padding=padding))
    assert decoded.shape == (*size, 3)


def encode(extension: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(extension, pixels)[1].tobytes()


@pytest.mark.parametrize('format', ['', 'png', 'bgr8; png compressed bgr8', 'PNG'])
def test_png_is_lossless(format):
    bgr = picture(13, 17)
    np.testing.assert_array_equal(decode_compressed(encode('.png', bgr), format), bgr)


@pytest.mark.parametrize('format', ['', 'jpeg', 'jpg', 'rgb8; jpeg compressed bgr8', 'png'])
def test_jpeg_keeps_the_colours(format):
    bgr = smooth(32, 48)
    decoded = decode_compressed(encode('.jpg', bgr), format)
    assert np.abs(decoded.astype(int) - bgr).max() <= 12


def test_grey_alpha_and_16_bit_files_become_bgr():
    bgr = picture(8, 9)
    grey = np.repeat(bgr[..., :1], 3, 2)
    np.testing.assert_array_equal(decode_compressed(encode('.png', bgr[..., 0])), grey)
    alpha = np.concatenate([bgr, np.full((8, 9, 1), 50, np.uint8)], 2)
    np.testing.assert_array_equal(decode_compressed(encode('.png', alpha)), bgr)
    deep = encode('.png', bgr.astype(np.uint16) * 257)
    assert np.abs(decode_compressed(deep).astype(int) - bgr).max() <= 1
    assert decode_compressed(encode('.jpg', bgr[..., 0])).shape == (8, 9, 3)


def test_jpeg_with_padding_behind_its_end_is_taken():
    assert decode_compressed(encode('.jpg', smooth(16, 16)) + bytes(4096)).shape == (16, 16, 3)


def test_exif_orientation_does_not_turn_the_picture():
    tiff = b'MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00' \
           b'\x00\x00\x00\x00'
    body = b'Exif\x00\x00' + tiff
    file = encode('.jpg', smooth(16, 24))
    turned = file[:2] + b'\xff\xe1' + struct.pack('>H', len(body) + 2) + body + file[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (24, 16, 3)
    assert decode_compressed(turned).shape == (16, 24, 3)


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
def test_a_file_cut_off_anywhere_is_refused(extension):
    file = encode(extension, picture(24, 24))
    for length in range(len(file) - 1):
        with pytest.raises(ImageError):
            decode_compressed(file[:length])


def test_a_thumbnail_does_not_hide_that_a_jpeg_is_cut_off():
    thumbnail = encode('.jpg', smooth(8, 8))
    segment = b'\xff\xe1' + struct.pack('>H', len(thumbnail) + 2) + thumbnail
    file = encode('.jpg', smooth(32, 32))
    whole = file[:2] + segment + file[2:]
    assert decode_compressed(whole).shape == (32, 32, 3)
    with pytest.raises(ImageError, match='cut off'):
        decode_compressed(whole[:-2])


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))


@pytest.mark.parametrize(('width', 'height', 'message'), [
    (60000, 60000, '16384'), (16384, 16384, 'at most 67108864 pixels'), (0, 10, '0x10'),
])
def test_decompression_bombs_are_refused_by_their_header(width, height, message):
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    png = (b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', header)
           + png_chunk(b'IDAT', zlib.compress(bytes(1000))) + png_chunk(b'IEND', b''))
    with pytest.raises(ImageError, match=message):
        decode_compressed(png)
    jpeg = bytearray(encode('.jpg', smooth(16, 16)))
    frame = jpeg.index(b'\xff\xc0')
    jpeg[frame + 5:frame + 9] = struct.pack('>HH', height, width)
    with pytest.raises(ImageError, match=message):
        decode_compressed(jpeg)


@pytest.mark.parametrize(('data', 'format', 'message'), [
    (b'', 'jpeg', 'no data'),
    (b'hello world', 'jpeg', 'neither JPEG nor PNG'),
    (b'\xff\xd8\xff\xd9', '', 'no frame header'),
    (b'\xff\xd8\xff\xe0' * 100000, '', 'damaged|cut off'),
    (b'\xff\xd8' + b'\xff\xe1\x00\x02' * 100000, '', 'no frame header'),
    (b'x', '16UC1; compressedDepth png', 'carries depth'),
    (b'x', 'h264', "'h264' is not supported; supported are jpeg and png"),
])
def test_other_data_and_formats_are_refused(data, format, message):
    with pytest.raises(ImageError, match=message):
        decode_compressed(data, format)


@settings(max_examples=150)
@given(st.sampled_from(['.jpg', '.png']), st.data())
def test_damaged_files_decode_or_are_refused(extension, data):
    file = bytearray(encode(extension, smooth(24, 32)))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_compressed(file)
    except ImageError:
        return
    assert decoded.dtype == np.uint8
    assert decoded.ndim == 3
    assert decoded.shape[2] == 3


@given(st.binary(max_size=200), st.sampled_from([b'', b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n']))
def test_noise_is_refused(noise, magic):
    with pytest.raises(ImageError):
        decode_compressed(magic + noise)
