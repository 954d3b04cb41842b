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

"""Small bags, videos and folders of images for the tests of the tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

STORE: Any = get_typestore(Stores.ROS2_JAZZY)
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
START_NS = 1_700_000_000 * 10**9
PERIOD_NS = 50_000_000


def pixels_of(value: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value % 256, np.uint8)


def write_video(path: Path, count: int = 10, fps: float = 20.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), fps, (64, 48))
    for index in range(count):
        writer.write(pixels_of(20 * index))
    writer.release()
    return path


def _header(stamp_ns: int, frame: str) -> Any:
    types = STORE.types
    stamp = types['builtin_interfaces/msg/Time'](*divmod(stamp_ns, 10**9))
    return types['std_msgs/msg/Header'](stamp, frame)


def image(stamp_ns: int, value: int) -> bytes:
    pixels = pixels_of(value)
    return bytes(STORE.serialize_cdr(STORE.types[IMAGE](
        _header(stamp_ns, 'lens'), 48, 64, 'bgr8', 0, 64 * 3, pixels.reshape(-1)), IMAGE))


def compressed_image(stamp_ns: int, value: int) -> bytes:
    _, data = cv2.imencode('.png', pixels_of(value))
    return bytes(STORE.serialize_cdr(STORE.types[COMPRESSED](
        _header(stamp_ns, 'lens'), 'png', data.reshape(-1)), COMPRESSED))


def camera_info(stamp_ns: int, focal: float) -> bytes:
    types = STORE.types
    k = np.array([focal, 0, 32, 0, focal, 24, 0, 0, 1], float)
    roi = types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    return bytes(STORE.serialize_cdr(types[CAMERA_INFO](
        _header(stamp_ns, 'lens'), 48, 64, 'plumb_bob', np.zeros(5), k, np.eye(3).reshape(-1),
        np.zeros(12), 0, 0, roi), CAMERA_INFO))


def write_bag(
    folder: Path, storage: str = 'mcap', topics: tuple[str, ...] = ('/front/image_raw',),
    count: int = 6, *, with_info: bool = True, stamp_offset_ns: int = -3_000_000,
    zero_stamps: bool = False,
) -> Path:
    """Write image topics (compressed where the name says so) and their camera_info."""
    plugin = StoragePlugin.MCAP if storage == 'mcap' else StoragePlugin.SQLITE3
    with Writer(folder, version=8, storage_plugin=plugin) as bag:
        for topic in topics:
            packed = topic.endswith('compressed')
            images = bag.add_connection(topic, COMPRESSED if packed else IMAGE, typestore=STORE)
            if with_info:
                base = topic[:topic.index('/image_raw')]
                infos = bag.add_connection(f'{base}/camera_info', CAMERA_INFO, typestore=STORE)
            for index in range(count):
                at = START_NS + index * PERIOD_NS
                stamp = 0 if zero_stamps else at + stamp_offset_ns
                bag.write(images, at, (compressed_image if packed else image)(stamp, 10 * index))
                if with_info:
                    bag.write(infos, at + 1000, camera_info(stamp, 100.0 + index))
    return folder


def write_other_bag(folder: Path) -> Path:
    """Write a bag without images."""
    with Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP) as bag:
        connection = bag.add_connection('/stop', 'std_msgs/msg/Bool', typestore=STORE)
        message = STORE.types['std_msgs/msg/Bool'](True)
        bag.write(connection, START_NS, bytes(STORE.serialize_cdr(message, 'std_msgs/msg/Bool')))
    return folder
