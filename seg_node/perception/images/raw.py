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
Find the pixels in the bytes of an uncompressed camera message.

Takes plain values instead of ROS messages, so it works and is tested without ROS. Everything
in a message is untrusted: sizes are checked against the data before memory is allocated, and
whatever is wrong ends as an ImageError.

Colour formulas are OpenCV's, as in cv_bridge: YUV is BT.601 limited range.
"""

from __future__ import annotations

from typing import Any, cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.outside_text import quoted
from seg_node.perception.images.bayer import BAYER8, BAYER16, demosaic
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.errors import (
    check_size,
    ImageError,
    UnknownEncodingError,
)
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.images.planar import PLANAR, read_planar
from seg_node.perception.images.raw_image import RawImage, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LAYOUTS = {
    'bgr8': Layout.BGR8, 'rgb8': Layout.RGB8, 'bgra8': Layout.BGRA8, 'rgba8': Layout.RGBA8,
    'mono8': Layout.MONO8, '8UC1': Layout.MONO8, '8UC3': Layout.BGR8, '8UC4': Layout.BGRA8,
    'yuv422': Layout.UYVY, 'uyvy': Layout.UYVY,
    'yuv422_yuy2': Layout.YUYV, 'yuyv': Layout.YUYV,
}
# Values per pixel and OpenCV's conversion; None where they are BGR already.
_PACKED16: dict[str, tuple[int, int | None]] = {
    'bgr16': (3, None),
    'rgb16': (3, cv2.COLOR_RGB2BGR),
    'bgra16': (4, cv2.COLOR_BGRA2BGR),
    'rgba16': (4, cv2.COLOR_RGBA2BGR),
    'mono16': (1, cv2.COLOR_GRAY2BGR),
    '16UC1': (1, cv2.COLOR_GRAY2BGR),
}
ENCODINGS16: tuple[str, ...] = (*_PACKED16, *BAYER16)
"""Names of the encodings with 16 bits a value."""
YUV: tuple[str, ...] = (
    *(name for name, layout in _LAYOUTS.items() if layout.shared != (1, 1)), *PLANAR)
"""Names of the encodings that are YUV."""
ENCODINGS: tuple[str, ...] = (*_LAYOUTS, *BAYER8, *ENCODINGS16, *PLANAR)
"""Names of the raw encodings that read_raw() takes."""


def decode_raw(image: RawImage, depth: BitDepth | None = None) -> NDArray[np.uint8]:
    """Return the image as BGR uint8 [H, W, 3]; see read_raw()."""
    return read_raw(image, depth).bgr


def read_raw(image: RawImage, depth: BitDepth | None = None) -> Pixels:
    """
    Return the image as it was sent where its layout has a name, else as BGR8.

    As it was sent it is a read-only view on the data, also where rows are padded; copy it to keep
    it longer than the data. 8UC3 and 8UC4 are taken as BGR and BGRA, OpenCV's order, 16UC1 as
    luminance. Data behind the last row is ignored, except where planes follow each other: see
    planar.

    :param depth: of the camera's images of 16 bits; None: of this one alone.
    :raises UnknownEncodingError: for an encoding that is not among ENCODINGS.
    :raises ImageError: for an image that is malformed.
    """
    try:
        return _read(image, depth or BitDepth())
    except (cv2.error, MemoryError) as error:
        raise ImageError(
            f'{image.encoding} image {image.width}x{image.height} cannot be converted: {error}'
        ) from error


def _read(image: RawImage, depth: BitDepth) -> Pixels:
    check_size(image.width, image.height)
    encoding = image.encoding
    if encoding in _LAYOUTS:
        return _as_sent(image, _LAYOUTS[encoding])
    if encoding in PLANAR:
        return read_planar(image)
    if encoding in _PACKED16:
        channels, code = _PACKED16[encoding]
        return Pixels.of(_convert(_pixels16(image, channels, depth), code))
    if encoding in BAYER8:
        return Pixels.of(demosaic(rows_of(image, 1), encoding))
    if encoding in BAYER16:
        return Pixels.of(demosaic(_pixels16(image, 1, depth), encoding))
    raise UnknownEncodingError(
        f'encoding {quoted(encoding)} is not supported; supported are {", ".join(ENCODINGS)}'
    )


def _as_sent(image: RawImage, layout: Layout) -> Pixels:
    if image.width % layout.shared[0]:
        raise ImageError(f'{image.encoding} image is {image.width} wide; pixels come in pairs, '
                         f'so it must be even')
    return Pixels(layout, (_of_pixels(rows_of(image, layout.pixel_bytes), layout.pixel_bytes),))


def _pixels16(image: RawImage, channels: int, depth: BitDepth) -> NDArray[np.uint8]:
    """Return values of 16 bits in 8, [H, W] or [H, W, channels]."""
    values = rows_of(image, channels, '>u2' if image.is_bigendian else '<u2')
    return depth.scale(_of_pixels(values, channels))


def _of_pixels(rows: NDArray[Any], channels: int) -> NDArray[Any]:
    return rows if channels == 1 else rows.reshape(rows.shape[0], -1, channels)


def _convert(pixels: NDArray[np.uint8], code: int | None) -> NDArray[np.uint8]:
    return cast('NDArray[np.uint8]', pixels if code is None else cv2.cvtColor(pixels, code))
