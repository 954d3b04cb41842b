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

"""The messages of one file by its index: sqlite3, mcap and ROS 1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.recordings.channels import Channel, is_latched, Message
from seg_node.recordings.file_formats import FileFormat, format_of, unreadable
from seg_node.recordings.ros1_messages import ConversionError, converter


class IndexedFile:
    """
    A BagFile read by its index; counts are those of the index.

    :param path: of the file. told: what messages call it: the bag that it belongs to.
    :raises UserError: when it has no index that can be used, or is damaged; with a remedy.
    """

    def __init__(self, path: Path, told: Path) -> None:
        """Open the file and read its first message."""
        self._told = told
        self._format = format_of(path)
        self._reader: Any = None
        self._convert: dict[str, Callable[[bytes], bytes]] = {}
        try:
            with self._readable():
                self._open(path)
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path) -> None:
        from rosbags.rosbag1 import Reader as Ros1Reader
        from rosbags.rosbag2 import Reader as Ros2Reader
        if self._format is None:
            raise ValueError('it begins like no bag')
        is_ros1 = self._format is FileFormat.ROS1
        # By what it is, not by the end of its name.
        reader: Any = Ros1Reader(path) if is_ros1 else Ros2Reader.STORAGE_PLUGINS[
            self._format.suffix](path)
        reader.open()
        self._reader = reader
        if self._format is FileFormat.MCAP:
            _check_message_index(reader)
        # Several publishers of a topic are as many connections.
        self._connections: dict[tuple[str, str], list[Any]] = {}
        for connection in reader.connections:
            name = (connection.topic, connection.msgtype)
            self._connections.setdefault(name, []).append(connection)
        channel = self._ros1_channel if is_ros1 else _ros2_channel
        self._channels = {name: channel(each) for name, each in self._connections.items()}
        self.channels = tuple(self._channels.values())
        self.start_ns = self.end_ns = 0
        first = next(reader.messages(reader.connections), None) if reader.connections else None
        if first is not None:
            self.start_ns = first[1]
            end = reader.end_time if is_ros1 else reader.metadata.end_time
            self.end_ns = max(self.start_ns, end - 1)

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
        self, channels: Collection[tuple[str, str]], start_ns: int | None = None,
        stop_ns: int | None = None,
    ) -> Iterator[Message]:
        """Yield the messages of channels, by topic and type; from start_ns on, before stop_ns."""
        wanted = [connection for name, each in self._connections.items()
                  if self._channels[name].name in channels for connection in each]
        if not wanted:
            return  # rosbags would give all
        with self._readable():
            for connection, recorded, raw in self._reader.messages(wanted, start_ns, stop_ns):
                channel = self._channels[connection.topic, connection.msgtype]
                convert = self._convert.get(connection.msgtype, bytes)
                yield Message(channel, recorded, convert(raw))

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn whatever reading this file raises into a UserError that names it."""
        try:
            yield
        except (UserError, GeneratorExit):
            raise
        except Exception as error:
            # A damaged bag surfaces as almost anything: struct, sqlite, zstd, yaml, index errors.
            detail = ' '.join(str(error).split()) or type(error).__name__
            form = self._format or FileFormat.SQLITE3
            raise unreadable(self._told, detail, form.remedy, form.ros) from error

    def close(self) -> None:
        """Close the file; safe to call twice."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _check_message_index(reader: Any) -> None:
    """Refuse chunks whose messages have no index: rosbags would find none in them."""
    indexed = sum(sum(chunk.channel_count.values()) for chunk in reader.chunks)
    if reader.chunks and indexed < reader.metadata.message_count:
        missing = reader.metadata.message_count - indexed
        raise ValueError(f'{missing} messages are not in its index')


def _ros2_channel(connections: list[Any]) -> Channel:
    first = connections[0]
    offered = tuple(qos for connection in connections
                    for qos in connection.ext.offered_qos_profiles)
    count = sum(connection.msgcount for connection in connections)
    return Channel(
        first.topic, first.msgtype, count, offered, is_latched(first.topic, offered),
        first.digest, not_cdr(first.ext.serialization_format))


def not_cdr(encoding: str) -> str:
    """Say what is wrong with an encoding of messages; '' for CDR."""
    return '' if encoding == 'cdr' else f'its messages are {encoding!r}, not CDR'
