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
JPEG files without decoding them: size, completeness and what decoding will cost.

OpenCV decodes a cut-off JPEG to a partly grey image without an error, allocates whatever size a
header claims, and goes over a whole image for every scan. Source: ITU-T T.81 annex B (markers).
"""

from __future__ import annotations

import re

from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.header import cut_off, ImageHeader

JPEG = 'jpeg'
JPEG_MAGIC = b'\xff\xd8\xff'
MAX_SCANS = 64
"""Most scans of a progressive file; encoders make about ten."""
MAX_SCANNED_PIXELS = 2**27
"""Most pixels times scans: each scan goes over all pixels, at some 4 ns each at worst."""

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Baseline, extended, progressive, and the latter two in arithmetic coding.
_DECODED, _PROGRESSIVE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA}), frozenset({0xC2, 0xCA})
_SOS, _EOI = 0xDA, 0xD9
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FILL = re.compile(rb'\xff+')
# Real files have some tens of segments; the limit keeps a crafted one from costing seconds.
_MAX_SEGMENTS = 4096


def read_jpeg(data: bytes) -> ImageHeader:
    """Return what a complete JPEG promises; ImageError for a damaged one or one too costly."""
    position, frame = 2, None
    for _ in range(_MAX_SEGMENTS):
        marker, position = _next_marker(data, position)
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            break
        length = int.from_bytes(data[position:position + 2], 'big')
        if length < 2 or position + length > len(data):
            raise cut_off('JPEG', data)
        segment = data[position:position + length]
        if marker in _SOF:
            frame = marker, segment
        position += length
        if marker == _SOS:
            if frame is None:
                break
            # Searched only behind the headers: an embedded thumbnail has an end marker too.
            if data.rfind(b'\xff\xd9', position) < 0:
                raise cut_off('JPEG', data)
            # Between the first scan and the end only a scan's marker has these bytes, but for
            # tables and comments: at worst there seem to be more.
            scans = 1 + data.count(b'\xff\xda', position)
            return _header(*frame, segment[2:3], scans)
    raise ImageError(f'JPEG of {len(data)} bytes has no frame header or no image data: damaged')


def _header(marker: int, frame: bytes, first_scan: bytes, scans: int) -> ImageHeader:
    """Return what the frame header promises; of the first scan, the number of its components."""
    components = frame[7] if len(frame) > 7 else 0
    if len(frame) < 8 + 3 * components:
        raise ImageError(f'JPEG frame header has {len(frame)} bytes, must have '
                         f'{8 + 3 * max(1, components)}: damaged')
    if marker not in _DECODED or frame[2] != 8 or components not in (1, 3, 4):
        raise ImageError(f'JPEG of kind {marker:X} with {components} components of {frame[2]} '
                         f'bits is not supported; publish 8 bits, baseline or progressive')
    height, width = int.from_bytes(frame[3:5], 'big'), int.from_bytes(frame[5:7], 'big')
    pixel_bytes = 3.0
    if marker in _PROGRESSIVE or first_scan != frame[7:8]:
        # Coefficients of the whole image, two bytes each, are kept from scan to scan.
        _check_scans(width * height, scans)
        sampling = [frame[9 + 3 * index] for index in range(components)]
        areas = [(factors >> 4) * (factors & 15) for factors in sampling]
        pixel_bytes += 2 * sum(areas) / max(1, *areas)
    return ImageHeader(JPEG, width, height, components, 8, pixel_bytes)


def _check_scans(pixels: int, scans: int) -> None:
    if scans > MAX_SCANS or pixels * scans > MAX_SCANNED_PIXELS:
        raise ImageError(f'JPEG has {scans} scans of {pixels} pixels; at most {MAX_SCANS} scans '
                         f'and {MAX_SCANNED_PIXELS} pixels in all are decoded: publish baseline')


def _next_marker(data: bytes, position: int) -> tuple[int, int]:
    """Return the marker code at a position and the position behind it."""
    fill = _FILL.match(data, position)
    if fill is None and position < len(data):
        raise ImageError(f'JPEG has no marker at byte {position}: damaged')
    if fill is None or fill.end() >= len(data):
        raise cut_off('JPEG', data)
    return data[fill.end()], fill.end() + 1
