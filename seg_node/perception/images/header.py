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

"""
Read size and completeness of JPEG and PNG files without decoding them.

OpenCV decodes a cut-off JPEG to a partly grey image without an error, and allocates
whatever size a header claims; both must be known before it is called.
Sources: ITU-T T.81 annex B (JPEG markers), the PNG specification section 5 (chunks).
"""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.perception.images.errors import ImageError

JPEG_MAGIC = b'\xff\xd8\xff'
JPEG = 'jpeg'
PNG_MAGIC = b'\x89PNG\r\n\x1a\n'

_PNG_END = b'\x00\x00\x00\x00IEND\xaeB`\x82'
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI = 0xDA, 0xD9
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# Real files have some tens of segments; the limit keeps a crafted one from costing seconds.
_MAX_SEGMENTS = 4096


@dataclass(frozen=True)
class ImageHeader:
    """What a compressed file says about itself: kind ('jpeg', 'png') and size in pixels."""

    kind: str
    width: int
    height: int


def read_header(data: bytes) -> ImageHeader:
    """Return kind and size of a complete JPEG or PNG; ImageError if it is neither or cut off."""
    if data.startswith(JPEG_MAGIC):
        return _read_jpeg(data)
    if data.startswith(PNG_MAGIC):
        return _read_png(data)
    raise ImageError(
        f'compressed data of {len(data)} bytes begins with {data[:4].hex(" ")}: '
        f'neither JPEG nor PNG; publish one of the two'
    )


def _read_jpeg(data: bytes) -> ImageHeader:
    position, size = 2, None
    for _ in range(_MAX_SEGMENTS):
        marker, position = _next_marker(data, position)
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            break
        length = int.from_bytes(data[position:position + 2], 'big')
        if length < 2 or position + length > len(data):
            raise _cut_off('JPEG', data)
        if marker in _SOF:
            if length < 8:
                raise ImageError(f'JPEG frame header has {length} bytes, must have 8: damaged')
            size = (
                int.from_bytes(data[position + 5:position + 7], 'big'),
                int.from_bytes(data[position + 3:position + 5], 'big'),
            )
        position += length
        if marker == _SOS:
            if size is None:
                break
            # Searched only behind the headers: an embedded thumbnail has an end marker too.
            if data.rfind(b'\xff\xd9', position) < 0:
                raise _cut_off('JPEG', data)
            return ImageHeader(JPEG, *size)
    raise ImageError(f'JPEG of {len(data)} bytes has no frame header or no image data: damaged')


def _next_marker(data: bytes, position: int) -> tuple[int, int]:
    """Return the marker code at a position and the position behind it."""
    if position < len(data) and data[position] != 0xFF:
        raise ImageError(f'JPEG has no marker at byte {position}: damaged')
    while position < len(data) and data[position] == 0xFF:
        position += 1
    if position >= len(data):
        raise _cut_off('JPEG', data)
    return data[position], position + 1


def _read_png(data: bytes) -> ImageHeader:
    if len(data) < 24:
        raise _cut_off('PNG', data)
    if data[12:16] != b'IHDR':
        raise ImageError(f'PNG begins with chunk {data[12:16]!r}, not IHDR: damaged')
    if data.rfind(_PNG_END) < 0:
        raise _cut_off('PNG', data)
    width = int.from_bytes(data[16:20], 'big')
    height = int.from_bytes(data[20:24], 'big')
    return ImageHeader('png', width, height)


def _cut_off(kind: str, data: bytes) -> ImageError:
    return ImageError(
        f'{kind} of {len(data)} bytes is cut off: it was not sent or stored whole; '
        f'check the camera driver and the network'
    )
