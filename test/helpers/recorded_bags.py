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

"""Bags of every kind with the same messages, for the tests of replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.enums import CompressionFormat, CompressionMode
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
import yaml

from helpers.bag_files import (
    CAMERA_INFO,
    camera_info,
    IMAGE,
    image,
    PERIOD_NS,
    pixels_of,
    START_NS,
    STORE,
)

COUNT = 6
TIMES = [START_NS + index * PERIOD_NS for index in range(COUNT)]
SIMULATED_NS = 7 * 10**9
TOPIC = '/front/image_raw'
PLUGINS = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
FOREVER = QosTime(2147483647, 4294967295)


def qos(reliable: bool = True, latched: bool = False, deadline: QosTime = FOREVER) -> Qos:
    return Qos(
        QosHistory.UNKNOWN, 0,
        QosReliability.RELIABLE if reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        deadline, FOREVER, QosLiveliness.AUTOMATIC, FOREVER, False)


def written(folder: Path, storage: str, indices: range, compression: str = '') -> Path:
    writer = Writer(folder, version=9, storage_plugin=PLUGINS[storage])
    if compression:
        writer.set_compression(CompressionMode[compression], CompressionFormat.ZSTD)
    with writer as bag:
        images = bag.add_connection(
            TOPIC, IMAGE, typestore=STORE, offered_qos_profiles=[qos(reliable=False)])
        for index in indices:
            at = START_NS + index * PERIOD_NS
            bag.write(images, at, image(at, 10 * index))
    return folder


def split(folder: Path, storage: str) -> Path:
    """Write a bag of two files, as ros2 bag record --max-bag-duration does."""
    written(folder, storage, range(COUNT // 2))
    other = written(folder.with_name('rest'), storage, range(COUNT // 2, COUNT))
    (file,) = (path for path in other.iterdir() if path.suffix != '.yaml')
    file.rename(folder / file.name)
    path = folder / 'metadata.yaml'
    metadata = yaml.safe_load(path.read_text())
    facts = metadata['rosbag2_bagfile_information']
    facts['relative_file_paths'].append(file.name)
    facts['message_count'] = COUNT
    facts['duration']['nanoseconds'] = (COUNT - 1) * PERIOD_NS
    facts['topics_with_message_count'][0]['message_count'] = COUNT
    path.write_text(yaml.safe_dump(metadata))
    return folder


def without_metadata(folder: Path, storage: str) -> Path:
    written(folder, storage, range(COUNT))
    (folder / 'metadata.yaml').unlink()
    return folder


def ros1(path: Path, compression: str = '') -> Path:
    """Write a bag of ROS 1, whose headers have one field more."""
    store: Any = get_typestore(Stores.ROS1_NOETIC)
    writer = Ros1Writer(path)
    if compression:
        writer.set_compression(Ros1Writer.CompressionFormat[compression])
    with writer as bag:
        images = bag.add_connection(TOPIC, IMAGE, typestore=store)
        for index in range(COUNT):
            at = START_NS + index * PERIOD_NS
            message = store.types[IMAGE](
                ros1_header(store, index, at), 48, 64, 'bgr8', 0, 64 * 3,
                pixels_of(10 * index).reshape(-1))
            bag.write(images, at, store.serialize_ros1(message, IMAGE))
    return path


def ros1_header(store: Any, sequence: int, stamp_ns: int) -> Any:
    stamp = store.types['builtin_interfaces/msg/Time'](*divmod(stamp_ns, 10**9))
    return store.types['std_msgs/msg/Header'](sequence, stamp, 'lens')


def ros1_with_own_types(path: Path) -> Path:
    """Write a bag of ROS 1: a type of its own, one that has more fields in ROS 2, tf; latched."""
    store: Any = get_typestore(Stores.ROS1_NOETIC)
    own, other, tf = 'robot_msgs/msg/Wheel', 'sensor_msgs/msg/Range', 'tf/msg/tfMessage'
    store.register(get_types_from_msg('Header header\nfloat64 speed\n', own))
    store.register(get_types_from_msg('geometry_msgs/TransformStamped[] transforms\n', tf))
    make = store.types
    header = ros1_header(store, 1, START_NS)
    with Ros1Writer(path) as bag:
        wheels = bag.add_connection('/wheel', own, typestore=store, latching=1)
        ranges = bag.add_connection('/range', other, typestore=store)
        transforms = bag.add_connection('/tf', tf, typestore=store)
        bag.write(wheels, START_NS, store.serialize_ros1(make[own](header, 1.5), own))
        bag.write(ranges, START_NS + 1, store.serialize_ros1(
            make[other](header, 1, 0.5, 0.25, 8.0, 4.0), other))
        bag.write(transforms, START_NS + 2, store.serialize_ros1(make[tf]([]), tf))
    return path


def with_latched(folder: Path) -> Path:
    """Write a bag whose latched topic speaks only at the beginning, beside images."""
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        text = bag.add_connection('/map_name', 'std_msgs/msg/String', typestore=STORE,
                                  offered_qos_profiles=[qos(latched=True)])
        infos = bag.add_connection('/front/camera_info', CAMERA_INFO, typestore=STORE)
        images = bag.add_connection(TOPIC, IMAGE, typestore=STORE)
        bag.write(text, START_NS, bytes(STORE.serialize_cdr(
            STORE.types['std_msgs/msg/String']('campus'), 'std_msgs/msg/String')))
        for index in range(COUNT):
            at = START_NS + index * PERIOD_NS
            bag.write(images, at, image(at, 10 * index))
    assert infos
    return folder


def with_other_definition(folder: Path) -> Path:
    """Write a bag with a type as another version of its package had it, and one as it is."""
    kind = 'std_msgs/msg/Bool'
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        raw = bytes(STORE.serialize_cdr(STORE.types[kind](True), kind))
        bag.write(bag.add_connection(
            '/changed', kind, msgdef='int64 data', rihs01='RIHS01_' + 64 * '7'), START_NS, raw)
        bag.write(bag.add_connection('/stop', kind, typestore=STORE), START_NS, raw)
    return folder


def of_a_vehicle(folder: Path) -> Path:
    """Write a bag of a camera with odometry and transforms, and what the node said to it."""
    from helpers.evaluate_inputs import ODOMETRY, odometry
    make, tf = STORE.types, 'tf2_msgs/msg/TFMessage'
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        channels = [bag.add_connection(topic, kind, typestore=STORE) for topic, kind in (
            ('/front/image_raw', IMAGE), ('/front/camera_info', CAMERA_INFO), ('/odom', ODOMETRY),
            ('/tf', tf), ('/front/segmentation/mask', IMAGE),
            ('/seg_node/stop', 'std_msgs/msg/Bool'))]
        for index in range(COUNT):
            at = START_NS + index * PERIOD_NS
            stop = STORE.serialize_cdr(make['std_msgs/msg/Bool'](True), 'std_msgs/msg/Bool')
            for channel, data in zip(channels, (
                    image(at, 10 * index), camera_info(at, 100.0), odometry(at, 0.5),
                    STORE.serialize_cdr(make[tf]([]), tf), image(at, 1), stop), strict=True):
                bag.write(channel, at, bytes(data))
    return folder


def of_a_simulation(folder: Path) -> Path:
    """Write a bag whose stamps count from the simulation's start; images are 50 ms old."""
    make, kind = STORE.types, 'rosgraph_msgs/msg/Clock'
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        clocks = bag.add_connection('/clock', kind, typestore=STORE)
        images = bag.add_connection(TOPIC, IMAGE, typestore=STORE)
        for index, at in enumerate(TIMES):
            now = SIMULATED_NS + index * PERIOD_NS
            time = make['builtin_interfaces/msg/Time'](*divmod(now, 10**9))
            bag.write(clocks, at, bytes(STORE.serialize_cdr(make[kind](time), kind)))
            bag.write(images, at, image(now - 50_000_000, index))
    return folder
