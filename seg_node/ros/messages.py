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
"""Between ROS messages and the ROS-free parts: conversion only, no decisions."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
import sys
from typing import Any

import cv2
from diagnostic_msgs.msg import KeyValue
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image

from seg_node.outside_text import printable, quoted
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.decoding import decode_image
from seg_node.perception.images.errors import UnknownEncodingError
from seg_node.ros.foreign_encodings import decode_by_cv_bridge


def decode_message(message: Image | CompressedImage, min_size: tuple[int, int] | None = None,
                   depth: BitDepth | None = None) -> CameraImage:
    """
    Decode an image message as decode_image() does; cv_bridge is asked for other encodings.

    :raises ImageError: for any image that cannot be decoded.
    """
    try:
        return decode_image(message, isinstance(message, CompressedImage), min_size, depth)
    except UnknownEncodingError as unknown:
        return CameraImage.of(decode_by_cv_bridge(message, unknown), message.encoding,
                              f'{quoted(message.encoding)} is converted by cv_bridge')


class ImageMessage:
    """One Image that is filled again and again: what a publisher sends is copied by then."""

    def __init__(self) -> None:
        self._message = Image(is_bigendian=int(sys.byteorder == 'big'))
        self._pixels: NDArray[np.uint8] | NDArray[np.uint16] = np.empty((0, 0), np.uint8)

    def fill(self, pixels: NDArray[np.uint8] | NDArray[np.uint16], header: Any) -> Image:
        """
        Return it with these pixels and the header unchanged, until the next are filled in.

        :param pixels: uint8 [H, W] for mono8, or [H, W, 3] for bgr8; uint16 [H, W] for mono16.
        """
        if (self._pixels.shape, self._pixels.dtype) != (pixels.shape, pixels.dtype):
            self._lay(pixels)
        np.copyto(self._pixels, pixels)
        self._message.header = header
        return self._message

    def _lay(self, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        """Make room for pixels of this shape and type."""
        message = self._message
        message.height, message.width = pixels.shape[:2]
        message.encoding = f'mono{8 * pixels.itemsize}' if pixels.ndim == 2 else 'bgr8'
        message.step = pixels.nbytes // max(len(pixels), 1)
        # The one way without a check of each byte in every rclpy.
        message.data = array('B', bytes(pixels.nbytes))
        self._pixels = np.frombuffer(message.data, pixels.dtype).reshape(pixels.shape)


def to_jpeg(bgr: NDArray[np.uint8], header: Any, quality: int) -> CompressedImage:
    """Make a CompressedImage (JPEG) from BGR, uint8 [H, W, 3], with the header unchanged."""
    _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    message = CompressedImage(header=header, format='bgr8; jpeg compressed bgr8')
    message.data.frombytes(memoryview(jpeg).cast('B'))
    return message


def stamp_ns(stamp: Any) -> int:
    """Return a builtin_interfaces Time in nanoseconds."""
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def stamp_text(nanoseconds: int) -> str:
    """Return a stamp as 'sec.nanosec', nine digits after the point."""
    whole, fraction = divmod(nanoseconds, 10**9)
    return f'{whole}.{fraction:09d}'


def key_values(values: Mapping[str, Any]) -> list[KeyValue]:
    """Make KeyValues; numbers become text with four digits at most after the point."""
    return [KeyValue(key=key, value=f'{value:.4f}' if isinstance(value, float)
                     else printable(str(value))) for key, value in values.items()]
