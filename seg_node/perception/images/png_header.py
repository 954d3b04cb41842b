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
PNG files without decoding them: size, and whether they are whole, chunk by chunk.

OpenCV allocates what the length of a chunk claims before it reads it. Source: the PNG
specification, section 5 (chunks) and 11 (IHDR).
"""

from __future__ import annotations

from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.header import cut_off, ImageHeader

PNG_MAGIC = b'\x89PNG\r\n\x1a\n'

# Grey, RGB, palette, grey with alpha, RGBA: values of a pixel, and bits that they may have.
_COLOR_TYPES = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (3, (1, 2, 4, 8)),
                4: (2, (8, 16)), 6: (4, (8, 16))}
_ANIMATION = (b'acTL', b'fcTL', b'fdAT')
# libpng writes a chunk for 8 kB, so this is half a GB; the limit bounds the walk over a file.
_MAX_CHUNKS = 2**16


def read_png(data: bytes) -> ImageHeader:
    """Return what a complete PNG promises; ImageError for a damaged or an animated one."""
    position, header = len(PNG_MAGIC), None
    for _ in range(_MAX_CHUNKS):
        length, kind = int.from_bytes(data[position:position + 4], 'big'), \
            data[position + 4:position + 8]
        end = position + 12 + length
        if end > len(data):
            raise cut_off('PNG', data)
        if header is None:
            header = _header(kind, data[position + 8:end - 4])
        elif kind == b'IHDR' or kind in _ANIMATION:
            raise ImageError(f'PNG has a chunk {kind!r}: damaged, or an animation')
        if kind == b'IEND':
            return header
        position = end
    raise ImageError(f'PNG of {len(data)} bytes has more than {_MAX_CHUNKS} chunks: damaged')


def _header(kind: bytes, content: bytes) -> ImageHeader:
    if kind != b'IHDR' or len(content) != 13:
        raise ImageError(f'PNG begins with chunk {kind!r} of {len(content)} bytes, '
                         f'not IHDR of 13: damaged')
    bits, color_type = content[8], content[9]
    channels, possible = _COLOR_TYPES.get(color_type, (0, ()))
    if bits not in possible:
        raise ImageError(f'PNG has {bits} bits of colour type {color_type}: damaged')
    return ImageHeader(
        'png', int.from_bytes(content[:4], 'big'), int.from_bytes(content[4:8], 'big'),
        1 if channels == 2 else channels, bits, channels * max(1, bits // 8) + 3)
