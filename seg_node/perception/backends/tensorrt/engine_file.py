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
The form of an engine file: what it is, where it came from, and whether it is whole.

    magic | sha256 of all that follows | length of the header, 8 bytes | header, JSON | engine
"""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
import json
from typing import Any

MAGIC = b'seg_node engine 1\n'
SUFFIX = '.engine'

_DIGEST = hashlib.sha256().digest_size
_LENGTH = 8
_START = len(MAGIC) + _DIGEST + _LENGTH


class EngineFileError(ValueError):
    """A file that is no engine of this project, or is damaged; the message says which."""


def pack(header: Mapping[str, Any], engine: bytes) -> bytes:
    """Return the content of a file."""
    text = json.dumps(header, sort_keys=True, allow_nan=False).encode()
    rest = len(text).to_bytes(_LENGTH, 'big') + text + engine
    return MAGIC + hashlib.sha256(rest).digest() + rest


def unpack(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return header and engine of a file's content; EngineFileError where it is not whole."""
    if not content.startswith(MAGIC):
        if MAGIC.startswith(content):
            raise EngineFileError('is cut off')
        raise EngineFileError('is no engine file of this version of seg_node')
    if len(content) < _START:
        raise EngineFileError('is cut off')
    rest = memoryview(content)[len(MAGIC) + _DIGEST:]
    if hashlib.sha256(rest).digest() != content[len(MAGIC):len(MAGIC) + _DIGEST]:
        raise EngineFileError('is damaged or cut off: its checksum is wrong')
    end = _LENGTH + int.from_bytes(rest[:_LENGTH], 'big')
    try:
        header = json.loads(bytes(rest[_LENGTH:end]))
    except ValueError as error:
        raise EngineFileError(f'has an unreadable header ({error})') from None
    if end > len(rest) or not isinstance(header, dict):
        raise EngineFileError('has an unreadable header')
    return header, bytes(rest[end:])
