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

"""Graphs in 8 bits, for TensorRT and for CPUs."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import onnxruntime
import pytest

pytest.importorskip('sympy', reason='quantizing needs sympy, which comes with torch')

from training.quantize import CPU, quantize, TENSORRT

SIZE = (32, 16)
CONVOLUTIONS = 7


@pytest.fixture(scope='module')
def graph(tmp_path_factory):
    """Write a graph of convolutions in a row, each but the last with a ReLU6; uint8 in and out."""
    rng = np.random.default_rng(0)
    values, nodes = {'low': np.float32(0), 'high': np.float32(6)}, [
        helper.make_node('Cast', ['image'], ['float'], to=TensorProto.FLOAT),
        helper.make_node('Transpose', ['float'], ['planes'], perm=[0, 3, 1, 2])]
    last, channels = 'planes', 3
    for index in range(CONVOLUTIONS):
        values[f'w{index}'] = rng.normal(0, (2 / 9 / channels) ** 0.5, (4, channels, 3, 3)).astype(
            np.float32) / (255 if index == 0 else 1)
        values[f'b{index}'] = rng.normal(0, 0.3, 4).astype(np.float32)
        nodes.append(helper.make_node(
            'Conv', [last, f'w{index}', f'b{index}'], [f'c{index}'], pads=[1, 1, 1, 1]))
        last, channels = f'c{index}', 4
        if index < CONVOLUTIONS - 1:
            nodes.append(helper.make_node('Clip', [last, 'low', 'high'], [f'r{index}']))
            last = f'r{index}'
    nodes += [helper.make_node('ArgMax', [last], ['best'], axis=1, keepdims=0),
              helper.make_node('Cast', ['best'], ['labels'], to=TensorProto.UINT8)]
    for number, node in enumerate(nodes):
        node.name = f'{node.op_type}{number}'
    shape = [1, SIZE[1], SIZE[0]]
    model = helper.make_model(helper.make_graph(
        nodes, 'row', [helper.make_tensor_value_info('image', TensorProto.UINT8, [*shape, 3])],
        [helper.make_tensor_value_info('labels', TensorProto.UINT8, shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]),
        opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    path = tmp_path_factory.mktemp('graph') / 'model.onnx'
    onnx.save(model, str(path))
    return path


def images(count=8):
    rng = np.random.default_rng(1)
    return [np.repeat(np.repeat(rng.integers(0, 256, (4, 8, 3), np.uint8), 8, 0), 8, 1)
            for _ in range(count)]


def labels(path):
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    return [session.run(['labels'], {'image': image[None, :16, :32, ::-1].copy()})[0]
            for image in images()]


@pytest.mark.parametrize(('to', 'kind', 'symmetric'), [
    (TENSORRT, np.int8, True), (CPU, np.uint8, False)], ids=['tensorrt', 'cpu'])
def test_activations_are_as_the_runtime_wants_them(graph, tmp_path, to, kind, symmetric):
    out = tmp_path / 'out.onnx'
    quantize(graph, out, images(), SIZE, to)
    found = onnx.load(str(out)).graph
    values = {one.name: numpy_helper.to_array(one) for one in found.initializer}
    points = [values[node.input[2]] for node in found.node if node.op_type == 'QuantizeLinear']
    assert points and all(point.dtype == kind for point in points)
    assert not symmetric or not any(point.any() for point in points)
    assert np.equal(labels(out), labels(graph)).mean() > 0.9


@pytest.mark.parametrize('to', [TENSORRT, CPU], ids=['tensorrt', 'cpu'])
def test_what_takes_pixels_and_what_gives_probabilities_stays_in_float(graph, tmp_path, to):
    out = tmp_path / 'out.onnx'
    quantize(graph, out, images(), SIZE, to)
    found = onnx.load(str(out)).graph
    floats = {one.name for one in found.initializer if one.data_type == TensorProto.FLOAT}
    in_float = [node.input[1] in floats for node in found.node if node.op_type == 'Conv']
    assert in_float == [True] * 2 + [False] * (CONVOLUTIONS - 4) + [True] * 2
