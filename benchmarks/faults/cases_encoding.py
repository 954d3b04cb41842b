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

"""Images that are not what their encoding or format says, and files that would cost too much."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
import struct
import zlib

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from benchmarks.faults.case import Fault, messages, shows
from benchmarks.faults.cases_camera import fields
from benchmarks.faults.faulty_camera import Message
from benchmarks.faults.images import Pixels
from benchmarks.faults.setups import COMPRESSED, PLAIN
from benchmarks.sent_as import sent_as
from seg_node.perception.images.layout import Layout


def _nv12(message: Image) -> Image:
    """Send planes of 16 more rows, as some hardware aligns them; the height is the picture's."""
    bgr = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
    aligned = cv2.copyMakeBorder(bgr, 0, 16, 0, 0, cv2.BORDER_REPLICATE)
    message.encoding, message.step = 'nv12', message.width
    message.data = array('B', sent_as(np.asarray(aligned, np.uint8), Layout.NV12).tobytes())
    return message


def _luma_alone(message: Image) -> Image:
    message.encoding, message.step = 'nv21', 2 * message.width
    message.data = array('B', bytes(message.data)[:message.height * message.step])
    return message


def _file(change: Callable[[bytes], bytes]) -> Callable[[Message], Message]:
    """Return what replaces the file of a message."""
    def spoil(message: CompressedImage) -> CompressedImage:
        message.data = array('B', change(bytes(message.data)))
        return message
    return spoil


def _as(extension: str, *flags: int) -> Callable[[bytes], bytes]:
    """Return what encodes a file as another kind."""
    def change(file: bytes) -> bytes:
        bgr = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        return cv2.imencode(extension, bgr, list(flags))[1].tobytes()
    return change


def _long_chunk(file: bytes) -> bytes:
    png = bytearray(_as('.png')(file))
    png[png.index(b'IDAT') - 4] |= 0x40       # one bit: a gigabyte more
    return bytes(png)


def _bomb(file: bytes) -> bytes:
    png = bytearray(_as('.png')(file))
    png[16:24] = struct.pack('>II', 16000, 16000)
    png[29:33] = struct.pack('>I', zlib.crc32(png[12:29]))
    return bytes(png)


def _scans(file: bytes) -> bytes:
    jpeg = _as('.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1)(file)
    last = jpeg[jpeg.rindex(b'\xff\xda'):-2]
    return jpeg[:-2] + last * (10**6 // len(last)) + b'\xff\xd9'


def _cut_webp(file: bytes) -> bytes:
    webp = _as('.webp')(file)
    return webp[:len(webp) * 2 // 3]


def _lens_cap(bgr: Pixels) -> Image:
    """Send the noise of a 16-bit sensor in the dark: it must not be lit up."""
    height, width = bgr.shape[:2]
    noise = np.random.default_rng(4).normal(200.0, 20.0, (height, width)).astype('<u2')
    return Image(height=height, width=width, encoding='mono16', step=2 * width,
                 data=array('B', noise.tobytes()))


ENCODING_FAULTS = (
    Fault('lens_cap_16_bits', 'a 16-bit camera under its lens cap: noise of 10 bits', PLAIN,
          ('camera_changed', 'camera_dark', 'camera_covered', 'camera_noisy'),
          shows(lambda _, show: replace(show, encode=_lens_cap))),
    Fault('nv12_aligned', 'planes of nv12 with rows that the height does not count', PLAIN,
          ('malformed',), messages(_nv12)),
    Fault('nv21_step_twice', 'nv21 with two bytes a pixel: packed planes or padded rows?', PLAIN,
          ('malformed',), messages(_luma_alone)),
    Fault('png_length_bit', 'a flipped bit in the length of a PNG chunk: a gigabyte', COMPRESSED,
          ('malformed',), messages(_file(_long_chunk))),
    Fault('png_bomb', 'a PNG that says it is 16000x16000', COMPRESSED,
          ('malformed',), messages(_file(_bomb))),
    Fault('jpeg_scans', 'a progressive JPEG of a megabyte of scans', COMPRESSED,
          ('malformed',), messages(_file(_scans))),
    Fault('webp_truncated', 'the last third of a WebP is missing', COMPRESSED,
          ('malformed',), messages(_file(_cut_webp))),
    Fault('other_file_format', 'a TIFF under the name of a JPEG', COMPRESSED,
          ('malformed',), messages(_file(_as('.tiff')))),
    Fault('bayer_not_bayer', 'the format says that a file of colours is a mosaic', COMPRESSED,
          ('malformed',), messages(fields(format='bayer_rggb8; jpeg compressed bayer_rggb8'))),
)
