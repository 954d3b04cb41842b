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

"""MCAP files record by record (https://mcap.dev/spec), also such as no writer of ROS makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import struct
import zlib

MAGIC = b'\x89MCAP0\r\n'


@dataclass(frozen=True)
class Topic:
    """A channel with its schema, and the messages on it: time, ns, and bytes."""

    name: str
    type: str
    messages: Sequence[tuple[int, bytes]]
    encoding: str = 'cdr'
    schema_encoding: str = 'ros2msg'


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack('<I', len(raw)) + raw


def record(opcode: int, content: bytes) -> bytes:
    return struct.pack('<BQ', opcode, len(content)) + content


def chunk(records: bytes, start: int, end: int, compression: str = '', packed: bytes | None = None,
          size: int | None = None) -> bytes:
    """Return a chunk; what it holds and what it promises may differ."""
    packed = records if packed is None else packed
    crc = zlib.crc32(records) if size is None else 0
    return record(0x06, struct.pack('<QQQI', start, end, len(records) if size is None else size,
                                    crc) + text(compression) + struct.pack('<Q', len(packed))
                  + packed)


def write_mcap(path: Path, topics: Sequence[Topic], profile: str = 'ros2') -> Path:
    """Write a chunk of all messages, with a summary that has no message index."""
    declared = messages = b''
    for number, topic in enumerate(topics, 1):
        declared += record(0x03, struct.pack('<H', number) + text(topic.type)
                           + text(topic.schema_encoding) + text(''))
        declared += record(0x04, struct.pack('<HH', number, number) + text(topic.name)
                           + text(topic.encoding) + struct.pack('<I', 0))
    timed = sorted((at, number, data) for number, topic in enumerate(topics, 1)
                   for at, data in topic.messages)
    for at, number, data in timed:
        messages += record(0x05, struct.pack('<HIQQ', number, 0, at, at) + data)
    start, end = timed[0][0], timed[-1][0]
    head = MAGIC + record(0x01, text(profile) + text('a test'))
    body = chunk(declared + messages, start, end)
    data = head + body + record(0x0F, struct.pack('<I', 0))
    counts = b''.join(struct.pack('<HQ', number, len(topic.messages))
                      for number, topic in enumerate(topics, 1))
    index = record(0x08, struct.pack('<QQQQ', start, end, len(head), len(body))
                   + struct.pack('<I', 0) + struct.pack('<Q', 0) + text('')
                   + struct.pack('<QQ', len(declared + messages), len(declared + messages)))
    statistics = record(0x0B, struct.pack('<QHIIIIQQ', len(timed), len(topics), len(topics), 0, 0,
                                          1, start, end) + struct.pack('<I', len(counts)) + counts)
    summary = declared + index + statistics
    footer = record(0x02, struct.pack('<QQI', len(data), 0, 0))
    path.write_bytes(data + summary + footer + MAGIC)
    return path
