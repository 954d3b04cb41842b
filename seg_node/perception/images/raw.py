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

from dataclasses import dataclass
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.images.errors import check_size, ImageError, short

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer

# Bytes per pixel and OpenCV's conversion; None where the bytes are BGR already.
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
# ROS names the top-left 2x2 pixels row by row, OpenCV the second row's second and third pixel.
_BAYER = {
    'bayer_rggb8': cv2.COLOR_BayerBG2BGR,
    'bayer_bggr8': cv2.COLOR_BayerRG2BGR,
    'bayer_gbrg8': cv2.COLOR_BayerGR2BGR,
    'bayer_grbg8': cv2.COLOR_BayerGB2BGR,
}
_YUV422 = {
    'yuv422': cv2.COLOR_YUV2BGR_UYVY,
    'uyvy': cv2.COLOR_YUV2BGR_UYVY,
    'yuv422_yuy2': cv2.COLOR_YUV2BGR_YUY2,
    'yuyv': cv2.COLOR_YUV2BGR_YUY2,
}
_NV = {'nv12': cv2.COLOR_YUV2BGR_NV12, 'nv21': cv2.COLOR_YUV2BGR_NV21}

ENCODINGS: tuple[str, ...] = (*_PACKED, 'mono16', *_BAYER, *_YUV422, *_NV)
"""Names of the raw encodings that decode_raw() takes."""


@dataclass(frozen=True)
class RawImage:
    """
    An uncompressed image as in sensor_msgs/Image; step is bytes per row.

    data is any C-contiguous buffer: bytes, bytearray, array.array('B'), memoryview, ndarray.
    """

    height: int
    width: int
    encoding: str
    is_bigendian: bool
    step: int
    data: Buffer


def decode_raw(image: RawImage) -> NDArray[np.uint8]:
    """
    Return the image as BGR uint8 [H, W, 3]; raise ImageError if it is malformed.

    For bgr8 and 8UC3 the result is a read-only view on the data, also where rows are padded;
    copy it to keep it longer than the data. 8UC3 and 8UC4 are taken as BGR and BGRA, OpenCV's
    order. mono16 is scaled 65535 -> 255. The height of nv12 and nv21 is the luma's or, where
    the data has exactly step * height bytes, that of luma and chroma together. Data behind the
    last row is ignored.
    """
    try:
        return _decode(image)
    except (cv2.error, MemoryError) as error:
        raise ImageError(
            f'{image.encoding} image {image.width}x{image.height} cannot be converted: {error}'
        ) from error


def _decode(image: RawImage) -> NDArray[np.uint8]:
    check_size(image.width, image.height)
    encoding = image.encoding
    if encoding in _PACKED:
        channels, code = _PACKED[encoding]
        pixels = _pixels(image, channels)
        return pixels if code is None else _convert(pixels, code)
    if encoding in _BAYER:
        if min(image.width, image.height) < 3:
            raise ImageError(
                f'{encoding} image is {image.width}x{image.height}; colours need at least 3x3'
            )
        return _convert(_pixels(image, 1), _BAYER[encoding])
    if encoding in _YUV422:
        if image.width % 2:
            raise ImageError(
                f'{encoding} image is {image.width} wide; pixels come in pairs, so it must be even'
            )
        return _convert(_pixels(image, 2), _YUV422[encoding])
    if encoding == 'mono16':
        return _convert(_scale_mono16(_pixels(image, 2), image.is_bigendian), cv2.COLOR_GRAY2BGR)
    if encoding in _NV:
        return _convert(_nv_planes(image), _NV[encoding])
    raise ImageError(
        f'encoding {short(encoding)} is not supported; supported are {", ".join(ENCODINGS)}'
    )


def _pixels(image: RawImage, channels: int, rows: int | None = None) -> NDArray[np.uint8]:
    """Return a read-only view [rows, W] or [rows, W, channels] on the data, padding left out."""
    rows = image.height if rows is None else rows
    row_bytes = image.width * channels
    if image.step < row_bytes:
        raise ImageError(
            f'{image.encoding} image of width {image.width} has step {image.step}; '
            f'a row takes at least {row_bytes} bytes'
        )
    data = flat(image.data)
    needed = (rows - 1) * image.step + row_bytes
    if data.size < needed:
        raise ImageError(
            f'{image.encoding} image {image.width}x{image.height} with step {image.step} has '
            f'{data.size} bytes of data, needs {needed}'
        )
    # The step of a single row says nothing about the data, so it is not trusted as a stride.
    step = image.step if rows > 1 else row_bytes
    shape, strides = (rows, image.width, channels), (step, channels, 1)
    if channels == 1:
        shape, strides = shape[:2], strides[:2]  # type: ignore[assignment]
    view: NDArray[np.uint8] = np.ndarray(shape, np.uint8, buffer=data, strides=strides)
    view.flags.writeable = False
    return view


def flat(data: Buffer) -> NDArray[np.uint8]:
    """Return the bytes of a message's data, uint8 [N]; ImageError where there are none."""
    try:
        view = memoryview(data)
        flat = np.frombuffer(view, np.uint8) if view.nbytes else np.empty(0, np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise ImageError(
            f'image data is {type(data).__name__}, not a contiguous buffer of bytes: {error}'
        ) from error
    if flat.size == 0:
        raise ImageError('image has no data')
    return flat


def _scale_mono16(pixels: NDArray[np.uint8], is_bigendian: bool) -> NDArray[np.uint8]:
    rows, width, _ = pixels.shape
    values: NDArray[np.uint16] = np.ndarray(
        (rows, width), '>u2' if is_bigendian else '<u2',
        buffer=cast('NDArray[np.uint8]', pixels.base), strides=pixels.strides[:2],
    )
    if not values.dtype.isnative or not values.flags.aligned:
        values = values.astype(np.uint16, order='C')
    return cast('NDArray[np.uint8]', cv2.convertScaleAbs(values, alpha=1 / 257))


def _nv_planes(image: RawImage) -> NDArray[np.uint8]:
    rows = image.height + image.height // 2
    if flat(image.data).size == image.step * image.height and image.height % 3 == 0:
        rows = image.height
    if image.width % 2 or rows % 3:
        raise ImageError(
            f'{image.encoding} image is {image.width}x{image.height}; '
            f'chroma has half the size, so both must be even'
        )
    return _pixels(image, 1, rows)


def _convert(pixels: NDArray[np.uint8], code: int) -> NDArray[np.uint8]:
    return cast('NDArray[np.uint8]', cv2.cvtColor(pixels, code))
