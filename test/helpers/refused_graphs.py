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

"""Graphs that TensorRT, or the model contract, refuses, each for one reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto

HEIGHT, WIDTH = 16, 32
UINT8, FLOAT, INT64 = TensorProto.UINT8, TensorProto.FLOAT, TensorProto.INT64

node = helper.make_node


def _constant(name: str, values: Any, kind: Any) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, kind), name)


def _ending(source: str = 'colours') -> list[onnx.NodeProto]:
    """Make labels and confidence of a float tensor [N, H, W, 3]."""
    return [
        node('ArgMax', [source], ['ids'], axis=3, keepdims=0),
        node('Cast', ['ids'], ['ids_float'], to=FLOAT),
        node('Cast', ['ids_float'], ['labels'], to=UINT8),
        node('ReduceMax', [source], ['highest'], axes=[3], keepdims=0),
        node('Cast', ['highest'], ['confidence'], to=UINT8),
    ]


def _between(*nodes: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Put nodes between pixels (float) and colours."""
    return [node('Cast', ['image'], ['pixels'], to=FLOAT), *nodes, *_ending()]


def graph(
    nodes: Sequence[onnx.NodeProto], constants: Sequence[onnx.TensorProto] = (), *,
    name: str = 'image', kind: int = UINT8, shape: Sequence[int | str] = ('N', HEIGHT, WIDTH, 3),
    output_kinds: tuple[int, int] = (UINT8, UINT8),
) -> onnx.ModelProto:
    """Put a graph together; it is not checked."""
    outputs = zip(('labels', 'confidence'), output_kinds, strict=True)
    return helper.make_model(
        helper.make_graph(
            list(nodes), 'refused', [helper.make_tensor_value_info(name, kind, list(shape))],
            [helper.make_tensor_value_info(out, each, list(shape[:3])) for out, each in outputs],
            list(constants)),
        opset_imports=[helper.make_opsetid('', 17), helper.make_opsetid('own.operators', 1)],
        ir_version=8)


def _quantized(zero_point: onnx.TensorProto) -> onnx.ModelProto:
    parameters = ['scale', zero_point.name]
    return graph(_between(
        node('QuantizeLinear', ['pixels', *parameters], ['whole'], name='quantize'),
        node('DequantizeLinear', ['whole', *parameters], ['colours'], name='dequantize')),
        [_constant('scale', 0.1, np.float32), zero_point])


def refused() -> dict[str, tuple[onnx.ModelProto, str, str]]:
    """Return the graphs by name, with what the diagnosis says of where, and of what to change."""
    bias = [_constant('weights', np.ones((3, 3, 1, 1)), np.float32),
            _constant('bias', [1, 2, 3], np.int32), _constant('zeros', [0, 0, 0], np.int32),
            _constant('scales', [.1, .1, .1], np.float32)]
    return {
        'uint8 transpose': (graph([
            node('Transpose', ['image'], ['planes'], name='to_planes', perm=[0, 3, 1, 2]),
            node('Cast', ['planes'], ['pixels'], to=FLOAT),
            node('Transpose', ['pixels'], ['colours'], perm=[0, 2, 3, 1]), *_ending()]),
            "node 0 'to_planes' (Transpose)", 'put Cast (to float) before Transpose'),
        'uint8 arithmetic': (graph([
            node('Add', ['image', 'image'], ['sum'], name='add'),
            node('Cast', ['sum'], ['colours'], to=FLOAT), *_ending()]),
            "node 0 'add' (Add)", 'put Cast (to float) before it'),
        'asymmetric uint8': (_quantized(_constant('zero', 12, np.uint8)),
                             "node 1 'quantize' (QuantizeLinear)", 'quantize symmetrically'),
        'asymmetric int8': (_quantized(_constant('zero', 3, np.int8)),
                            "node 1 'quantize' (QuantizeLinear)", 'quantize symmetrically'),
        'int32 bias': (graph(_between(
            node('Transpose', ['pixels'], ['planes'], perm=[0, 3, 1, 2]),
            node('DequantizeLinear', ['bias', 'scales', 'zeros'], ['floats'], name='bias', axis=0),
            node('Conv', ['planes', 'weights', 'floats'], ['made']),
            node('Transpose', ['made'], ['colours'], perm=[0, 2, 3, 1])), bias),
            "node 2 'bias' (DequantizeLinear)", 'QuantizeBias=False'),
        'operator of its own': (graph(_between(
            node('Sharpen', ['pixels'], ['colours'], name='sharpen_3', domain='own.operators'))),
            "node 1 'sharpen_3' (Sharpen)", 'export the network with standard operators'),
        'operator without support': (graph(_between(
            node('Det', ['pixels'], ['determinant'], name='det'),
            node('Identity', ['pixels'], ['colours']))),
            "node 1 'det' (Det)", 'export the network with other operators'),
        'dynamic size': (graph(
            _between(node('Identity', ['pixels'], ['colours'])), shape=('N', 'H', 'W', 3)),
            "input 'image'", 'export the network with fixed height and width'),
        'float input': (graph([node('Identity', ['image'], ['colours']), *_ending()], kind=FLOAT),
                        "input 'image'", 'wrap the network with import_model'),
        'other input name': (graph(
            [node('Cast', ['x'], ['colours'], to=FLOAT), *_ending()], name='x'),
            '', 'import_model'),
        'int64 labels': (graph([
            node('Cast', ['image'], ['colours'], to=FLOAT),
            node('ArgMax', ['colours'], ['labels'], axis=3, keepdims=0),
            node('ReduceMax', ['colours'], ['highest'], axes=[3], keepdims=0),
            node('Cast', ['highest'], ['confidence'], to=UINT8)], output_kinds=(INT64, UINT8)),
            "output 'labels'", 'end the network with ArgMax, Cast (to float), Cast (to uint8)'),
        'batch of two': (graph(
            _between(node('Identity', ['pixels'], ['colours'])), shape=(2, HEIGHT, WIDTH, 3)),
            "input 'image'", 'build with batch 2'),
    }


def accepted(batch: int | str = 'N') -> onnx.ModelProto:
    """Return a small graph that nothing is wrong with."""
    return graph(_between(node('Identity', ['pixels'], ['colours'])),
                 shape=(batch, HEIGHT, WIDTH, 3))


def write(model: onnx.ModelProto, folder: Path) -> Path:
    """Write a graph into a folder."""
    path = folder / 'graph.onnx'
    path.write_bytes(model.SerializeToString())
    return path
