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
The name of an engine file, from all that an engine depends on, and its form.

The form tells where it came from, and whether it is whole:

    magic | sha256 of all that follows | length of the header, 8 bytes | header, JSON | engine
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import json
import re
from typing import Any

from seg_node.perception.backends.tensorrt.gpu import Gpu
from seg_node.perception.backends.tensorrt.options import EngineOptions

MAGIC = b'seg_node engine 1\n'
SUFFIX, TIMING_SUFFIX = '.engine', '.timing'

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


@dataclass(frozen=True)
class EngineKey:
    """
    All that an engine depends on.

    model: its name. graph_sha256: 64 hex digits. library: name and version of TensorRT.
    """

    model: str
    graph_sha256: str
    library: str
    gpu: Gpu
    options: EngineOptions

    @property
    def text(self) -> str:
        """Return it as JSON, the same for equal keys only."""
        gpu = [self.gpu.name, self.gpu.compute_capability]
        if self.options.dla_core is not None:
            gpu.append(self.gpu.driver)  # which the compiler for the DLA comes with
        return json.dumps([self.model, self.graph_sha256, self.library, gpu,
                           self.options.to_json()], sort_keys=True)

    @property
    def file_name(self) -> str:
        """Return the name of its file: something for people, then a checksum of all of it."""
        return _file_name(
            (self.model, self.options.precision.value, f'b{self.options.max_batch}',
             self.gpu.name, self.library), self.text, SUFFIX)

    @property
    def timing_name(self) -> str:
        """Return the name of the file with what the library measured on this GPU."""
        words = (self.gpu.name, self.gpu.compute_capability, self.library)
        return _file_name(words, json.dumps(words), TIMING_SUFFIX)


def _file_name(words: tuple[str, ...], text: str, suffix: str) -> str:
    slugs = (re.sub(r'[^a-z0-9.]+', '_', word.lower()).strip('_.')[:40] for word in words)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return '-'.join((*filter(None, slugs), digest)) + suffix
