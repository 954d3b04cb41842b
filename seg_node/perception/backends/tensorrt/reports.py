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

"""What the library reports: messages, problems of the parser, tensors and their types."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from seg_node.perception.backends.contract import TensorInfo

if TYPE_CHECKING:
    from seg_node.perception.backends.tensorrt.bindings import ParsedNetwork, Tensor

_NUMPY_NAMES = {'FLOAT': 'float32', 'HALF': 'float16', 'BF16': 'bfloat16'}
"""Data types whose NumPy name is not their own in lower case."""


@dataclass(frozen=True)
class LogLine:
    """A message; level is one of internal_error, error, warning, info, verbose."""

    level: str
    text: str

    @property
    def is_trouble(self) -> bool:
        """Say whether it tells of something that is not as it should be."""
        return self.level not in ('info', 'verbose')


@dataclass(frozen=True)
class ParserProblem:
    """
    What the parser has against a node of an ONNX file.

    node: its number in the file, -1 without one. name, operator: '' where the version does not
    tell. function: the parser's own that found it.
    """

    text: str
    node: int = -1
    name: str = ''
    operator: str = ''
    function: str = ''


def dtype_name(dtype: Any) -> str:
    """Return NumPy's name of a DataType."""
    return _NUMPY_NAMES.get(dtype.name, str(dtype.name).lower())


def tensors(network: ParsedNetwork) -> tuple[list[TensorInfo], list[TensorInfo]]:
    """Return the inputs and the outputs of a network."""
    return ([_info(network.get_input(index)) for index in range(network.num_inputs)],
            [_info(network.get_output(index)) for index in range(network.num_outputs)])


def _info(tensor: Tensor) -> TensorInfo:
    return TensorInfo(tensor.name, dtype_name(tensor.dtype),
                      tuple(int(size) for size in tensor.shape))


def layer_types(network: ParsedNetwork) -> dict[str, int]:
    """Count the layers of a network by the type that they give."""
    layers = (network.get_layer(index) for index in range(network.num_layers))
    outputs = (layer.get_output(0) for layer in layers if layer.num_outputs)
    return dict(Counter(dtype_name(tensor.dtype) for tensor in outputs if tensor is not None))
