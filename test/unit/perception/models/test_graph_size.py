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


from __future__ import annotations

from seg_node.perception.models.graph_size import count_parameters


def test_parameters_are_weights_not_shapes_nor_scales(tmp_path):
    import onnx
    from onnx import helper, TensorProto
    nodes = [
        helper.make_node('DequantizeLinear', ['weight', 'scale', 'zero'], ['w']),
        helper.make_node('Conv', ['x', 'w', 'bias'], ['y']),
        helper.make_node('Constant', [], ['shape'], value=helper.make_tensor(
            'shape', TensorProto.INT64, [4], [1, 2, -1, 1])),
        helper.make_node('Reshape', ['y', 'shape'], ['z']),
        helper.make_node('Constant', [], ['gain'], value=helper.make_tensor(
            'gain', TensorProto.FLOAT, [1], [2.0])),
        helper.make_node('Mul', ['z', 'gain'], ['out']),
    ]
    graph = helper.make_graph(
        nodes, 'g', [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info('out', TensorProto.FLOAT, None)],
        [helper.make_tensor('weight', TensorProto.INT8, [2, 3, 3, 3], [1] * 54),
         helper.make_tensor('scale', TensorProto.FLOAT, [], [0.1]),
         helper.make_tensor('zero', TensorProto.INT8, [], [0]),
         helper.make_tensor('bias', TensorProto.FLOAT, [2], [0.0, 0.0])])
    onnx.save(helper.make_model(graph), tmp_path / 'g.onnx')
    assert count_parameters(tmp_path / 'g.onnx') == 54 + 2 + 1
