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

"""What a build gives, and how it is sent between processes and kept in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seg_node.perception.backends.tensorrt.layers import LayerSummary


@dataclass(frozen=True)
class BuildFacts:
    """
    How an engine was built, and what it consists of.

    library: name and version. seconds: how long it took. network: number of layers per type that
    they give, before they are fused. layers: those of the engine, none where the machine that
    built it cannot load it. notes: what was asked for and is not so.
    """

    library: str
    seconds: float
    network: Mapping[str, int] = field(default_factory=dict)
    layers: LayerSummary = LayerSummary()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values; from_json reads them."""
        return {'library': self.library, 'seconds': self.seconds,
                'network': dict(self.network), 'layers': self.layers.to_json(),
                'notes': list(self.notes)}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> BuildFacts:
        """Read what to_json gave."""
        return BuildFacts(
            str(values['library']), float(values['seconds']),
            {str(name): int(count) for name, count in values['network'].items()},
            LayerSummary.from_json(values['layers']), tuple(map(str, values['notes'])))


@dataclass(frozen=True)
class BuiltEngine:
    """An engine as TensorRT serializes it, and what the builder measured for the next one."""

    data: bytes
    facts: BuildFacts
    timing_cache: bytes = b''
