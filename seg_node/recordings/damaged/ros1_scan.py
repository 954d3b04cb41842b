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

"""
The messages of a ROS 1 bag without its index, which a recording that was cut off never had.

Records as in https://wiki.ros.org/Bags/Format/2.0: a header of fields, then data, both with their
lengths of 4 bytes before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
import struct
from typing import BinaryIO

from seg_node.recordings.channels import Channel, is_latched, Message
from seg_node.recordings.damaged.scanning import damage_ends, DamageError, Found, read
from seg_node.recordings.ros1_messages import ConversionError, converter
from seg_node.recordings.unpacking import MAX_BYTES, unpack

_MAGIC = b'#ROSBAG V2.0\n'
_MESSAGE, _CHUNK, _CONNECTION = 0x02, 0x05, 0x07


def scan(path: Path, found: Found) -> Iterator[Message]:
    """Yield message after message; DamageError at the damage."""
    with path.open('rb') as file, damage_ends():
        if read(file, len(_MAGIC)) != _MAGIC:
            raise DamageError('no ROS 1 bag')
        yield from _Records(found).messages(file)
        raise DamageError('it has no index')


class _Records:
    def __init__(self, found: Found) -> None:
        self._found = found
        self._connections: dict[int, tuple[Channel, Callable[[bytes], bytes]]] = {}

    def messages(self, file: BinaryIO) -> Iterator[Message]:
        while size := file.read(4):
            header = _fields(read(file, _uint32(size)))
            data = read(file, _uint32(read(file, 4)))
            kind = header['op'][0]
            if kind == _CHUNK:
                yield from self.messages(BytesIO(_unpacked(header, data)))
            elif kind == _CONNECTION:
                self._connect(header, _fields(data))
            elif kind == _MESSAGE:
                connection = self._connections.get(_uint32(header['conn']))
                if connection is not None:
                    channel, convert = connection
                    seconds, nanoseconds = struct.unpack('<II', header['time'])
                    yield Message(channel, seconds * 10**9 + nanoseconds, convert(data))

    def _connect(self, header: dict[str, bytes], given: dict[str, bytes]) -> None:
        kind = '/msg/'.join(given['type'].decode().split('/'))
        try:
            name, convert = converter(kind, given['message_definition'].decode(errors='replace'))
        except ConversionError:
            return
        topic = header['topic'].decode()
        latched = is_latched(topic, ()) or given.get('latching') == b'1'
        channel = Channel(topic, name, None, (), latched)
        self._found(channel)
        self._connections[_uint32(header['conn'])] = channel, convert


def _fields(data: bytes) -> dict[str, bytes]:
    found, place = {}, 0
    while place < len(data):
        (size,) = struct.unpack_from('<I', data, place)
        name, _, value = data[place + 4:place + 4 + size].partition(b'=')
        found[name.decode()] = value
        place += 4 + size
    return found


def _unpacked(header: dict[str, bytes], data: bytes) -> bytes:
    return unpack(header['compression'].decode(), data,
                  min(_uint32(header['size']), MAX_BYTES))


def _uint32(data: bytes) -> int:
    return int(struct.unpack('<I', data)[0])
