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
Turn the bytes of an uncompressed camera message into a BGR image.

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
from seg_node.perception.images.planar import decode_planar, PLANAR
from seg_node.perception.images.raw_image import RawImage, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Values per pixel and OpenCV's conversion; None where they are BGR already.
_PACKED: dict[str, tuple[int, int | None]] = {
    'bgr8': (3, None),
    'rgb8': (3, cv2.COLOR_RGB2BGR),
    'bgra8': (4, cv2.COLOR_BGRA2BGR),
    'rgba8': (4, cv2.COLOR_RGBA2BGR),
    'mono8': (1, cv2.COLOR_GRAY2BGR),
    '8UC1': (1, cv2.COLOR_GRAY2BGR),
    '8UC3': (3, None),
    '8UC4': (4, cv2.COLOR_BGRA2BGR),
}
_PACKED16: dict[str, tuple[int, int | None]] = {
    'bgr16': (3, None),
    'rgb16': (3, cv2.COLOR_RGB2BGR),
    'bgra16': (4, cv2.COLOR_BGRA2BGR),
    'rgba16': (4, cv2.COLOR_RGBA2BGR),
    'mono16': (1, cv2.COLOR_GRAY2BGR),
    '16UC1': (1, cv2.COLOR_GRAY2BGR),
}
_YUV422 = {
    'yuv422': cv2.COLOR_YUV2BGR_UYVY,
    'uyvy': cv2.COLOR_YUV2BGR_UYVY,
    'yuv422_yuy2': cv2.COLOR_YUV2BGR_YUY2,
    'yuyv': cv2.COLOR_YUV2BGR_YUY2,
}

ENCODINGS16: tuple[str, ...] = (*_PACKED16, *BAYER16)
"""Names of the encodings with 16 bits a value."""
YUV: tuple[str, ...] = (*_YUV422, *PLANAR)
"""Names of the encodings that are YUV."""
ENCODINGS: tuple[str, ...] = (*_PACKED, *BAYER8, *ENCODINGS16, *YUV)
"""Names of the raw encodings that decode_raw() takes."""


def decode_raw(image: RawImage, depth: BitDepth | None = None) -> NDArray[np.uint8]:
    """
    Return the image as BGR uint8 [H, W, 3]; raise ImageError if it is malformed.

    For bgr8 and 8UC3 the result is a read-only view on the data, also where rows are padded;
    copy it to keep it longer than the data. 8UC3 and 8UC4 are taken as BGR and BGRA, OpenCV's
    order, 16UC1 as luminance. Data behind the last row is ignored, except where planes follow
    each other: see planar.

    :param depth: of the camera's images of 16 bits; None: of this one alone.
    :raises UnknownEncodingError: for an encoding that is not among ENCODINGS.
    """
    try:
        return _decode(image, depth or BitDepth())
    except (cv2.error, MemoryError) as error:
        raise ImageError(
            f'{image.encoding} image {image.width}x{image.height} cannot be converted: {error}'
        ) from error


def _decode(image: RawImage, depth: BitDepth) -> NDArray[np.uint8]:
    check_size(image.width, image.height)
    encoding = image.encoding
    if encoding in _PACKED:
        channels, code = _PACKED[encoding]
        return _convert(_pixels(image, channels), code)
    if encoding in _PACKED16:
        channels, code = _PACKED16[encoding]
        return _convert(_pixels16(image, channels, depth), code)
    if encoding in BAYER8:
        return demosaic(_pixels(image, 1), encoding)
    if encoding in BAYER16:
        return demosaic(_pixels16(image, 1, depth), encoding)
    if encoding in _YUV422:
        if image.width % 2:
            raise ImageError(
                f'{encoding} image is {image.width} wide; pixels come in pairs, so it must be even'
            )
        return _convert(_pixels(image, 2), _YUV422[encoding])
    if encoding in PLANAR:
        return decode_planar(image)
    raise UnknownEncodingError(
        f'encoding {quoted(encoding)} is not supported; supported are {", ".join(ENCODINGS)}'
    )


def _pixels(image: RawImage, channels: int) -> NDArray[np.uint8]:
    """Return a view [H, W], or [H, W, channels] of more than one, on values of 8 bits."""
    return _of_pixels(rows_of(image, channels), channels)


def _pixels16(image: RawImage, channels: int, depth: BitDepth) -> NDArray[np.uint8]:
    """Return values of 16 bits in 8, [H, W] or [H, W, channels]."""
    values = rows_of(image, channels, '>u2' if image.is_bigendian else '<u2')
    return depth.scale(_of_pixels(values, channels))


def _of_pixels(rows: NDArray[Any], channels: int) -> NDArray[Any]:
    return rows if channels == 1 else rows.reshape(rows.shape[0], -1, channels)


def _convert(pixels: NDArray[np.uint8], code: int | None) -> NDArray[np.uint8]:
    return cast('NDArray[np.uint8]', pixels if code is None else cv2.cvtColor(pixels, code))
