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
The messages of an mcap file without its index, which one that was cut off never had.

Records as in https://mcap.dev/spec: an opcode, a length of 8 bytes, the content.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from os import SEEK_END
from pathlib import Path
import struct
from typing import BinaryIO
import zlib

from seg_node.recordings.channels import Channel, Message
from seg_node.recordings.damaged.scanning import (
    channel_of,
    damage_ends,
    DamageError,
    Found,
    read,
    read_up_to,
)
from seg_node.recordings.indexed_file import not_cdr
from seg_node.recordings.unpacking import MAX_BYTES, unpack

_MAGIC = b'\x89MCAP0\r\n'
_SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 0x03, 0x04, 0x05, 0x06, 0x0F


def scan(path: Path, found: Found) -> Iterator[Message]:
    """Yield message after message; DamageError at the damage."""
    with path.open('rb') as file, damage_ends():
        if read(file, len(_MAGIC)) != _MAGIC:
            raise DamageError('no mcap file')
        yield from _Records(found).messages(file)
        file.seek(-len(_MAGIC), SEEK_END)
        if read(file, len(_MAGIC)) != _MAGIC:
            raise DamageError('its end is missing')


class _Records:
    def __init__(self, found: Found) -> None:
        self._found = found
        self._types: dict[int, str] = {}
        self._channels: dict[int, Channel] = {}

    def messages(self, file: BinaryIO) -> Iterator[Message]:
        while head := file.read(9):
            if len(head) < 9:
                raise DamageError('a record without its length')
            opcode, size = struct.unpack('<BQ', head)
            if opcode == _DATA_END:
                return
            content = read_up_to(file, size)
            is_whole = len(content) == size
            if opcode == _CHUNK:
                yield from self._in_order(_unpacked(content, is_whole))
            if not is_whole:
                raise DamageError(f'a record of {size} bytes, {len(content)} of them there')
            if opcode == _SCHEMA:
                (number,) = struct.unpack_from('<H', content)
                self._types[number] = _text(content, 2)[0]
            elif opcode == _CHANNEL:
                number, schema = struct.unpack_from('<HH', content)
                topic, end = _text(content, 4)
                encoding, end = _text(content, end)
                qos = _metadata(content, end).get('offered_qos_profiles', '')
                channel = channel_of(topic, self._types.get(schema, ''), qos, not_cdr(encoding))
                self._found(channel)
                if not channel.problem:
                    self._channels[number] = channel
            elif opcode == _MESSAGE:
                number, _, recorded = struct.unpack_from('<HIQ', content)
                if number in self._channels:
                    yield Message(self._channels[number], recorded, content[22:])

    def _in_order(self, records: bytes) -> Iterator[Message]:
        found: list[Message] = []
        with suppress(DamageError):      # of a chunk that is cut off; told by its own record
            found.extend(self.messages(BytesIO(records)))
        yield from sorted(found, key=lambda message: message.recorded_ns)


def _unpacked(chunk: bytes, is_whole: bool) -> bytes:
    """Return the records of a chunk; of one that is cut off those before the cut."""
    _, _, size, checksum = struct.unpack_from('<QQQI', chunk)
    compression, end = _text(chunk, 28)
    packed = chunk[end + 8:]
    packed = unpack(compression, packed, min(size, MAX_BYTES), whole=is_whole)
    if is_whole and (len(packed) != size or (checksum and zlib.crc32(packed) != checksum)):
        raise DamageError('a chunk that does not fit its checksum')
    return packed


def _metadata(content: bytes, start: int) -> dict[str, str]:
    (size,) = struct.unpack_from('<I', content, start)
    place, found = start + 4, {}
    while place < start + 4 + size:
        key, place = _text(content, place)
        found[key], place = _text(content, place)
    return found


def _text(data: bytes, start: int) -> tuple[str, int]:
    (size,) = struct.unpack_from('<I', data, start)
    end = start + 4 + size
    return data[start + 4:end].decode(), end
