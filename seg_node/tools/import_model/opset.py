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
Bring a network to an opset that TensorRT 8.5 reads.

Upwards onnx's own converter does it. Downwards that converter lacks what torch.onnx.export writes
today (Resize, ReduceMean with attributes of their defaults), so the nodes are rewritten here:
newer versions of an operator mostly add types and attributes only, and a node that does not use
them means the same in the older version. The caller compares results before and after.
"""

from __future__ import annotations

import onnx
from onnx import checker, defs, GraphProto, helper, NodeProto, version_converter

from seg_node.errors import UserError
from seg_node.tools.import_model.options import LOWEST_OPSET
from seg_node.tools.import_model.runtime import summary
from seg_node.tools.import_model.source import opset_of
from seg_node.tools.import_model.tensors import constant, prune, subgraphs

IR_VERSION = 8
"""Newest IR version that TensorRT 8.5's parser was built with; opsets up to 18 fit."""


def to_opset(model: onnx.ModelProto, highest: int) -> onnx.ModelProto:
    """
    Return the model in an opset from LOWEST_OPSET to highest; the model itself if it is in one.

    :raises UserError: when it cannot be said in such an opset.
    """
    opset = opset_of(model)
    if opset < LOWEST_OPSET:
        return _raised(model, opset)
    return _lowered(model, opset, highest) if opset > highest else model


def tidy(model: onnx.ModelProto) -> None:
    """Set IR version and opset, and remove what says how and where a network was exported."""
    imports = [helper.make_opsetid('', opset_of(model))]
    del model.opset_import[:], model.metadata_props[:], model.functions[:]
    model.opset_import.extend(imports)
    model.ir_version = max(IR_VERSION, helper.find_min_ir_version_for(imports))
    model.doc_string = ''
    _tidy_graph(model.graph)


def _tidy_graph(graph: GraphProto) -> None:
    graph.doc_string = ''
    del graph.value_info[:], graph.metadata_props[:], graph.quantization_annotation[:]
    for node in graph.node:
        node.doc_string = ''
        del node.metadata_props[:]
        for inner in subgraphs(node):
            _tidy_graph(inner)
    for each in (*graph.input, *graph.output, *graph.initializer):
        each.doc_string = ''
        del each.metadata_props[:]


def _raised(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    try:
        raised = version_converter.convert_version(model, LOWEST_OPSET)
    except (RuntimeError, checker.ValidationError) as error:
        raise UserError(
            f'the network has opset {opset}, {LOWEST_OPSET} is needed, and onnx cannot convert it '
            f'({summary(error)}); export it with opset_version={LOWEST_OPSET}') from None
    return raised


def _lowered(model: onnx.ModelProto, opset: int, highest: int) -> onnx.ModelProto:
    lowered = onnx.ModelProto()
    lowered.CopyFrom(model)
    _lower_graph(lowered.graph, model.graph, opset, highest)
    del lowered.opset_import[:]
    lowered.opset_import.append(helper.make_opsetid('', highest))
    prune(lowered.graph)
    return lowered


def _lower_graph(graph: GraphProto, outer: GraphProto, opset: int, highest: int) -> None:
    for node in graph.node:
        for inner in subgraphs(node):
            _lower_graph(inner, outer, opset, highest)
        new = defs.get_schema(node.op_type, opset)
        remedy = (f'export the network with opset_version={highest}, or give --max-opset '
                  f'{new.since_version} where only a TensorRT that knows it will read it')
        name = f'node {node.name or node.output[0]}: {node.op_type}'
        try:
            old = defs.get_schema(node.op_type, highest)
        except defs.SchemaError:
            raise UserError(f'{name} came with opset {new.since_version}, over {highest}; {remedy}'
                            ) from None
        if new.since_version != old.since_version and (what := _lower_node(node, old, new, outer)):
            raise UserError(f'{name} with {what} needs opset {new.since_version}; {remedy}')


def _lower_node(
    node: NodeProto, old: defs.OpSchema, new: defs.OpSchema, graph: GraphProto
) -> str:
    """Rewrite a node for the older version; returns what of it that version cannot say."""
    if 'axes' in old.attributes and 'axes' not in new.attributes and len(node.input) == 2:
        axes = constant(graph, node.input[1]) if node.input[1] else []
        if axes is None:
            return f'axes that are computed ({node.input[1]})'
        del node.input[1]
        if axes:
            _drop(node, 'noop_with_empty_axes')  # they are not empty
            node.attribute.append(helper.make_attribute('axes', axes))
    if node.op_type == 'Split' and len(node.input) == 1:
        _drop(node, 'num_outputs')  # it has as many outputs, of equal size
    for attribute in list(node.attribute):
        if attribute.name not in old.attributes:
            value = helper.get_attribute_value(attribute)
            default = new.attributes[attribute.name].default_value
            if not default.type or helper.get_attribute_value(default) != value:
                return f'{attribute.name}={value}'
            node.attribute.remove(attribute)
    while node.input and not node.input[-1]:
        del node.input[-1]
    return f'{len(node.input)} inputs' if len(node.input) > old.max_input else ''


def _drop(node: NodeProto, name: str) -> None:
    for attribute in list(node.attribute):
        if attribute.name == name:
            node.attribute.remove(attribute)
