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

"""Recordings for the tests of evaluate: a green road, which the tiny model sees as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer

from helpers.bag_files import _header, CAMERA_INFO, COMPRESSED, IMAGE, PERIOD_NS, START_NS, STORE

WIDTH, HEIGHT = 64, 32
PATH, OBSTACLE, BACKGROUND = 1, 3, 0
COLOURS = {BACKGROUND: (200, 40, 30), PATH: (40, 200, 30), OBSTACLE: (30, 40, 200)}  # BGR
ODOMETRY = 'nav_msgs/msg/Odometry'
# The images are too small and too plain for the checks of a camera's health.
PARAMETERS: dict[str, Any] = {
    'geometry': 'trapezoid', 'backend': 'onnxruntime', 'threads': 1,
    'camera_health.min_sharpness': 0.0, 'camera_health.max_blocked': 1.0,
    'camera_health.max_identical': 0, 'camera_health.min_contrast': 0.0,
    'stop_go.go_after': 2, 'stop_go.go_hold': 0.0, 'stop_go.stop_after': 1}


def road(blocked: bool = False, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return labels, uint8 [H, W]: a road to the middle of the image; or an obstacle on it."""
    labels = np.zeros((height, width), np.uint8)
    labels[height // 2:] = PATH
    if blocked:
        labels[height // 2:height * 3 // 4, width // 4:width * 3 // 4] = OBSTACLE
    return labels


def image(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the image, BGR, in which the tiny model sees these labels."""
    table = np.zeros((256, 3), np.uint8)
    for label, colour in COLOURS.items():
        table[label] = colour
    return table[labels]


def drive(blocked: range = range(0), count: int = 12, width: int = WIDTH, height: int = HEIGHT
          ) -> list[NDArray[np.uint8]]:
    """Return labels frame by frame, with an obstacle in some of them."""
    return [road(index in blocked, width, height) for index in range(count)]


def write_images(folder: Path, frames: list[NDArray[np.uint8]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index, labels in enumerate(frames):
        cv2.imwrite(str(folder / f'{index:04d}.png'), image(labels))
    return folder


def write_masks(folder: Path, frames: dict[int, NDArray[np.uint8]], suffix: str = '') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index, labels in frames.items():
        cv2.imwrite(str(folder / f'{index:04d}{suffix}.png'), labels)
    return folder


def write_drive(
    folder: Path, frames: list[NDArray[np.uint8]], *, storage: str = 'mcap',
    masks: list[NDArray[np.uint8]] | None = None, speeds: list[float] | None = None,
    focal: float | None = None, compression: Any = None, stamps: list[int] | None = None,
    damaged: tuple[int, ...] = (), noise: int = 0, jpeg: bool = False,
    odometry_stamp: Callable[[int], int] = lambda at: at - 1000,
) -> Path:
    """Write a bag: images of `front`, masks, odometry, camera_info; some images cut."""
    rng = np.random.default_rng(0)
    plugin = StoragePlugin.MCAP if storage == 'mcap' else StoragePlugin.SQLITE3
    writer = Writer(folder, version=8, storage_plugin=plugin)
    if compression:
        writer.set_compression(*compression)
    with writer as bag:
        def channel(topic: str, kind: str) -> Any:
            return bag.add_connection(topic, kind, typestore=STORE)

        images = channel('/front/image_raw/compressed', COMPRESSED) if jpeg \
            else channel('/front/image_raw', IMAGE)
        others = {name: channel(topic, kind) for name, wanted, topic, kind in (
            ('masks', masks, '/truth', IMAGE), ('odom', speeds, '/odom', ODOMETRY),
            ('info', focal, '/front/camera_info', CAMERA_INFO)) if wanted is not None}
        for index, labels in enumerate(frames):
            at = START_NS + index * PERIOD_NS
            stamp = stamps[index] if stamps else at
            if speeds is not None:
                bag.write(others['odom'], at - 1000,
                          odometry(odometry_stamp(at), speeds[index]))
            if focal is not None:
                bag.write(others['info'], at - 500, camera_info(stamp, focal))
            if masks is not None:
                bag.write(others['masks'], at - 100, mono(stamp, masks[index]))
            bgr = image(labels) + rng.integers(0, noise + 1, (*labels.shape, 3)).astype(np.uint8)
            message = packed(stamp, bgr, 'jpg') if jpeg else raw(stamp, bgr)
            bag.write(images, at, message[:60] if index in damaged else message)
    return folder


def raw(stamp_ns: int, bgr: NDArray[np.uint8]) -> bytes:
    height, width = bgr.shape[:2]
    return _cdr(IMAGE, STORE.types[IMAGE](
        _header(stamp_ns, 'lens'), height, width, 'bgr8', 0, width * 3, bgr.reshape(-1)))


def mono(stamp_ns: int, labels: NDArray[np.uint8]) -> bytes:
    height, width = labels.shape
    return _cdr(IMAGE, STORE.types[IMAGE](
        _header(stamp_ns, 'lens'), height, width, 'mono8', 0, width, labels.reshape(-1)))


def packed(stamp_ns: int, bgr: NDArray[np.uint8], kind: str = 'png') -> bytes:
    _, data = cv2.imencode(f'.{kind}', bgr)
    return _cdr(COMPRESSED, STORE.types[COMPRESSED](
        _header(stamp_ns, 'lens'), kind, data.reshape(-1)))


def camera_info(stamp_ns: int, focal: float) -> bytes:
    types = STORE.types
    k = np.array([focal, 0, (WIDTH - 1) / 2, 0, focal, (HEIGHT - 1) / 2, 0, 0, 1], float)
    roi = types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    return _cdr(CAMERA_INFO, types[CAMERA_INFO](
        _header(stamp_ns, 'lens'), HEIGHT, WIDTH, 'plumb_bob', np.zeros(5), k,
        np.eye(3).reshape(-1), np.zeros(12), 0, 0, roi))


def odometry(stamp_ns: int, speed: float) -> bytes:
    types = STORE.types
    zero = types['geometry_msgs/msg/Vector3'](0.0, 0.0, 0.0)
    pose = types['geometry_msgs/msg/Pose'](
        types['geometry_msgs/msg/Point'](0.0, 0.0, 0.0),
        types['geometry_msgs/msg/Quaternion'](0.0, 0.0, 0.0, 1.0))
    twist = types['geometry_msgs/msg/Twist'](
        types['geometry_msgs/msg/Vector3'](speed, 0.0, 0.0), zero)
    return _cdr(ODOMETRY, types[ODOMETRY](
        _header(stamp_ns, 'odom'), 'base', types['geometry_msgs/msg/PoseWithCovariance'](
            pose, np.zeros(36)), types['geometry_msgs/msg/TwistWithCovariance'](
            twist, np.zeros(36))))


def _cdr(kind: str, message: Any) -> bytes:
    return bytes(STORE.serialize_cdr(message, kind))


def params_file(folder: Path, **changed: Any) -> Path:
    """Write a parameter file of the node, with PARAMETERS and what differs (a__b for a.b)."""
    import yaml
    values = {**PARAMETERS, **{name.replace('__', '.'): value for name, value in changed.items()}}
    path = folder / 'params.yaml'
    path.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
    return path
