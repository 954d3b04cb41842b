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

"""What the scans of damaged files share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import SEEK_END
from typing import BinaryIO

from seg_node.recordings.channels import Channel, is_latched

Found = Callable[[Channel], object]
"""Is told of every channel of a file that is scanned."""


class DamageError(Exception):
    """A file ends or makes no sense here."""


def read_up_to(file: BinaryIO, size: int) -> bytes:
    """Read that many bytes, or those that there are; a damaged size takes no memory."""
    place = file.tell()
    end = file.seek(0, SEEK_END)
    file.seek(place)
    return file.read(min(size, end - place))


def read(file: BinaryIO, size: int) -> bytes:
    """Read that many bytes; DamageError when there are fewer."""
    data = read_up_to(file, size)
    if len(data) != size:
        raise DamageError(f'{size} bytes expected, {len(data)} found')
    return data


@contextmanager
def damage_ends() -> Iterator[None]:
    """Turn whatever reading damaged bytes raises into DamageError."""
    try:
        yield
    except (DamageError, GeneratorExit):
        raise
    except Exception as error:      # struct, zstd, lz4, sqlite, unicode, index errors
        raise DamageError(str(error)) from error


def channel_of(topic: str, kind: str, qos: str, problem: str = '') -> Channel:
    """Return a channel with the QoS that was recorded (YAML, '' for none); counts are unknown."""
    from rosbags.rosbag2.metadata import parse_qos
    try:
        offered = tuple(parse_qos(qos)) if qos else ()
    except Exception:      # damaged, or of a form that rosbags does not know
        offered = ()
    return Channel(topic, kind, None, offered, is_latched(topic, offered), problem=problem)
