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
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.recordings.channels import Channel, is_latched, Message, ZSTD_MAGIC
from seg_node.recordings.find import bag_files
from seg_node.recordings.ros1_messages import ConversionError, converter


class WholeBag:
    """
    A Bag that can be opened by its index.

    end_ns is what the bag promises, and so is count, that of its messages. Anything that cannot
    be read raises UserError with a remedy.
    """

    def __init__(self, path: Path) -> None:
        """Open the bag and read its first message."""
        self.path = path
        self._storage = storage_of(path)
        self._reader: Any = None
        self._convert: dict[str, Callable[[bytes], bytes]] = {}
        try:
            with self.readable():
                self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        from rosbags.rosbag1 import Reader as Ros1Reader
        from rosbags.rosbag2 import Reader as Ros2Reader
        is_ros1 = self._storage.suffix == '.bag'
        reader: Any = (Ros1Reader if is_ros1 else Ros2Reader)(self._storage)
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
                raise UserError(f'{self.path}: its messages are compressed, which only the '
                                  'metadata.yaml beside it tells. Give the folder, or try: '
                                  'ros2 bag reindex FOLDER')

    def _ros1_channel(self, connections: list[Any]) -> Channel:
        first = connections[0]
        count = sum(connection.msgcount for connection in connections)
        latched = is_latched(first.topic, ()) or any(
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
    ) -> Iterator[Message]:
        """Yield the messages of channels; from start_ns on, before stop_ns."""
        wanted = [connection for name, each in self._connections.items()
                  if self._channels[name] in channels for connection in each]
        if not wanted:
            return  # rosbags would give all
        with self.readable():
            for connection, recorded, raw in self._reader.messages(wanted, start_ns, stop_ns):
                channel = self._channels[connection.topic, connection.msgtype]
                convert = self._convert.get(connection.msgtype, bytes)
                yield Message(channel, recorded, convert(raw))

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turn whatever reading this bag raises into a UserError that names it."""
        try:
            yield
        except (UserError, GeneratorExit):
            raise
        except Exception as error:
            # A damaged bag surfaces as almost anything: struct, sqlite, zstd, yaml, index errors.
            detail = ' '.join(str(error).split()) or type(error).__name__
            ros = 1 if self._storage.suffix == '.bag' else 2
            remedy = {'.mcap': 'mcap recover FILE -o fixed.mcap', '.bag': 'rosbag reindex FILE'}
            raise UserError(
                f'{self.path}: cannot be read as a ROS {ros} bag ({detail}). The recording is cut '
                'off or damaged; try: '
                f'{remedy.get(self._storage.suffix, "ros2 bag reindex FOLDER")}') from error

    def close(self) -> None:
        """Close the bag's files; safe to call twice."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _ros2_channel(connections: list[Any]) -> Channel:
    first = connections[0]
    offered = tuple(qos for connection in connections
                    for qos in connection.ext.offered_qos_profiles)
    encoding = first.ext.serialization_format
    problem = '' if encoding == 'cdr' else f'its messages are {encoding!r}, not CDR'
    count = sum(connection.msgcount for connection in connections)
    return Channel(
        first.topic, first.msgtype, count, offered, is_latched(first.topic, offered),
        first.digest, problem)


def storage_of(path: Path) -> Path:
    """Return what rosbags opens: the file, or the folder with its metadata.yaml."""
    if path.suffix == '.zstd' and path.is_file():
        raise UserError(f'{path}: a compressed file of a bag. Give its folder, which needs '
                          'metadata.yaml; without one, unpack it: unzstd FILE')
    if path.is_file() or (path / 'metadata.yaml').is_file():
        return path
    # A recording that was killed has no metadata.yaml; its only file still holds the messages.
    files = bag_files(path)
    if len(files) != 1:
        raise UserError(f'{path}: {len(files)} bag files and no metadata.yaml. '
                        'Give one of the files, or try: ros2 bag reindex FOLDER')
    return storage_of(files[0])
