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

"""All that an engine depends on."""

from __future__ import annotations

from dataclasses import dataclass
import hashlib
import json
import re

from seg_node.perception.backends.tensorrt.engine_file import SUFFIX
from seg_node.perception.backends.tensorrt.gpu import Gpu
from seg_node.perception.backends.tensorrt.options import EngineOptions

TIMING_SUFFIX = '.timing'

_DIGITS = 16


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
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
    return '-'.join((*filter(None, slugs), digest)) + suffix
