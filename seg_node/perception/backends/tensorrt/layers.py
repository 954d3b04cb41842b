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
What an engine really consists of: its layers and the types that they compute in.

Read from the inspector's JSON, {"Layers": [...], "Bindings": [...]}, as TensorRT 8.5 to 11 write
it for engines built with detailed verbosity. Tensors have a "Format/Datatype" ("Row major linear
FP16 format", "Half", "N/A due to dynamic shapes"), or a "Datatype"; weighted layers have
"Weights": {"Type": "Half", "Count": 4608}. Without detail a layer is its name alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
import re
from typing import Any

UNKNOWN = 'unknown'

_PRECISIONS = (
    ('int4', r'int4'), ('fp4', r'fp4'), ('fp8', r'fp8'), ('int8', r'\bint8'),
    ('bf16', r'bf16|bfloat16'), ('fp16', r'fp16|half|float16'), ('fp32', r'fp32|float|tf32'),
)
"""Precisions, the lowest first, and how the versions write them (in lower case)."""

_COMPUTING = re.compile(r'conv|gemm|matrixmultiply|matmul|correlation|dla', re.IGNORECASE)
"""Layers whose time counts; the rest moves data or is cheap."""

_MOVING = re.compile(r'reformat|noop|shuffle|constant|copy', re.IGNORECASE)

_SHARE = 0.05
"""A precision that fewer of the computing layers have is not worth a word."""


@dataclass(frozen=True)
class LayerInfo:
    """A layer of an engine; weights: their number."""

    name: str
    kind: str
    precision: str = UNKNOWN
    weights: int = 0

    @property
    def computes(self) -> bool:
        """Say whether it is one of the layers that take the time."""
        return self.weights > 0 or bool(
            _COMPUTING.search(self.kind) and not _MOVING.search(self.kind))


@dataclass(frozen=True)
class LayerSummary:
    """The layers of an engine, in the order of running."""

    layers: tuple[LayerInfo, ...] = ()

    @property
    def precisions(self) -> dict[str, int]:
        """Return the number of computing layers per precision, of all layers if none computes."""
        counted = [layer for layer in self.layers if layer.computes] or self.layers
        found = Counter(layer.precision for layer in counted)
        order = [name for name, _ in _PRECISIONS] + [UNKNOWN]
        return {name: found[name] for name in order if name in found}

    @property
    def precision(self) -> str:
        """Return what the engine really computes in, e.g. fp16 or int8+fp16."""
        counts = self.precisions
        known = {name: count for name, count in counts.items() if name != UNKNOWN}
        total = sum(known.values())
        return '+'.join(
            name for name, count in known.items() if count >= _SHARE * total) or UNKNOWN

    @property
    def on_dla(self) -> int:
        """Return the number of parts that run on a deep learning accelerator."""
        return sum('dla' in layer.kind.lower() for layer in self.layers)

    def to_json(self) -> list[list[Any]]:
        """Return plain values; from_json reads them."""
        return [[layer.name, layer.kind, layer.precision, layer.weights] for layer in self.layers]

    @staticmethod
    def from_json(values: Sequence[Sequence[Any]]) -> LayerSummary:
        """Read what to_json gave."""
        return LayerSummary(tuple(
            LayerInfo(str(name), str(kind), str(precision), int(weights))
            for name, kind, precision, weights in values))


def summarize(inspection: str) -> LayerSummary:
    """Read the inspector's JSON; what it does not tell is unknown, never an error."""
    try:
        content = json.loads(inspection)
    except ValueError:
        return LayerSummary()
    entries = content.get('Layers') if isinstance(content, dict) else None
    return LayerSummary(tuple(_layer(entry) for entry in entries)
                        if isinstance(entries, list) else ())


def _layer(entry: Any) -> LayerInfo:
    if not isinstance(entry, dict):
        return LayerInfo(str(entry), UNKNOWN)
    weights = entry.get('Weights', entry.get('ConvWeights'))
    weights = weights if isinstance(weights, dict) else {}
    count = weights.get('Count', 0)
    kind = entry.get('LayerType') or entry.get('ParameterType') or UNKNOWN
    return LayerInfo(str(entry.get('Name', '')), str(kind), _precision(entry, weights),
                     count if isinstance(count, int) else 0)


def _precision(entry: Mapping[str, Any], weights: Mapping[str, Any]) -> str:
    """Return the type of the weights, which are of what is computed in, else of the tensors."""
    texts = [weights.get('Type'), *(_type_of(tensor) for tensor in _tensors(entry, 'Inputs')),
             *(_type_of(tensor) for tensor in _tensors(entry, 'Outputs')), entry.get('Precision')]
    for text in texts:
        for name, pattern in _PRECISIONS:
            if isinstance(text, str) and re.search(pattern, text.lower()):
                return name
    return UNKNOWN


def _tensors(entry: Mapping[str, Any], where: str) -> Sequence[Any]:
    tensors = entry.get(where)
    return tensors if isinstance(tensors, list) else ()


def _type_of(tensor: Any) -> Any:
    if not isinstance(tensor, dict):
        return None
    return tensor.get('Format/Datatype', tensor.get('Datatype'))
