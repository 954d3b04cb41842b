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
"""JPEG, PNG and WebP images: right colours, damage told, bounded cost, at reduced size."""

from __future__ import annotations

import array
import os
import struct
import subprocess
import sys
import time
import zlib

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.places import ROOT
from helpers.plain_images import mosaic_of, noise_image, smooth
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.compressed import decode_file
from seg_node.perception.images.errors import ImageError


def decode_compressed(data, format=''):
    return decode_file(data, format).bgr


def decode_reduced(data, format, min_size):
    image = decode_file(data, format, min_size)
    return image.bgr, image.width, image.height


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


@pytest.mark.parametrize('extension', ['.jpg', '.png', '.webp'])
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


def png_of(width: int, height: int, pixels: bytes, *more: bytes, bits: int = 8,
           color_type: int = 2) -> bytes:
    header = struct.pack('>IIBBBBB', width, height, bits, color_type, 0, 0, 0)
    return b''.join([b'\x89PNG\r\n\x1a\n', png_chunk(b'IHDR', header), *more,
                     png_chunk(b'IDAT', zlib.compress(pixels)), png_chunk(b'IEND', b'')])


@pytest.mark.parametrize(('width', 'height', 'message'), [
    (60000, 60000, '16384'), (16384, 16384, 'to decode; at most 72 MB'), (0, 10, '0x10'),
])
def test_decompression_bombs_are_refused_by_their_header(width, height, message):
    with pytest.raises(ImageError, match=message):
        decode_compressed(png_of(width, height, bytes(1000)))
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
    (b'II*\x00' + bytes(99), 'jpeg', 'neither JPEG nor PNG nor WebP'),     # TIFF
    (b'BM' + bytes(99), 'jpeg', 'neither JPEG'),
    (b'\x76\x2f\x31\x01' + bytes(99), 'png', 'neither JPEG'),              # OpenEXR
    (b'\x00\x00\x00\x0cjP  ' + bytes(99), 'jpeg', 'neither JPEG'),         # JPEG 2000
    (b'#?RADIANCE\n' + bytes(99), 'jpeg', 'neither JPEG'),
    (b'GIF89a' + bytes(99), 'png', 'neither JPEG'),
    (b'P6 9 9 255\n' + bytes(999), 'png', 'neither JPEG'),
    (b'RIFF\x10\x00\x00\x00AVI ' + bytes(99), 'webp', 'no WebP'),
    (b'x', 'tiff', "'tiff' is not supported"),
    (b'x', '16UC1; compressedDepth png', 'carries depth'),
    (b'x', 'h264', "'h264' is not supported; supported are jpeg, png and webp"),
])
def test_other_data_and_formats_are_refused(data, format, message):
    with pytest.raises(ImageError, match=message):
        decode_compressed(data, format)


@settings(max_examples=150)
@given(st.sampled_from(['.jpg', '.png', '.webp']), st.data())
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


# --- what a file would cost ---------------------------------------------------------------------

def refused_at_once(data: bytes, message: str) -> None:
    begun = time.process_time()
    with pytest.raises(ImageError, match=message):
        decode_compressed(data)
    assert time.process_time() - begun < 0.3


@pytest.mark.parametrize('bit', range(32))
def test_a_flipped_bit_in_the_length_of_a_png_chunk(bit):
    file = bytearray(encode('.png', noise_image(24, 24)))
    at = file.index(b'IDAT') - 4
    file[at + bit // 8] ^= 1 << bit % 8
    refused_at_once(file, 'cut off|cannot be decoded|damaged')


def test_a_png_chunk_of_4_gb():
    png = png_of(4, 4, bytes(13 * 4), struct.pack('>I', 2**32 - 20) + b'tEXt' + bytes(8))
    refused_at_once(png, 'cut off')


def test_a_png_of_endless_chunks():
    refused_at_once(png_of(4, 4, bytes(13 * 4), png_chunk(b'tEXt', b'') * 2**17), '65536 chunks')


@pytest.mark.parametrize('kind', [b'acTL', b'fcTL', b'fdAT', b'IHDR'])
def test_animated_and_doubled_png_are_refused(kind):
    refused_at_once(png_of(4, 4, bytes(13 * 4), png_chunk(kind, bytes(26))), 'animation')


@pytest.mark.parametrize(('bits', 'color_type', 'side', 'fits'), [
    (8, 2, 3500, True), (8, 2, 3600, False), (16, 6, 2600, True), (16, 6, 2700, False),
    (8, 0, 4300, True), (3, 2, 4, False), (16, 3, 4, False), (8, 5, 4, False)])
def test_the_memory_of_a_png_is_bounded_by_what_it_holds(bits, color_type, side, fits):
    # The pixels are missing, so that libpng refuses quickly what is let through.
    refused_at_once(png_of(side, side, b'', bits=bits, color_type=color_type),
                    'cannot be decoded' if fits else 'at most 72 MB|damaged')


def progressive(height: int, width: int, scans: int = 0) -> bytes:
    """Return a progressive JPEG, its last scan repeated."""
    flags = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    file = cv2.imencode('.jpg', smooth(height, width), flags)[1].tobytes()
    last = file[file.rindex(b'\xff\xda'):-2]
    return file[:-2] + last * scans + b'\xff\xd9'


def test_a_progressive_jpeg_is_decoded():
    bgr = smooth(480, 640)
    assert np.abs(decode_compressed(progressive(480, 640)).astype(int) - bgr).max() <= 12
    assert decode_compressed(progressive(3000, 4000)).shape == (3000, 4000, 3)


@pytest.mark.parametrize(('size', 'scans'), [
    ((480, 640), 60), ((480, 640), 3000), ((3540, 3540), 10), ((4096, 4096), 10),
    ((1080, 1920), 400)])
def test_jpeg_scans_are_limited(size, scans):
    refused_at_once(progressive(*size, scans=scans), r'JPEG has \d+ scans of \d+ pixels')


def test_scans_of_a_sequential_jpeg_are_limited_too():
    # Three components, but only one of them in the first scan: there will be more.
    file = bytearray(encode('.jpg', smooth(64, 64)))
    at = file.index(b'\xff\xda')
    one = b'\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00'
    refused_at_once(bytes(file[:at]) + (one + b'\x00') * 100 + b'\xff\xd9', 'JPEG has 100 scans')


def test_large_images_of_real_cameras_are_decoded():
    for height, width in ((4000, 6000), (4096, 4096)):
        assert decode_compressed(encode('.jpg', smooth(height, width))).shape == (height, width, 3)
    refused_at_once(progressive(4352, 5120), 'JPEG has 10 scans')


@pytest.mark.parametrize('marker', [0xC3, 0xC5, 0xC7, 0xCB, 0xCF])
def test_rare_kinds_of_jpeg_are_refused(marker):
    file = bytearray(encode('.jpg', smooth(16, 16)))
    file[file.index(b'\xff\xc0') + 1] = marker
    refused_at_once(file, f'kind {marker:X}')


def test_a_jpeg_of_fill_bytes_is_refused():
    refused_at_once(b'\xff' * 10**7 + b'\xd9', 'neither|damaged')
    refused_at_once(b'\xff\xd8' + b'\xff' * 10**7, 'cut off')


# --- WebP ---------------------------------------------------------------------------------------

def webp(bgr: np.ndarray, quality: int = 101) -> bytes:
    return cv2.imencode('.webp', bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


@pytest.mark.parametrize('size', [(1, 1), (13, 17), (64, 96)])
@pytest.mark.parametrize('format', ['webp', '', 'bgr8; webp compressed bgr8'])
def test_webp_without_loss(size, format):
    bgr = noise_image(*size)
    np.testing.assert_array_equal(decode_compressed(webp(bgr), format), bgr)


def test_webp_with_loss_and_with_alpha():
    bgr = smooth(48, 64)
    assert np.abs(decode_compressed(webp(bgr, 90)).astype(int) - bgr).max() <= 16
    alpha = np.dstack([bgr, np.full((48, 64), 99, np.uint8)])
    for quality in (90, 101):
        assert decode_compressed(webp(alpha, quality)).shape == (48, 64, 3)


def test_webp_bombs_and_animations_are_refused():
    lossless = bytearray(webp(smooth(16, 16)))
    at = lossless.index(b'VP8L') + 9
    lossless[at:at + 4] = struct.pack('<I', 16382 | 16382 << 14)
    refused_at_once(lossless, 'takes 2304 MB')
    lossy = bytearray(webp(smooth(16, 16), 50))
    at = lossy.index(b'\x9d\x01\x2a') + 3
    lossy[at:at + 4] = struct.pack('<HH', 16383, 16383)
    refused_at_once(lossy, 'takes 2304 MB')
    plain = webp(smooth(16, 16))
    canvas = b'VP8X' + struct.pack('<I', 10) + bytes(4) + b'\x0f\x00\x00' * 2
    for more, message in ((b'ANIM' + struct.pack('<I', 0), 'animation'), (b'', None)):
        body = b'WEBP' + canvas + more + plain[12:]
        whole = b'RIFF' + struct.pack('<I', len(body)) + body
        if message:
            refused_at_once(whole, message)
        else:
            assert decode_compressed(whole).shape == (16, 16, 3)
            refused_at_once(whole.replace(b'\x0f\x00\x00' * 2, b'\xff\xff\x00' * 2), 'damaged')


# --- what the format says of the file -----------------------------------------------------------

@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
@pytest.mark.parametrize(('extension', 'format'), [
    ('.jpg', '{0}8; jpeg compressed {0}8'), ('.jpg', '{0}8; jpeg compressed '),
    ('.jpg', '{0}8;jpeg compressed'), ('.png', '{0}8; png compressed '),
    ('.jpg', '{0}16; jpeg compressed '), ('.png', '{0}16; png compressed {0}16')])
def test_a_mosaic_in_a_file_becomes_colours(pattern, extension, format):
    bgr = smooth(96, 128)
    mosaic = mosaic_of(bgr, pattern)
    if '16' in format and extension == '.png':
        mosaic = mosaic.astype(np.uint16) * 257
        mosaic[0, 0] = 65535
    flags = [cv2.IMWRITE_JPEG_QUALITY, 100] if extension == '.jpg' else []
    file = cv2.imencode(extension, mosaic, flags)[1].tobytes()
    # At reduced size the colours of a mosaic would be mixed.
    image = decode_file(file, format.format(f'bayer_{pattern}'), (16, 16))
    inner = np.s_[2:-2, 2:-2]
    assert image.bgr.shape == bgr.shape
    assert np.abs(image.bgr[inner].astype(int) - bgr[inner]).max() <= 14
    assert not image.note


@pytest.mark.parametrize(('channels', 'format'), [
    (3, 'bayer_rggb8; jpeg compressed bayer_rggb8'), (3, 'bayer_rggb8; jpeg compressed '),
    (3, 'bayer_rggb8; jpeg compressed mono8'), (1, 'bayer_rggb8; jpeg compressed bgr8'),
    (1, 'bayer_rggb8; jpeg compressed bayer_bggr8'), (1, 'bayer_xyzw8; jpeg compressed '),
    (1, 'jpeg bayer_rggb8'), (1, 'bayer_rggb12; jpeg compressed bayer_rggb12'),
    (1, 'yuv422; jpeg compressed '), (1, 'yuv422_yuy2; jpeg compressed yuv422_yuy2'),
    (3, 'yuyv; jpeg compressed yuyv'), (1, 'nv12; jpeg compressed '),
    (1, 'uyvy; png compressed bgr8')])
def test_a_file_that_is_not_what_its_format_says_is_refused(channels, format):
    bgr = smooth(32, 32)
    with pytest.raises(ImageError, match='not clear|not known'):
        decode_file(encode('.jpg', bgr if channels == 3 else bgr[..., 0]), format)


@pytest.mark.parametrize(('channels', 'format', 'note'), [
    (1, 'yuv422_yuy2; jpeg compressed mono8', "the camera sends 'yuv422_yuy2'"),
    (1, 'bayer_rggb8; jpeg compressed mono8', "the camera sends 'bayer_rggb8'"),
    (1, 'rgb8; jpeg compressed bgr8', "the camera sends 'rgb8'"),
    (1, 'jpeg', 'the images are grey'),
    (1, 'mono8; jpeg compressed mono8', ''), (1, 'mono8; jpeg compressed ', ''),
    (3, 'bayer_rggb8; jpeg compressed bgr8', ''), (3, 'yuv422; jpeg compressed bgr8', ''),
    (3, 'yuyv; jpeg compressed ', ''), (3, 'jpeg', ''), (3, 'rgb8; jpeg compressed rgb8', '')])
def test_colours_that_are_lost_are_told(channels, format, note):
    bgr = smooth(32, 32)
    image = decode_file(encode('.jpg', bgr if channels == 3 else bgr[..., 0]), format)
    assert bool(image.note) is bool(note)
    assert note in image.note


def test_a_deep_png_uses_the_bits_of_its_camera():
    depth = BitDepth()
    bgr = noise_image(8, 8)
    values = np.rint(bgr / 255 * 4095).astype(np.uint16)
    values[0, 0] = 4095
    image = decode_file(encode('.png', values), 'rgb16; png compressed bgr16', None, depth)
    assert np.abs(image.bgr.astype(int) - np.rint(values / 4095 * 255)).max() <= 1
    assert '12 of 16 bits' in image.encoding
    dark = decode_file(encode('.png', values // 128), 'rgb16; png compressed bgr16', None, depth)
    assert dark.bgr.max() <= 2


# --- words of the decoders ----------------------------------------------------------------------

_DAMAGED = """
import cv2, numpy as np
from seg_node.perception.images.compressed import decode_file
from seg_node.perception.images.errors import ImageError
rng = np.random.default_rng(0)
notes = set()
for extension in ('.jpg', '.png', '.webp'):
    file = cv2.imencode(extension, np.arange(12288).reshape(64, 64, 3).astype(np.uint8))[1]
    for _ in range(200):
        damaged = file.copy()
        damaged[rng.integers(20, file.size - 2, 3)] = rng.integers(0, 256, 3)
        try:
            notes.add(decode_file(damaged).note)
        except ImageError:
            pass
png = cv2.imencode('.png', np.zeros((9, 9, 3), np.uint8))[1].tobytes()
for damaged in (png[:33] + b'\\x00\\x00\\x00\\x04IDATabcd....' + png[-12:],
                png[:33] + b'\\x00\\x98\\x96\\x80IDAT' + bytes(10**7 + 4) + png[-12:],
                png[:33] + b'\\x00\\x98\\x96\\x80abCd' + bytes(10**7 + 4) + png[33:]):
    try:
        notes.add(decode_file(damaged).note)
    except ImageError:
        pass
print(*notes, sep='\\n')
"""


def test_decoders_print_nothing_and_their_words_are_kept():
    unset = {name: value for name, value in os.environ.items() if name != 'OPENCV_LOG_LEVEL'}
    done = subprocess.run([sys.executable, '-c', _DAMAGED], cwd=ROOT, text=True, env=unset,
                          capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ''
    if sys.platform == 'linux':
        assert 'Corrupt JPEG data' in done.stdout


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
    if min(reduced.shape[:2]) < 4:      # nothing is left that could be compared
        return
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
