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

"""Look through an ONNX graph, its subgraphs included, and cut and rename in it."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
from onnx import AttributeProto, GraphProto, NodeProto, numpy_helper, TensorProto

from seg_node.tools.import_model.graph_writer import PREFIX

CONTRACT = ('image', 'labels', 'confidence', 'instances')
"""Names that the model contract gives to inputs and outputs."""

_TRANSPARENT = ('Cast', 'Dropout', 'Flatten', 'Identity', 'Reshape', 'Resize', 'Slice', 'Squeeze',
                'Transpose', 'Unsqueeze', 'Upsample')


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """Return the graphs that a node holds: branches, loop bodies."""
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def walk(graph: GraphProto) -> Iterator[NodeProto]:
    """Return all nodes, those of subgraphs after the node that holds them."""
    for node in graph.node:
        yield node
        for inner in subgraphs(node):
            yield from walk(inner)


def weights(graph: GraphProto) -> Iterator[tuple[str, TensorProto]]:
    """Return the constant tensors with their names."""
    for tensor in graph.initializer:
        yield tensor.name, tensor
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield node.output[0], attribute.t
        for inner in subgraphs(node):
            yield from weights(inner)


def constant(graph: GraphProto, name: str) -> list[int] | None:
    """Return the whole numbers of a constant tensor, None when it is computed."""
    for each, tensor in weights(graph):
        if each == name:
            return [int(value) for value in numpy_helper.to_array(tensor).ravel()]
    node = produced(graph).get(name)
    if node is not None and node.op_type == 'Constant':
        for attribute in node.attribute:
            if attribute.name == 'value_ints':
                return list(attribute.ints)
    return None


def produced(graph: GraphProto) -> dict[str, NodeProto]:
    """Return the node that gives each tensor; not of subgraphs."""
    return {name: node for node in graph.node for name in node.output if name}


def origin(graph: GraphProto, name: str) -> NodeProto | None:
    """Return the node that decides what a tensor's values mean: the last that changes them."""
    nodes = produced(graph)
    node = nodes.get(name)
    while node is not None and node.op_type in _TRANSPARENT:
        node = nodes.get(node.input[0])
    return node


def prune(graph: GraphProto) -> None:
    """Remove what the outputs do not depend on."""
    needed = {value.name for value in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(_read(node))
    nodes = list(reversed(kept))
    del graph.node[:]
    graph.node.extend(nodes)
    for values in (graph.initializer, graph.input):
        for index in reversed(range(len(values))):
            if values[index].name not in needed:
                del values[index]


def _read(node: NodeProto) -> Iterator[str]:
    """Return all names that a node may take from outside, at least."""
    yield from node.input
    for graph in subgraphs(node):
        yield from (value.name for value in graph.output)
        for inner in graph.node:
            yield from _read(inner)


def make_room(graph: GraphProto) -> dict[str, str]:
    """Rename every tensor whose name is wanted for the contract; returns old to new."""
    taken = {name for node in walk(graph) for name in (*node.input, *node.output)}
    taken |= {value.name for value in (*graph.input, *graph.output)}
    clashes = [name for name in sorted(taken) if name in CONTRACT or name.startswith(PREFIX)]
    names = {}
    for name in clashes:
        new = f'network/{name}'
        while new in taken:
            new += '_'
        names[name] = new
    _rename(graph, names)
    return names


def _rename(graph: GraphProto, names: dict[str, str]) -> None:
    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        for tensors in (node.input, node.output):
            for index, name in enumerate(tensors):
                tensors[index] = names.get(name, name)
        for inner in subgraphs(node):
            _rename(inner, names)


def shape(value: onnx.ValueInfoProto) -> list[int | None]:
    """Return the dimensions of an input or output, None for those that are free."""
    return [dim.dim_value if dim.HasField('dim_value') and dim.dim_value > 0 else None
            for dim in value.type.tensor_type.shape.dim]
