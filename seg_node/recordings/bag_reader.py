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

"""Every message of a bag as CDR bytes: ROS 2 (sqlite3, mcap, zstd, split) and ROS 1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag2 import Reader as Ros2Reader

from seg_node.recordings.ros1_messages import ConversionError, converter
from seg_node.recordings.sources import is_bag_file, SourceError

ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'
"""RFC 8878, 3.1.1; CDR never begins so: its first byte is 0."""

LATCHED_TOPICS = ('/tf_static', '/robot_description', '/map')
"""Latched by convention, where no QoS was recorded."""


@dataclass(frozen=True)
class Channel:
    """
    A topic of a recording.

    type is its ROS 2 name (sensor_msgs/msg/Image); count the number of messages that the bag
    promises, None when unknown; offered the recorded QoS profiles of its publishers
    (rosbags.interfaces.Qos); latched says that late subscribers get the newest message; digest is
    the hash of the type's definition (RIHS01_...), where it was recorded; problem says why its
    messages cannot be read, where they cannot.
    """

    topic: str
    type: str
    count: int | None
    offered: tuple[Any, ...] = ()
    latched: bool = False
    digest: str = ''
    problem: str = ''


class BagReader:
    """
    A bag: its channels, and their messages in the order of recording.

    ROS 1 messages are given as ROS 2 would have recorded them. Attributes: path, channels,
    start_ns (time of recording of the first message), end_ns (of the last, as the bag promises
    it), count of messages. Anything that cannot be read raises SourceError with a remedy.
    """

    def __init__(self, path: Path) -> None:
        """Open the bag and read its first message."""
        self.path = storage_of(path)
        self._reader: Any = None
        self._convert: dict[str, Callable[[bytes], bytes]] = {}
        try:
            with self.readable():
                self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        is_ros1 = self.path.suffix == '.bag'
        reader: Any = Ros1Reader(self.path) if is_ros1 else Ros2Reader(self.path)
        reader.open()
        self._reader = reader
        # Several publishers of a topic are as many connections.
        self._connections: dict[tuple[str, str], list[Any]] = {}
        for connection in reader.connections:
            name = (connection.topic, connection.msgtype)
            self._connections.setdefault(name, []).append(connection)
        channel = self._ros1_channel if is_ros1 else _ros2_channel
        self._channels = {name: channel(each) for name, each in self._connections.items()}
        self.channels = tuple(sorted(self._channels.values(), key=lambda c: (c.topic, c.type)))
        self.count: int = reader.message_count
        self.start_ns = self.end_ns = 0
        first = next(reader.messages(reader.connections), None) if reader.connections else None
        if first is not None:
            self.start_ns = first[1]
            self.end_ns = max(self.start_ns, reader.end_time - 1)
            if first[2][:4] == ZSTD_MAGIC:
                raise SourceError(f'{self.path}: its messages are compressed, which only the '
                                  'metadata.yaml beside it tells. Give the folder, or try: '
                                  'ros2 bag reindex FOLDER')

    def _ros1_channel(self, connections: list[Any]) -> Channel:
        first = connections[0]
        count = sum(connection.msgcount for connection in connections)
        latched = first.topic in LATCHED_TOPICS or any(
            connection.ext.latching for connection in connections)
        problem, name = '', first.msgtype
        try:
            name, self._convert[first.msgtype] = converter(first.msgtype, first.msgdef.data)
        except ConversionError as error:
            problem = str(error)
        return Channel(first.topic, name, count, (), latched, problem=problem)

    def messages(
        self, channels: Collection[Channel], start_ns: int | None = None,
        stop_ns: int | None = None,
    ) -> Iterator[tuple[Channel, int, bytes]]:
        """Yield (channel, time of recording, CDR bytes); from start_ns on, before stop_ns."""
        wanted = [connection for name, each in self._connections.items()
                  if self._channels[name] in channels for connection in each]
        if not wanted:
            return  # rosbags would give all
        with self.readable():
            for connection, recorded, raw in self._reader.messages(wanted, start_ns, stop_ns):
                channel = self._channels[connection.topic, connection.msgtype]
                convert = self._convert.get(connection.msgtype, bytes)
                yield channel, recorded, convert(raw)

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turn whatever reading this bag raises into a SourceError that names it."""
        try:
            yield
        except (SourceError, GeneratorExit):
            raise
        except Exception as error:
            # A damaged bag surfaces as almost anything: struct, sqlite, zstd, yaml, index errors.
            detail = ' '.join(str(error).split()) or type(error).__name__
            ros = 1 if self.path.suffix == '.bag' else 2
            remedy = {'.mcap': 'mcap recover FILE -o fixed.mcap', '.bag': 'rosbag reindex FILE'}
            raise SourceError(
                f'{self.path}: cannot be read as a ROS {ros} bag ({detail}). The recording is cut '
                'off or damaged; try: '
                f'{remedy.get(self.path.suffix, "ros2 bag reindex FOLDER")}') from error

    def close(self) -> None:
        """Close the bag's files; safe to call twice."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _ros2_channel(connections: list[Any]) -> Channel:
    first = connections[0]
    offered = tuple(qos for connection in connections
                    for qos in connection.ext.offered_qos_profiles)
    latched = any(qos.durability.name == 'TRANSIENT_LOCAL' for qos in offered) or (
        not offered and first.topic in LATCHED_TOPICS)
    encoding = first.ext.serialization_format
    problem = '' if encoding == 'cdr' else f'its messages are {encoding!r}, not CDR'
    count = sum(connection.msgcount for connection in connections)
    return Channel(
        first.topic, first.msgtype, count, offered, latched, first.digest, problem)


def storage_of(path: Path) -> Path:
    """Return what rosbags opens: the file, or the folder with its metadata.yaml."""
    if path.suffix == '.zstd' and path.is_file():
        raise SourceError(f'{path}: a compressed file of a bag. Give its folder, which needs '
                          'metadata.yaml; without one, unpack it: unzstd FILE')
    if path.is_file() or (path / 'metadata.yaml').is_file():
        return path
    # A recording that was killed has no metadata.yaml; its only file still holds the messages.
    files = sorted(file for file in path.iterdir() if is_bag_file(file))
    if len(files) > 1:
        raise SourceError(f'{path}: {len(files)} bag files and no metadata.yaml. '
                          'Give one of the files, or try: ros2 bag reindex FOLDER')
    return storage_of(files[0])
