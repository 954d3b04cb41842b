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

"""Read a graph once, with all files that belong to it: what is checked is what is loaded."""

from __future__ import annotations

from dataclasses import dataclass
import hashlib
from pathlib import Path, PurePosixPath

from seg_node.outside_text import quoted
from seg_node.perception.models.external_data import GraphError, take_in
from seg_node.regular_file import FileError, read_bytes

MAX_BYTES = 2**31 - 2**20
"""Of a graph with its weights: protocol buffers end at 2 GiB; the rest is room for nodes."""


@dataclass(frozen=True, eq=False)
class GraphFile:
    """
    A graph as it was read.

    content: serialized, with all of its weights inside. sha256: of its files one after another,
    the graph first, then its weights in the order of their names. others: their names.
    """

    content: bytes
    sha256: str
    others: tuple[str, ...] = ()


def read_graph(path: Path) -> GraphFile:
    """
    Read a graph and the files beside it that it keeps weights in.

    :raises GraphError: why that is not possible; a text that follows the graph's name.
    """
    graph = _read(path, MAX_BYTES)
    files: dict[str, bytes] = {}

    def read(location: str) -> bytes:
        if location not in files:
            room = MAX_BYTES - len(graph) - sum(map(len, files.values()))
            try:
                files[location] = _read(path.parent / _inside(location), room)
            except GraphError as error:
                raise GraphError(
                    f'keeps weights in {quoted(location)}, which {error}') from None
        return files[location]

    content = take_in(graph, read)
    digest = hashlib.sha256(graph)
    for location in sorted(files):
        digest.update(files[location])
    return GraphFile(content, digest.hexdigest(), tuple(sorted(files)))


def _inside(location: str) -> str:
    """Return a location that stays in the folder of the graph."""
    place = PurePosixPath(location)
    if place.is_absolute() or '..' in place.parts or '\0' in location:
        raise GraphError('lies outside of its folder; put it beside the graph and export again')
    return location


def _read(path: Path, room: int) -> bytes:
    try:
        return read_bytes(path, room)
    except FileError as error:
        raise GraphError(str(error)) from None
