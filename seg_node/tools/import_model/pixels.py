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

"""Put what turns bytes into the network's numbers in front of it."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, TensorProto

from seg_node.tools.import_model.graph_writer import GraphWriter
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.options import AxisOrder, Normalisation


def with_pixels(network: Network, pixels: Normalisation) -> onnx.ModelProto:
    """Return a model from `image`, uint8 [N, H, W, 3] RGB, to the network's output as it is."""
    model = onnx.ModelProto()
    model.CopyFrom(network.model)
    graph = model.graph
    del graph.node[:], graph.input[:]
    graph.input.append(helper.make_tensor_value_info(
        'image', TensorProto.UINT8,
        ['N' if network.free_batch else 1, network.height, network.width, 3]))
    _normalise(GraphWriter(graph), network, pixels)
    graph.node.extend(network.model.graph.node)
    return model


def _normalise(writer: GraphWriter, network: Network, pixels: Normalisation) -> None:
    # TensorRT refuses to transpose uint8, so the cast comes first.
    x = writer.add('Cast', 'image', to=TensorProto.FLOAT)
    if network.layout is AxisOrder.NCHW:
        x = writer.add('Transpose', x, perm=[0, 3, 1, 2])
    axis = network.layout.channel_axis
    if pixels.bgr:
        x = writer.add('Gather', x, writer.constant([2, 1, 0], np.int64), axis=axis)
    shape = [1, 1, 1, 1]
    shape[axis] = 3
    gain = pixels.scale / np.array(pixels.std).reshape(shape)
    offset = -np.array(pixels.mean).reshape(shape) / np.array(pixels.std).reshape(shape)
    if (gain != 1).any():
        x = writer.add('Mul', x, writer.constant(gain))
    if (offset != 0).any():
        x = writer.add('Add', x, writer.constant(offset))
    if network.alone:
        x = writer.add('Squeeze', x, writer.constant([0], np.int64))
    writer.add('Cast', x, output=network.input,
               to=TensorProto.FLOAT16 if network.half else TensorProto.FLOAT)
