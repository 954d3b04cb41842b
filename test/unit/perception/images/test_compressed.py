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
"""JPEG and PNG images: right colours, damage told, and at reduced size."""

from __future__ import annotations

import array
import struct
import zlib

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.plain_images import noise_image, smooth
from seg_node.perception.images.compressed import decode_compressed, decode_reduced
from seg_node.perception.images.errors import ImageError


def encode(extension: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(extension, pixels)[1].tobytes()


@pytest.mark.parametrize('kind', [
    bytes, bytearray, memoryview, lambda data: array.array('B', data),
    lambda data: np.frombuffer(data, np.uint8),
])
def test_any_buffer_is_taken(kind):
    bgr = noise_image(4, 5)
    np.testing.assert_array_equal(decode_compressed(kind(encode('.png', bgr))), bgr)


@pytest.mark.parametrize('format', ['', 'png', 'bgr8; png compressed bgr8', 'PNG'])
def test_png_is_lossless(format):
    bgr = noise_image(13, 17)
    np.testing.assert_array_equal(decode_compressed(encode('.png', bgr), format), bgr)


@pytest.mark.parametrize('format', ['', 'jpeg', 'jpg', 'rgb8; jpeg compressed bgr8', 'png'])
def test_jpeg_keeps_the_colours(format):
    bgr = smooth(32, 48)
    decoded = decode_compressed(encode('.jpg', bgr), format)
    assert np.abs(decoded.astype(int) - bgr).max() <= 12


def test_grey_alpha_and_16_bit_files_become_bgr():
    bgr = noise_image(8, 9)
    grey = np.repeat(bgr[..., :1], 3, 2)
    np.testing.assert_array_equal(decode_compressed(encode('.png', bgr[..., 0])), grey)
    alpha = np.concatenate([bgr, np.full((8, 9, 1), 50, np.uint8)], 2)
    np.testing.assert_array_equal(decode_compressed(encode('.png', alpha)), bgr)
    deep = encode('.png', bgr.astype(np.uint16) * 257)
    assert np.abs(decode_compressed(deep).astype(int) - bgr).max() <= 1
    assert decode_compressed(encode('.jpg', bgr[..., 0])).shape == (8, 9, 3)


def test_jpeg_with_padding_behind_its_end_is_taken():
    assert decode_compressed(encode('.jpg', smooth(16, 16)) + bytes(4096)).shape == (16, 16, 3)


def test_exif_orientation_does_not_turn_the_image():
    tiff = b'MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00' \
           b'\x00\x00\x00\x00'
    body = b'Exif\x00\x00' + tiff
    file = encode('.jpg', smooth(16, 24))
    turned = file[:2] + b'\xff\xe1' + struct.pack('>H', len(body) + 2) + body + file[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (24, 16, 3)
    assert decode_compressed(turned).shape == (16, 24, 3)


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
def test_a_file_cut_off_anywhere_is_refused(extension):
    file = encode(extension, noise_image(24, 24))
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


# --- at reduced size ----------------------------------------------------------------------------

@pytest.mark.parametrize(('size', 'min_size', 'decoded'), [
    ((1920, 1080), (480, 256), (480, 270)),
    ((1280, 720), (480, 256), (640, 360)),
    ((1280, 720), (641, 256), (1280, 720)),
    ((959, 511), (480, 256), (959, 511)),
    ((961, 513), (480, 256), (481, 257)),      # rounded up, as the last blocks are
    ((4000, 3000), (16, 16), (500, 375)),      # an eighth is the minimum
    ((64, 48), (480, 256), (64, 48)),
])
def test_a_jpeg_is_reduced_to_what_is_enough(size, min_size, decoded):
    width, height = size
    bgr, *full = decode_reduced(encode('.jpg', smooth(height, width)), 'jpeg', min_size)
    assert full == [width, height]
    assert (bgr.shape[1], bgr.shape[0]) == decoded


@settings(max_examples=60)
@given(st.tuples(st.integers(1, 200), st.integers(1, 200)),
       st.tuples(st.integers(1, 100), st.integers(1, 100)))
def test_a_reduced_image_is_never_less_than_enough_and_shows_the_same(size, min_size):
    width, height = size
    bgr = smooth(height, width)
    whole = decode_compressed(encode('.jpg', bgr))
    reduced = decode_reduced(encode('.jpg', bgr), 'jpeg', min_size)[0]
    for have, had, wanted in zip(reduced.shape[1::-1], size, min_size, strict=True):
        assert have >= min(had, wanted)
    again = cv2.resize(reduced, size, interpolation=cv2.INTER_LINEAR)
    assert np.abs(again.astype(int) - whole).mean() < 12


def test_a_reduced_jpeg_is_the_mean_of_the_pixels():
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (24, 40, 1), np.uint8).repeat(3, 2)
    bgr = cv2.resize(coarse, (640, 384), interpolation=cv2.INTER_CUBIC)
    file = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes()
    for min_size, factor in (((320, 192), 2), ((160, 96), 4)):
        mean = cv2.resize(bgr, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        reduced = decode_reduced(file, 'jpeg', min_size)[0]
        assert np.abs(reduced.astype(int) - mean).max() <= 16
        assert np.abs(reduced.astype(int) - mean).mean() < 2


def test_a_png_is_decoded_in_full():
    bgr = noise_image(64, 96)
    np.testing.assert_array_equal(decode_reduced(encode('.png', bgr), 'png', (8, 8))[0], bgr)


def test_a_reduced_jpeg_that_is_cut_off_is_refused():
    file = encode('.jpg', smooth(64, 96))
    with pytest.raises(ImageError, match='cut off'):
        decode_reduced(file[:-2], 'jpeg', (8, 8))
    with pytest.raises(ImageError, match='not supported'):
        decode_reduced(file, 'h264', (8, 8))
