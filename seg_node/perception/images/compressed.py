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
JPEG, PNG and WebP files in camera messages to BGR images.

Everything in a message is untrusted, as in raw. A file gets to OpenCV only when its header is
known here, it is whole, and what it promises is within bounds.
"""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.images.bayer import demosaic
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.errors import check_size, ImageError
from seg_node.perception.images.file_format import read_format
from seg_node.perception.images.header import ImageHeader
from seg_node.perception.images.jpeg_header import JPEG, JPEG_MAGIC, read_jpeg
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.images.png_header import PNG_MAGIC, read_png
from seg_node.perception.images.quiet_opencv import decoder_words, quiet_opencv
from seg_node.perception.images.raw_image import flat
from seg_node.perception.images.webp_header import read_webp, WEBP_MAGIC
from seg_node.perception.input_scaler import halvings

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer

MAX_DECODED_BYTES = 72 * 2**20
"""Most memory that decoding one image may take: 25 megapixels as JPEG, 12 as PNG; bounds bombs."""

_READERS = {JPEG_MAGIC: read_jpeg, PNG_MAGIC: read_png, WEBP_MAGIC: read_webp}
_FLAGS = (cv2.IMREAD_COLOR, cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_COLOR_4,
          cv2.IMREAD_REDUCED_COLOR_8)
"""OpenCV's flags by how often the size is halved: all that JPEG's blocks of 8 pixels allow."""

quiet_opencv()


def decode_file(data: Buffer, format: str = '', min_size: tuple[int, int] | None = None,
                depth: BitDepth | None = None) -> CameraImage:
    """
    Decode a JPEG, PNG or WebP file; raise ImageError if that fails.

    Grey and 16-bit images become 8-bit BGR, alpha is dropped. An EXIF orientation is ignored, so
    that the image keeps fitting the camera_info. A JPEG with damage in its middle decodes to
    damaged pixels; what the decoder says of it is in the note.

    :param format: that of sensor_msgs/CompressedImage ('jpeg', 'rgb8; png compressed bgr8', or
        empty): refuses other transports, and tells a Bayer mosaic, which becomes an image in
        colours. Else the bytes decide what is decoded.
    :param min_size: width and height that are enough: a JPEG is decoded to half, a quarter or an
        eighth of its size, the smallest that is not below. It takes half of the time, since a
        large part of the transform and of the colours is left out. None: all there is.
    :param depth: of the camera's images of 16 bits; None: of this one alone.
    """
    told = read_format(format)
    file = bytes(flat(data).data)
    header = read_header(file)
    mosaic = told.mosaic(header.channels)
    depth = depth or BitDepth()
    with decoder_words() as words:
        if mosaic:
            bgr = demosaic(_eight_bits(_mosaic(file, header), depth), mosaic)
        else:
            bgr = _colors(file, header, min_size, depth)
    notes = (words.text, '' if mosaic else told.note(header.channels))
    return CameraImage(Pixels.of(bgr), depth.told(format, header.bits), header.width,
                       header.height, '; '.join(filter(None, notes)))


def read_header(file: bytes) -> ImageHeader:
    """Return what a whole file promises; ImageError for one that must not get to OpenCV."""
    read = next((read for magic, read in _READERS.items() if file.startswith(magic)), None)
    if read is None:
        raise ImageError(
            f'compressed data of {len(file)} bytes begins with {file[:4].hex(" ")}: '
            f'neither JPEG nor PNG nor WebP; publish one of them'
        )
    header = read(file)
    check_size(header.width, header.height)
    needed = header.width * header.height * header.pixel_bytes
    if needed > MAX_DECODED_BYTES:
        raise ImageError(
            f'{header.kind} image of {header.width}x{header.height} takes {needed / 2**20:.0f} MB '
            f'to decode; at most {MAX_DECODED_BYTES // 2**20} MB are spent'
        )
    return header


def _colors(file: bytes, header: ImageHeader, min_size: tuple[int, int] | None, depth: BitDepth,
            ) -> NDArray[np.uint8]:
    halved = 0
    if header.kind == JPEG and min_size is not None:
        halved = min(halvings((header.width, header.height), min_size), len(_FLAGS) - 1)
    deep = cv2.IMREAD_ANYDEPTH if header.bits == 16 else 0
    # Rounded up, as JPEG's blocks at the edges are.
    size = (-(-header.height >> halved), -(-header.width >> halved), 3)
    return _eight_bits(_decode(file, header, _FLAGS[halved] | deep, size), depth)


def _mosaic(file: bytes, header: ImageHeader) -> NDArray[np.generic]:
    if header.bits < 8:
        raise ImageError(f'{header.kind} image with {header.bits} bits is no Bayer mosaic')
    flags = cv2.IMREAD_ANYDEPTH if header.bits == 16 else cv2.IMREAD_GRAYSCALE
    return _decode(file, header, flags, (header.height, header.width))


def _eight_bits(pixels: NDArray[np.generic], depth: BitDepth) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint16:
        return depth.scale(cast('NDArray[np.uint16]', pixels))
    return cast('NDArray[np.uint8]', pixels)


def _decode(file: bytes, header: ImageHeader, flags: int, shape: tuple[int, ...],
            ) -> NDArray[np.generic]:
    try:
        image = cv2.imdecode(np.frombuffer(file, np.uint8),
                             flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except (cv2.error, MemoryError) as error:
        raise ImageError(f'{header.kind} image cannot be decoded: {error}') from error
    if image is None or image.shape != shape:
        raise ImageError(
            f'{header.kind} image of {len(file)} bytes cannot be decoded: '
            f'damaged, or a variant that OpenCV does not read'
        )
    return cast('NDArray[np.generic]', image)
