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

"""Decoding and encoding of CDR bytes with one store of types: making one takes 20 ms."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from seg_node.errors import UserError
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.decoding import decode_image


def require_rosbags() -> None:
    """Raise UserError with the remedy where rosbags is not installed."""
    try:
        import rosbags.rosbag2  # noqa: F401
    except ModuleNotFoundError as error:
        if (error.name or '').partition('.')[0] != 'rosbags':
            raise
        raise UserError('bags and their messages need the Python package rosbags, which is not '
                        'installed: pip install rosbags') from None


@lru_cache(maxsize=1)
def typestore() -> Any:
    """Return rosbags' types of ROS 2; UserError where rosbags is not installed."""
    require_rosbags()
    from rosbags.typesys import get_typestore, Stores
    return get_typestore(Stores.ROS2_JAZZY)


def is_cdr(message: bytes) -> bool:
    """Say whether bytes begin as CDR: 4 bytes of encapsulation (DDS-RTPS 10.2), 0 first."""
    return len(message) >= 4 and message[0] == 0


def read_cdr(data: bytes, kind: str) -> Any:
    """
    Decode a message of a standard type; its fields are named as in ROS 2.

    :param kind: such as sensor_msgs/msg/Image.
    :raises Exception: almost any, for damaged bytes.
    """
    return typestore().deserialize_cdr(data, kind)


def write_cdr(message: Any, kind: str) -> bytes:
    """Encode a message that read_cdr() has returned."""
    return bytes(typestore().serialize_cdr(message, kind))


def read_image(message: bytes, compressed: bool, min_size: tuple[int, int] | None = None,
               depth: BitDepth | None = None) -> CameraImage:
    """
    Decode an Image or CompressedImage as decode_image() does.

    :raises Exception: almost any, for damaged bytes.
    """
    kind = 'CompressedImage' if compressed else 'Image'
    return decode_image(read_cdr(message, f'sensor_msgs/msg/{kind}'), compressed, min_size,
                        depth)
