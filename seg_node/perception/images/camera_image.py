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
"""An image as a camera sent it, and the way to it from a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import numpy as np

from seg_node.perception.images.compressed import decode_compressed, decode_reduced
from seg_node.perception.images.raw import decode_raw
from seg_node.perception.images.raw_image import RawImage

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CameraImage:
    """
    A decoded image.

    bgr is uint8 [h, w, 3]. width and height are the camera's, in pixels: w and h are less where
    the image was decoded at reduced size. encoding is what it came in.
    """

    bgr: NDArray[np.uint8]
    encoding: str
    width: int
    height: int

    @staticmethod
    def of(bgr: NDArray[np.uint8], encoding: str = '') -> CameraImage:
        """Return an image that has the camera's size."""
        return CameraImage(bgr, encoding, bgr.shape[1], bgr.shape[0])


def decode_image(message: Any, compressed: bool, min_size: tuple[int, int] | None = None
                 ) -> CameraImage:
    """
    Decode a message; the image may be a view of it.

    :param message: has the fields of sensor_msgs/CompressedImage or else Image.
    :param min_size: width and height that are enough, where that is quicker; None: all there is.
    :raises ImageError: for any image that cannot be decoded.
    """
    if not compressed:
        return CameraImage.of(decode_raw(RawImage(
            height=message.height, width=message.width, encoding=message.encoding,
            is_bigendian=bool(message.is_bigendian), step=message.step, data=message.data)),
            message.encoding)
    if min_size is None:
        return CameraImage.of(decode_compressed(message.data, message.format), message.format)
    bgr, width, height = decode_reduced(message.data, message.format, min_size)
    return CameraImage(bgr, message.format, width, height)
