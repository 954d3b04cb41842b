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

"""Append nodes and constants to an ONNX graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from onnx import GraphProto, helper, numpy_helper, TensorProto

PREFIX = 'seg_node/'
"""Begins every name that is made here, so that none clashes with the network's."""


class GraphWriter:
    """A graph under construction; names of the tensors are made up where none is given."""

    def __init__(self, graph: GraphProto, opset: int = 13) -> None:
        """Write to the end of a graph of an opset."""
        self._graph = graph
        self._opset = opset
        self._made = len(graph.node) + len(graph.initializer)

    def add(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        name = self._name(kind)
        self._graph.node.append(
            helper.make_node(kind, inputs, [output or name], name=name, **attributes))
        return output or name

    def split(self, source: str, axis: int, count: int) -> list[str]:
        """Split a tensor into slices of one along an axis."""
        name = self._name('Split')
        outputs = [f'{name}_{index}' for index in range(count)]
        # The sizes are named: without them, opset 18 wants an attribute that 17 does not know.
        sizes = self.constant([1] * count, np.int64)
        self._graph.node.append(
            helper.make_node('Split', [source, sizes], outputs, name=name, axis=axis))
        return outputs

    def top(self, source: str, count: int) -> tuple[str, str]:
        """Return the largest values of each row [..., N], sorted, and their places."""
        name = self._name('TopK')
        outputs = (f'{name}_values', f'{name}_places')
        self._graph.node.append(helper.make_node(
            'TopK', [source, self.constant([count], np.int64)], outputs, name=name, axis=-1))
        return outputs

    def highest(self, source: str) -> str:
        """Return the largest values along the first axis, which stays with one entry."""
        if self._opset < 18:
            return self.add('ReduceMax', source, axes=[0], keepdims=1)
        return self.add('ReduceMax', source, self.constant([0], np.int64), keepdims=1)

    def part(self, source: str, first: int, end: int | None = None) -> str:
        """Return entries along the first axis; to its end where that is None."""
        # TensorRT wants the axes named.
        return self.add('Slice', source, *(self.constant([each], np.int64) for each in (
            first, np.iinfo(np.int32).max if end is None else end, 0)))

    def flag(self, comparison: str, values: str, limit: float) -> str:
        """Return 1 where a comparison with a limit holds, else 0, as float."""
        held = self.add(comparison, values, self.constant(limit))
        return self.add('Cast', held, to=TensorProto.FLOAT)

    def constant(self, values: ArrayLike, dtype: DTypeLike = np.float32) -> str:
        """Add a constant and return its name."""
        name = self._name('constant')
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def _name(self, kind: str) -> str:
        self._made += 1
        return f'{PREFIX}{kind}_{self._made}'
