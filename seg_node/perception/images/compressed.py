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
JPEG and PNG files in camera messages to BGR images.

Everything in a message is untrusted, as in raw.
"""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.images.errors import check_size, ImageError, short
from seg_node.perception.images.header import ImageHeader, JPEG, read_header
from seg_node.perception.images.raw_image import flat
from seg_node.perception.input_scaler import halvings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer

MAX_COMPRESSED_PIXELS = 2**26
"""Maximum of pixels a compressed image may unpack to (67 million, 200 MB); bounds bombs."""

_FLAGS = (cv2.IMREAD_COLOR, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_COLOR_4,
          cv2.IMREAD_REDUCED_COLOR_8)
"""OpenCV's flags by how often the size is halved: all that JPEG's blocks of 8 pixels allow."""


def decode_compressed(data: Buffer, format: str = '') -> NDArray[np.uint8]:
    """
    Return a JPEG or PNG file as BGR uint8 [H, W, 3]; raise ImageError if that fails.

    format is that of sensor_msgs/CompressedImage ('jpeg', 'rgb8; png compressed bgr8', or
    empty); it is only used to refuse other transports, the bytes decide what is decoded. Grey
    and 16-bit images become 8-bit BGR, alpha is dropped. An EXIF orientation is ignored, so
    that the image keeps fitting the camera_info. A JPEG with damage in its middle decodes
    to damaged pixels: only a cut-off one can be told.
    """
    file, header = _read(data, format)
    return _decode(file, header, 0)


def decode_reduced(data: Buffer, format: str, min_size: tuple[int, int]
                   ) -> tuple[NDArray[np.uint8], int, int]:
    """
    Decode as decode_compressed() does; a JPEG to half, a quarter or an eighth of its size.

    That is the smallest with `min_size` (width, height) pixels or more. It takes half of the time
    of the whole size, since a large part of the transform and of the colours is left out.

    :returns: the image, BGR uint8 [h, w, 3], and the width and height it has in full.
    """
    file, header = _read(data, format)
    times = 0
    if header.kind == JPEG:
        times = min(halvings((header.width, header.height), min_size), len(_FLAGS) - 1)
    return _decode(file, header, times), header.width, header.height


def _read(data: Buffer, format: str) -> tuple[bytes, ImageHeader]:
    _check_format(format)
    file = bytes(flat(data).data)
    header = read_header(file)
    check_size(header.width, header.height)
    if header.width * header.height > MAX_COMPRESSED_PIXELS:
        raise ImageError(
            f'{header.kind} image is {header.width}x{header.height}; '
            f'at most {MAX_COMPRESSED_PIXELS} pixels are unpacked'
        )
    return file, header


def _decode(file: bytes, header: ImageHeader, halved: int) -> NDArray[np.uint8]:
    flags = _FLAGS[halved] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(file, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        raise ImageError(f'{header.kind} image cannot be decoded: {error}') from error
    # Rounded up, as JPEG's blocks at the edges are.
    shape = (-(-header.height >> halved), -(-header.width >> halved), 3)
    if image is None or image.shape != shape:
        raise ImageError(
            f'{header.kind} image of {len(file)} bytes cannot be decoded: '
            f'damaged, or a variant that OpenCV does not read'
        )
    return cast('NDArray[np.uint8]', image)


def _check_format(format: str) -> None:
    name = format.lower()
    if 'compresseddepth' in name:
        raise ImageError(
            f'format {short(format)} carries depth, not colour: choose a colour camera topic'
        )
    if name.strip() and not any(kind in name for kind in ('jpeg', 'jpg', 'png')):
        raise ImageError(f'format {short(format)} is not supported; supported are jpeg and png')
