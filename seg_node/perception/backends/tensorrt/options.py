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

"""Say what engine is wanted, and which graph of a model it is built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from seg_node.perception.backends.registry import AUTO, MAX_BATCH, PRECISIONS
from seg_node.perception.models.model import at_precision, Model, Precision

MAX_OPTIMIZATION_LEVEL = 5
MAX_WORKSPACE_MIB = 1 << 16
MAX_DLA_CORE = 3

_RANGES: Mapping[str, tuple[int, int]] = {
    'workspace_mib': (1, MAX_WORKSPACE_MIB),
    'optimization_level': (0, MAX_OPTIMIZATION_LEVEL),
    'dla_core': (0, MAX_DLA_CORE),
    'max_batch': (1, MAX_BATCH),
}
_OPTIONAL = ('workspace_mib', 'optimization_level', 'dla_core')


class OptionsError(ValueError):
    """Options that no engine can fulfil; the message names the option, the value, the remedy."""


@dataclass(frozen=True)
class EngineOptions:
    """
    What engine is wanted. None leaves a choice to TensorRT.

    precision: that of the graph; TensorRT 8 takes it as a permission, later versions compute in
    the graph's own types.
    workspace_mib: most memory that a layer may use besides its tensors.
    optimization_level: how long the builder may search, 0 to 5 (TensorRT 8.6 on).
    dla_core: the deep learning accelerator of a Jetson; what it cannot do runs on the GPU.
    max_batch: most images at once: the number of cameras.
    version_compatible: later versions of TensorRT can load it (8.6 on); may be slower.
    hardware_compatible: other GPUs, Ampere and later, can load it (8.6 on); may be slower.
    """

    precision: Precision = Precision.FP32
    workspace_mib: int | None = None
    optimization_level: int | None = None
    dla_core: int | None = None
    max_batch: int = 1
    version_compatible: bool = False
    hardware_compatible: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.precision, Precision):
            raise OptionsError(f'precision is {self.precision!r}; give a Precision')
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise OptionsError(f'{name} is {value!r}; give a whole number, {low} to {high}')
        if self.dla_core is not None and self.precision is Precision.FP32:
            raise OptionsError(
                f'dla_core is {self.dla_core} and precision fp32; '
                f'a DLA computes in fp16 or int8 only: choose one, or leave out dla_core')
        if self.dla_core is not None and self.hardware_compatible:
            raise OptionsError(
                f'dla_core is {self.dla_core} and hardware_compatible is set; an engine for a DLA '
                f'runs nowhere else: leave out one of them')

    def to_json(self) -> dict[str, Any]:
        """Return plain values; from_json reads them."""
        return {**asdict(self), 'precision': self.precision.value}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> EngineOptions:
        """Read what to_json gave; OptionsError where it does not fit."""
        known = {field.name for field in fields(EngineOptions)}
        if set(values) != known:
            raise OptionsError(f'options are {sorted(values)}; must be {sorted(known)}')
        try:
            precision = Precision(values['precision'])
        except ValueError:
            raise OptionsError(f"precision is {values['precision']!r}; "
                               f'give {", ".join(PRECISIONS[1:])}') from None
        return EngineOptions(**{**values, 'precision': precision})


def graph_for(model: Model, asked: str) -> Model:
    """
    Return the model with the graph to build for a precision that was asked for, if any.

    A model that was loaded at a lower precision stays as it is where none is asked for.

    :raises OptionsError: for no precision of PRECISIONS.
    :raises ModelError: when the model has no such graph, or it is damaged.
    """
    if asked not in PRECISIONS:
        raise OptionsError(f'precision is {asked!r}; give {", ".join(PRECISIONS)}')
    if asked != AUTO:
        return at_precision(model, Precision(asked))
    lower = [variant.precision for variant in model.variants]
    if model.precision is Precision.FP32 and Precision.FP16 in lower:
        return at_precision(model, Precision.FP16)
    return model
