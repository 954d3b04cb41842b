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
WebP files without decoding them: size, and whether they are whole.

Sources: the WebP container specification, RFC 6386 section 9.1 (VP8) and the specification of the
lossless bitstream, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.header import cut_off, ImageHeader

WEBP_MAGIC = b'RIFF'

_PIXEL_BYTES = 9.0      # planes or ARGB, and BGR; and it is slow
_MAX_CHUNKS = 64


def read_webp(data: bytes) -> ImageHeader:
    """Return what a complete WebP promises; ImageError for a damaged or an animated one."""
    if data[8:12] != b'WEBP':
        raise ImageError(f'RIFF file of {len(data)} bytes is no WebP image')
    end = 8 + int.from_bytes(data[4:8], 'little')
    if end > len(data):
        raise cut_off('WebP', data)
    canvas = None
    for kind, content in _chunks(data[:end]):
        if kind == b'VP8X' and canvas is None:
            canvas = _canvas(content)
        elif kind in (b'VP8 ', b'VP8L'):
            size = _lossy(content) if kind == b'VP8 ' else _lossless(content)
            if canvas not in (None, size):
                raise ImageError(f'WebP of {canvas} has an image of {size}: damaged')
            return ImageHeader('webp', *size, 3, 8, _PIXEL_BYTES)
        elif kind in (b'ANIM', b'ANMF'):
            raise ImageError('WebP is an animation; publish images')
    raise ImageError(f'WebP of {len(data)} bytes has no image: damaged')


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return the kinds of the chunks, with the first bytes of their contents."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return
        length = int.from_bytes(data[position + 4:position + 8], 'little')
        if position + 8 + length > len(data):
            raise cut_off('WebP', data)
        yield data[position:position + 4], data[position + 8:position + 8 + min(length, 16)]
        position += 8 + length + length % 2


def _canvas(content: bytes) -> tuple[int, int]:
    return (1 + int.from_bytes(content[4:7], 'little'),
            1 + int.from_bytes(content[7:10], 'little'))


def _lossy(content: bytes) -> tuple[int, int]:
    if content[3:6] != b'\x9d\x01\x2a':
        raise ImageError('WebP has a lossy image without its start code: damaged')
    return (int.from_bytes(content[6:8], 'little') & 0x3FFF,
            int.from_bytes(content[8:10], 'little') & 0x3FFF)


def _lossless(content: bytes) -> tuple[int, int]:
    if content[:1] != b'\x2f':
        raise ImageError('WebP has a lossless image without its signature: damaged')
    sizes = int.from_bytes(content[1:5], 'little')
    return 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF)
