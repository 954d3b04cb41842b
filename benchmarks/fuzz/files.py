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

"""Compressed files: sound ones, damaged ones, and such that promise more than they hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
import struct
from types import SimpleNamespace
import zlib

import cv2
import numpy as np

from benchmarks.fuzz.raw_images import check_image
from seg_node.perception.images.decoding import decode_image
from seg_node.perception.images.errors import ImageError

_FORMATS = (
    '', 'jpeg', 'png', 'webp', 'rgb8; jpeg compressed bgr8', 'mono8; png compressed ',
    'bayer_rggb8; jpeg compressed bayer_rggb8', 'bayer_grbg16; png compressed ',
    'yuv422; jpeg compressed mono8', 'h264', '16UC1; compressedDepth png', 'jpeg' * 10**5, '\0;;')
_LARGE_SHARE = 1e-4      # of the files; they take up to half a second


def compressed_image(rng: Random) -> SimpleNamespace:
    """Return a message with the fields of sensor_msgs/CompressedImage."""
    if rng.random() < _LARGE_SHARE:
        return SimpleNamespace(format='', data=rng.choice(_large()))
    data = rng.choice(_sound())
    for _ in range(rng.choice((0, 1, 1, 1, 2, 5))):
        data = rng.choice(_DAMAGES)(bytearray(data), rng)
    return SimpleNamespace(
        format=rng.choice(_FORMATS[:4]) if rng.random() < 0.7 else rng.choice(_FORMATS),
        data=bytes(data))


def judge_compressed(message: SimpleNamespace, min_size: tuple[int, int] | None = None) -> bool:
    """Decode; say whether it was decoded. Raises AssertionError for what no decoder may return."""
    try:
        image = decode_image(message, compressed=True, min_size=min_size)
    except ImageError:
        return False
    check_image(image)
    return True


# --- damages: each changes a file, which it may assume to have a byte or more -------------------

def _flip(data: bytearray, rng: Random) -> bytearray:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _flip_early(data: bytearray, rng: Random) -> bytearray:
    data[rng.randrange(min(64, len(data)))] ^= 1 << rng.randrange(8)
    return data


def _overwrite(data: bytearray, rng: Random) -> bytearray:
    at = rng.randrange(len(data))
    data[at:at + 4] = rng.choice((b'\xff\xff\xff\xff', b'\0\0\0\0', b'\x7f\xff\xff\xff',
                                  b'\xff\xda\xff\xd9', b'\xff\xc2\0\x0b', b'IEND'))
    return data


def _cut(data: bytearray, rng: Random) -> bytearray:
    return data[:rng.randrange(1, len(data) + 1)]


def _leave_out(data: bytearray, rng: Random) -> bytearray:
    at = rng.randrange(len(data))
    del data[at:at + rng.randrange(1, 40)]
    return data or bytearray(1)


def _repeat(data: bytearray, rng: Random) -> bytearray:
    begin = rng.randrange(len(data))
    part = data[begin:begin + rng.randrange(1, 200)]
    times = rng.choice((1, 2, 1000)) if rng.random() < 0.05 else 1
    return data[:begin] + part * times + data[begin:]


def _splice(data: bytearray, rng: Random) -> bytearray:
    other = rng.choice(_sound())
    return data[:rng.randrange(1, len(data) + 1)] + other[rng.randrange(len(other)):]


def _resize(data: bytearray, rng: Random) -> bytearray:
    """Let the header promise another size, and keep its sums right."""
    width, height = (rng.choice((0, 1, 7, 255, 4000, 16383, 16384, 65535)) for _ in range(2))
    if data.startswith(b'\x89PNG') and len(data) > 33:
        data[16:24] = struct.pack('>II', width, height)
        data[29:33] = struct.pack('>I', zlib.crc32(data[12:29]))
    frame = max(data.find(b'\xff\xc0'), data.find(b'\xff\xc2'))
    if frame > 0 and data.startswith(b'\xff\xd8'):
        data[frame + 5:frame + 9] = struct.pack('>HH', height, width)
    lossy = data.find(b'\x9d\x01\x2a')
    if lossy > 0 and data.startswith(b'RIFF'):
        data[lossy + 3:lossy + 7] = struct.pack('<HH', width, height)
    return data


_DAMAGES: tuple[Callable[[bytearray, Random], bytearray], ...] = (
    _flip, _flip_early, _overwrite, _cut, _leave_out, _repeat, _splice, _resize)


# --- files --------------------------------------------------------------------------------------

@lru_cache(maxsize=1)
def _sound() -> tuple[bytes, ...]:
    """Return small files of all kinds."""
    noise = np.random.default_rng(2).integers(0, 256, (24, 40, 4), np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 4)
    files = []
    for image in (noise, smooth, noise[:1, :1], noise[:17, :3]):
        image = np.ascontiguousarray(image)
        bgr, grey = np.ascontiguousarray(image[..., :3]), np.ascontiguousarray(image[..., 0])
        for flags in ([], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]):
            files += [_encode('.jpg', bgr, *flags), _encode('.jpg', grey, *flags)]
        files += [_encode('.png', each) for each in (
            bgr, grey, image, bgr.astype(np.uint16) * 257, grey.astype(np.uint16))]
        files.append(_encode('.png', grey & 1, cv2.IMWRITE_PNG_BILEVEL, 1))
        files += [_encode('.webp', each, cv2.IMWRITE_WEBP_QUALITY, quality)
                  for each in (bgr, image) for quality in (50, 101)]
    return tuple(files)


@lru_cache(maxsize=1)
def _large() -> tuple[bytes, ...]:
    """Return files of about the largest size that is decoded, and some that cost more."""
    files = []
    for extension, pixels, flags in (
            ('.jpg', 25e6, ()), ('.jpg', 12e6, (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
            ('.png', 12e6, ()), ('.webp', 8e6, (cv2.IMWRITE_WEBP_QUALITY, 60))):
        side = int(pixels**0.5)
        row = np.arange(side, dtype=np.uint8)[None, :, None]
        files.append(_encode(extension, np.broadcast_to(row, (side, side, 3)).copy(), *flags))
    progressive = files[1]
    last = progressive[progressive.rindex(b'\xff\xda'):-2]
    files.append(progressive[:-2] + last * (2**21 // len(last)) + b'\xff\xd9')
    files.append(b'\xff\xd8' + b'\xff' * 2**22)
    files.append(b'\xff\xd8' + b'\xff\xe1\x00\x02' * 2**20)
    files.append(_encode('.png', np.zeros((2, 2, 3), np.uint8))[:33]
                 + (b'\0\0\0\0tEXt' + struct.pack('>I', zlib.crc32(b'tEXt'))) * 2**18)
    return tuple(files)


def _encode(extension: str, image: np.ndarray, *flags: int) -> bytes:
    return cv2.imencode(extension, image, list(flags))[1].tobytes()
