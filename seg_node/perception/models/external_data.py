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
Weights that an ONNX graph keeps in files beside it, taken into the graph.

Read and written in the wire format of protocol buffers, because a robot need not have the onnx
package. Only messages that can hold a tensor are looked into; all else stays byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

NESTED: dict[str, dict[int, str]] = {
    'ModelProto': {7: 'GraphProto', 20: 'TrainingInfoProto', 25: 'FunctionProto'},
    'TrainingInfoProto': {1: 'GraphProto', 2: 'GraphProto'},
    'FunctionProto': {7: 'NodeProto', 11: 'AttributeProto'},
    'GraphProto': {1: 'NodeProto', 5: 'TensorProto', 15: 'SparseTensorProto'},
    'NodeProto': {5: 'AttributeProto'},
    'AttributeProto': {5: 'TensorProto', 6: 'GraphProto', 10: 'TensorProto', 11: 'GraphProto',
                       22: 'SparseTensorProto', 23: 'SparseTensorProto'},
    'SparseTensorProto': {1: 'TensorProto', 2: 'TensorProto'},
}
"""The fields of each message that lead to a tensor, by their numbers, and what they hold."""

_TENSOR = 'TensorProto'
_RAW_DATA, _EXTERNAL_DATA, _DATA_LOCATION = 9, 13, 14
_KEY, _VALUE = 1, 2      # of an entry of external_data
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT = 10      # bytes

ReadFile = Callable[[str], bytes]
"""Returns the content of a file by its location, as the graph gives it."""


class GraphError(ValueError):
    """A graph that is damaged, or whose weights are; a text that follows the file's name."""


@dataclass(frozen=True)
class _Field:
    """A field of a message: where it starts, where its value does, and where both end."""

    number: int
    kind: int
    start: int
    value: int
    end: int


def take_in(graph: bytes, read: ReadFile) -> bytes:
    """
    Return a serialized graph with all of its weights inside; the same where they are already.

    :raises GraphError: when it is no graph, or a file does not hold what it is to hold; what
        `read` raises is passed on.
    """
    try:
        return _rewritten(memoryview(graph), 'ModelProto', read) or graph
    except RecursionError:
        raise GraphError('is nested too deeply') from None


def _rewritten(message: memoryview, kind: str, read: ReadFile) -> bytes | None:
    """Return a message with the weights inside, None where nothing changes."""
    if kind == _TENSOR:
        return _tensor(message, read)
    parts: list[bytes | memoryview] = []
    done = 0
    for field in _fields(message):
        nested = NESTED[kind].get(field.number)
        if nested is None or field.kind != _BYTES:
            continue
        new = _rewritten(message[field.value:field.end], nested, read)
        if new is not None:
            parts += [message[done:field.start], _header(field.number, len(new)), new]
            done = field.end
    return b''.join([*parts, message[done:]]) if parts else None


def _tensor(message: memoryview, read: ReadFile) -> bytes | None:
    entries: dict[str, str] = {}
    is_external = False
    kept: list[bytes | memoryview] = []
    for field in _fields(message):
        if field.number == _DATA_LOCATION:
            is_external |= bool(message[field.value])
        elif field.number == _EXTERNAL_DATA:
            is_external = True
            key, value = _entry(message[field.value:field.end])
            entries[key] = value
        elif field.number != _RAW_DATA:
            kept.append(message[field.start:field.end])
    if not is_external:
        return None
    data = _part(entries, read)
    return b''.join([*kept, _header(_RAW_DATA, len(data)), data])


def _part(entries: dict[str, str], read: ReadFile) -> memoryview:
    """Return the part of a file that the entries of external_data name."""
    location = entries.get('location')
    if not location:
        raise GraphError('keeps a weight in another file and does not say which; export it again')
    content = memoryview(read(location))
    try:
        offset = int(entries.get('offset', 0))
        length = int(entries.get('length', len(content) - offset))
    except ValueError:
        offset = length = -1
    if offset < 0 or length < 0 or offset + length > len(content):
        raise GraphError(f'wants more of {location} than its {len(content)} bytes; it is cut off '
                         'or of another graph: get both again')
    return content[offset:offset + length]


def _entry(message: memoryview) -> tuple[str, str]:
    found = {_KEY: '', _VALUE: ''}
    for field in _fields(message):
        if field.kind == _BYTES:
            found[field.number] = bytes(message[field.value:field.end]).decode(errors='replace')
    return found[_KEY], found[_VALUE]


def _fields(message: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        value, kind = at, tag & 7
        if kind == _VARINT:
            _, at = _varint(message, at)
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
        elif kind == _BYTES:
            length, value = _varint(message, at)
            at = value + length
        else:
            _damaged()
        if at > len(message):
            _damaged()
        yield _Field(tag >> 3, kind, start, value, at)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    number = 0
    for index, byte in enumerate(message[at:at + _MAX_VARINT]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, at + index + 1
    _damaged()


def _damaged() -> NoReturn:
    raise GraphError('is not an ONNX file, or is cut off; get it again')


def _header(number: int, length: int) -> bytes:
    """Return what stands before bytes of a length."""
    found = bytearray()
    for value in (number << 3 | _BYTES, length):
        while value > 0x7F:
            found.append(value & 0x7F | 0x80)
            value >>= 7
        found.append(value)
    return bytes(found)
