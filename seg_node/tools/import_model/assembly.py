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

"""From a foreign ONNX file to a graph under the model contract."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import checker, helper, TensorProto

from seg_node import __version__
from seg_node.errors import UserError
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.graph_writer import GraphWriter
from seg_node.tools.import_model.head import append_head
from seg_node.tools.import_model.instance_head import append_instance_head
from seg_node.tools.import_model.instance_outputs import InstanceOutputs, recognise_instances
from seg_node.tools.import_model.network import choose_output, Network, select
from seg_node.tools.import_model.opset import tidy, to_opset
from seg_node.tools.import_model.options import Options
from seg_node.tools.import_model.pixels import with_pixels
from seg_node.tools.import_model.runtime import Array, run, run_all
from seg_node.tools.import_model.scores import doubts, read_scores, Scores
from seg_node.tools.import_model.source import ForeignModel, opset_of, read_source

_SAME = 1e-3
"""Largest difference, as a share of the largest value, that rounding alone explains."""


@dataclass(frozen=True, eq=False)
class Assembly:
    """A graph under the model contract, and how it came to be."""

    graph: onnx.ModelProto
    source: ForeignModel
    network: Network
    holds: Scores | InstanceOutputs
    warnings: tuple[str, ...]

    @property
    def instances(self) -> bool:
        """Whether the network tells objects apart."""
        return not isinstance(self.holds, Scores)

    @property
    def opset(self) -> int:
        """Opset of the graph."""
        return opset_of(self.graph)


def assemble(options: Options, classes: ClassList, sample: NDArray[np.uint8]) -> Assembly:
    """
    Read the network of the options and put it under the contract.

    :param sample: to try it on, BGR uint8 [H, W, 3] of any size.
    :raises UserError: when that cannot be done.
    """
    source = read_source(options.network)
    names = [value.name for value in source.model.graph.output]
    if options.output is None and len(names) > 1:
        network = select(source.model, options.input_name, names, options.layout, options.size)
        network = replace(network, free_batch=False)
        raw = run_all(with_pixels(network, options.pixels), _fitted(sample, network))
        found = recognise_instances(
            dict(zip(network.outputs, raw, strict=True)), network, classes)
        if found is not None:
            return _assemble_instances(source, network, found, options, classes, sample)
    output = choose_output(source.model.graph, options.output)
    network = select(source.model, options.input_name, [output], options.layout, options.size)
    return _assemble_scores(source, network, options, classes, sample)


def _assemble_instances(
    source: ForeignModel, network: Network, found: InstanceOutputs, options: Options,
    classes: ClassList, sample: NDArray[np.uint8],
) -> Assembly:
    graph = _lowered(source, network, options, _fitted(sample, network))
    writer = GraphWriter(graph.graph, opset_of(graph))
    append_instance_head(
        writer, graph, network, found.append(writer, network, classes, options.min_score), classes)
    _finish(graph, classes)
    return Assembly(graph, source, network, found, ())


def _assemble_scores(source: ForeignModel, network: Network, options: Options, classes: ClassList,
                     sample: NDArray[np.uint8]) -> Assembly:
    image = _fitted(sample, network)
    plain = with_pixels(replace(network, free_batch=False), options.pixels)
    raw = run(plain, image)
    scores = read_scores(raw, network, classes, options.values, options.output_layout)
    warnings = doubts(raw, network, scores)
    if network.free_batch:
        reason = _why_alone(with_pixels(network, options.pixels), image, raw)
        if reason:
            warnings.append(f'the network takes one image at a time: two at once {reason}')
            network = replace(network, free_batch=False)
    graph = _lowered(source, network, options, image)
    append_head(graph, network, scores, classes.drivable_ids, len(classes))
    _finish(graph, classes)
    return Assembly(graph, source, network, scores, tuple(warnings))


def _lowered(source: ForeignModel, network: Network, options: Options, image: NDArray[np.uint8],
             ) -> onnx.ModelProto:
    """Return the network behind its pixels, in an opset that may be written, and the same."""
    before = with_pixels(network, options.pixels)
    graph = to_opset(before, options.max_opset)
    if graph is not before and not all(
            _same(new, old) for new, old in zip(
                run_all(graph, image), run_all(before, image), strict=True)):
        raise UserError(
            f'converted from opset {source.opset} to {opset_of(graph)} the network gives other '
            f'values; export it with opset_version={opset_of(graph)}')
    return graph


def _fitted(sample: NDArray[np.uint8], network: Network) -> NDArray[np.uint8]:
    size = (network.width, network.height)
    scaled = cv2.resize(sample, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(scaled[None, ..., ::-1], np.uint8)


def _why_alone(model: onnx.ModelProto, image: NDArray[np.uint8], raw: Array) -> str:
    """Return why images cannot be given together, empty when they can."""
    pair = np.concatenate([image[:, :, ::-1], image])
    try:
        both = run(model, pair)
    except UserError as error:
        return f'fail ({error})'
    if both.shape != (2, *raw.shape[1:]):
        return f'give {list(both.shape)} instead of {[2, *raw.shape[1:]]}'
    return '' if _same(both[1:], raw) else 'change what it gives for each'


def _same(found: Array, expected: Array) -> bool:
    if found.shape != expected.shape:
        return False
    a, b = found.astype(np.float64), expected.astype(np.float64)
    return bool(np.abs(a - b).max() <= _SAME * max(1.0, float(np.abs(b).max())))


def _finish(model: onnx.ModelProto, classes: ClassList) -> None:
    """Clean the graph, note its classes and precision, and check it."""
    tidy(model)
    model.producer_name, model.producer_version = 'seg_node import_model', __version__
    helper.set_model_props(model, {
        'classes': ','.join(info.name for info in classes.classes),
        'precision': _precision(model)})
    try:
        checker.check_model(model)
    except checker.ValidationError as error:
        raise UserError(f'the graph breaks the rules of ONNX: {error}') from None


def _precision(model: onnx.ModelProto) -> str:
    """Say what most of the weights, or their quantisation, make the network compute in."""
    if any(node.op_type in ('DequantizeLinear', 'ConvInteger', 'QLinearConv')
           for node in model.graph.node):
        return 'int8'
    sizes = {kind: sum(int(np.prod(tensor.dims, dtype=np.int64))
                       for tensor in model.graph.initializer if tensor.data_type == kind)
             for kind in (TensorProto.FLOAT, TensorProto.FLOAT16)}
    return 'fp16' if sizes[TensorProto.FLOAT16] > sizes[TensorProto.FLOAT] else 'fp32'
