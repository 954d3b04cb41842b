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

"""Render a drive as a bag, with a scenario and parameters beside it; see run."""

from __future__ import annotations

import argparse
from pathlib import Path
import shutil
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
import yaml

from seg_node.recordings.calibration import Calibration
from seg_node.recordings.cdr import typestore, write_cdr
from seg_node.recordings.images import RenderedDrive
from seg_node.recordings.sources import RecordedFrame
from seg_node.simulation import demo_drive

START_NS = 1_700_000_000 * 10**9
IMAGE, MASK, INFO, ODOMETRY = (
    'sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CameraInfo',
    'nav_msgs/msg/Odometry')
TOPICS = {'/camera/image_raw/compressed': IMAGE, '/camera/truth': MASK,
          '/camera/camera_info': INFO, '/odom': ODOMETRY}


def main() -> None:
    """Write bag, scenario and parameters."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, help='folder for drive/, drive.scenario.yaml and '
                        'params.yaml')
    parser.add_argument('--fps', type=float, default=10.0)
    parser.add_argument('--seconds', type=float, default=20.0, help='of the drive')
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(options.out / 'drive', ignore_errors=True)
    shutil.copy(Path(__file__).with_name('drive.scenario.yaml'), options.out)
    with RenderedDrive(options.fps) as drive:
        (options.out / 'params.yaml').write_text(yaml.safe_dump(
            {'/**': {'ros__parameters': dict(drive.node_parameters)}}))
        write_bag(options.out / 'drive', drive, round(options.seconds * options.fps))


def write_bag(path: Path, drive: RenderedDrive, count: int) -> None:
    """Write the first frames of the drive."""
    world = demo_drive()
    bag = Writer(path, version=8, storage_plugin=StoragePlugin.MCAP)
    bag.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    assert drive.camera is not None
    with bag:
        topics = {name: bag.add_connection(name, kind, typestore=typestore())
                  for name, kind in TOPICS.items()}
        for frame in drive:
            if frame.index >= count:
                break
            assert frame.bgr is not None
            at = START_NS + frame.time_ns
            labels = world.frame(frame.time_ns * 1e-9).labels
            for topic, message in zip(topics.values(), (
                    image(at, frame.bgr), mask(at, labels), info(at, drive.camera),
                    odometry(at, frame)), strict=True):
                bag.write(topic, at, write_cdr(message, topic.msgtype))


def make(kind: str, *fields: Any) -> Any:
    """Return a message of a type."""
    return typestore().types[kind](*fields)


def header(stamp_ns: int, frame: str) -> Any:
    """Return the header of a message."""
    return make('std_msgs/msg/Header', make(
        'builtin_interfaces/msg/Time', *divmod(stamp_ns, 10**9)), frame)


def image(stamp_ns: int, bgr: NDArray[np.uint8]) -> Any:
    """Return an image as JPEG."""
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return make(IMAGE, header(stamp_ns, 'camera'), 'jpeg', data.reshape(-1))


def mask(stamp_ns: int, labels: NDArray[np.uint8]) -> Any:
    """Return the ground truth, class ids as the model has them."""
    height, width = labels.shape
    return make(MASK, header(stamp_ns, 'camera'), height, width, 'mono8', 0, width,
                labels.reshape(-1))


def info(stamp_ns: int, camera: Calibration) -> Any:
    """Return the camera's calibration."""
    region = make('sensor_msgs/msg/RegionOfInterest', 0, 0, 0, 0, False)
    return make(INFO, header(stamp_ns, 'camera'), camera.height, camera.width,
                camera.distortion_model, *(np.array(one, np.float64) for one in (
                    camera.d, camera.k, camera.r, camera.p)), 0, 0, region)


def odometry(stamp_ns: int, frame: RecordedFrame) -> Any:
    """Return where the vehicle is and how it moves."""
    assert frame.motion is not None and frame.place is not None
    place, motion = frame.place, frame.motion
    pose = make('geometry_msgs/msg/Pose', make('geometry_msgs/msg/Point', place.x, place.y, 0.0),
                make('geometry_msgs/msg/Quaternion', 0.0, 0.0, float(np.sin(place.yaw / 2)),
                     float(np.cos(place.yaw / 2))))
    twist = make('geometry_msgs/msg/Twist',
                 make('geometry_msgs/msg/Vector3', motion.forward, motion.left, 0.0),
                 make('geometry_msgs/msg/Vector3', 0.0, 0.0, motion.yaw_rate))
    return make(ODOMETRY, header(stamp_ns, 'odom'), 'base_footprint',
                make('geometry_msgs/msg/PoseWithCovariance', pose, np.zeros(36)),
                make('geometry_msgs/msg/TwistWithCovariance', twist, np.zeros(36)))


if __name__ == '__main__':
    main()
