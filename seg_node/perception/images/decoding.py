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

"""From a camera's message to an image."""

from __future__ import annotations

from typing import Any

from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.compressed import decode_file
from seg_node.perception.images.raw import ENCODINGS16, read_raw
from seg_node.perception.images.raw_image import RawImage


def decode_image(message: Any, compressed: bool, min_size: tuple[int, int] | None = None,
                 depth: BitDepth | None = None) -> CameraImage:
    """
    Decode a message; the image may be a view of it, in a layout of its own.

    :param message: has the fields of sensor_msgs/CompressedImage or else Image.
    :param min_size: width and height that are enough, where that is quicker; None: all there is.
    :param depth: of the camera's images of 16 bits; None: of this one alone.
    :raises ImageError: for any image that cannot be decoded.
    """
    if compressed:
        return decode_file(message.data, message.format, min_size, depth)
    depth = depth or BitDepth()
    pixels = read_raw(raw_image(message), depth)
    if message.encoding not in ENCODINGS16:
        return CameraImage.as_sent(pixels, message.encoding)
    encoding = depth.told(message.encoding, 16)
    return CameraImage.as_sent(pixels, encoding, encoding)


def raw_image(message: Any) -> RawImage:
    """Return a message with the fields of sensor_msgs/Image."""
    return RawImage(
        height=message.height, width=message.width, encoding=message.encoding,
        is_bigendian=bool(message.is_bigendian), step=message.step, data=message.data)
