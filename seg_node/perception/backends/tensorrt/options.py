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

from dataclasses import asdict, dataclass
from typing import Any

from seg_node.perception.backends.registry import (
    at_asked_precision,
    AUTO,
    MAX_BATCH,
    OwnOption,
)
from seg_node.perception.models.model import Model, Precision

WORKSPACE_MIB = OwnOption(
    'workspace_mib', 0, 1, 1 << 16,
    'maximum of memory that a layer may use besides its tensors, with tensorrt, MiB; '
    '0: its own choice')
OPTIMIZATION_LEVEL = OwnOption(
    'optimization_level', -1, 0, 5,
    'how long a build may search for the quickest engine, with tensorrt from 8.6 on; '
    '-1: its own choice')
DLA_CORE = OwnOption(
    'dla_core', -1, 0, 3,
    'deep learning accelerator of a Jetson, with tensorrt; what it cannot do runs on the GPU; '
    '-1: none')
LIBRARY_TACTICS = OwnOption(
    'library_tactics', 0, 1, 1,
    'also try what cuBLAS and cuDNN offer, with tensorrt up to 10; their contexts take hundreds '
    'of MB; 0: no')
OWN_OPTIONS = (WORKSPACE_MIB, OPTIMIZATION_LEVEL, DLA_CORE, LIBRARY_TACTICS)

PRECISIONS: tuple[str, ...] = (
    AUTO, *(each.value for each in Precision if each is not Precision.UINT8))
"""What may be asked of TensorRT, whose parser refuses the zero points of uint8."""
_RANGES = {'max_batch': (1, MAX_BATCH),
           **{option.name: (option.low, option.high) for option in OWN_OPTIONS}}


class OptionsError(ValueError):
    """Options that no engine can fulfil; the message names the option, the value, the remedy."""


@dataclass(frozen=True)
class EngineOptions:
    """
    What engine is wanted. None leaves a choice to TensorRT; see OWN_OPTIONS for the meanings.

    precision: that of the graph; TensorRT 8 takes it as a permission, later versions compute in
    the graph's own types.
    max_batch: maximum of images at once: the number of cameras.
    version_compatible: later versions of TensorRT can load it (8.6 on); may be slower.
    hardware_compatible: other GPUs, Ampere and later, can load it (8.6 on); may be slower.
    """

    precision: Precision = Precision.FP32
    workspace_mib: int | None = None
    optimization_level: int | None = None
    dla_core: int | None = None
    library_tactics: int | None = None
    max_batch: int = 1
    version_compatible: bool = False
    hardware_compatible: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.precision, Precision):
            raise OptionsError(f'precision is {self.precision!r}; give a Precision')
        if self.precision is Precision.UINT8:
            raise OptionsError(_no(self.precision.value))
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is None and name != 'max_batch':
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
        """Return plain values."""
        return {**asdict(self), 'precision': self.precision.value}


def graph_for(model: Model, asked: str) -> Model:
    """
    Return the model with the graph to build for a precision that was asked for, if any.

    A model that was loaded at a lower precision stays as it is where none is asked for.

    :raises OptionsError: for no precision of PRECISIONS.
    :raises ModelError: when the model has no such graph, or it is damaged.
    """
    if asked not in PRECISIONS:
        raise OptionsError(_no(asked))
    return at_asked_precision(model, asked, Precision.FP16)


def _no(precision: str) -> str:
    return (f'precision is {precision!r}, which TensorRT does not compute in; '
            f'give {", ".join(PRECISIONS)}')
