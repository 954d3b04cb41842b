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

"""How large a network is."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def count_parameters(graph: Path) -> int | None:
    """
    Count the learned numbers in an ONNX graph: weights, not shapes nor scales of quantisation.

    None without the onnx package.
    """
    try:
        import onnx
    except ModuleNotFoundError:
        return None
    content = onnx.load(str(graph)).graph
    tensors = {tensor.name: tensor for tensor in content.initializer}
    tensors |= {node.output[0]: attribute.t for node in content.node
                if node.op_type == 'Constant' for attribute in node.attribute
                if attribute.name == 'value'}
    quantized = {name for node in content.node if node.op_type == 'DequantizeLinear'
                 for name in node.input[:1]}
    scales = {name for node in content.node
              if node.op_type in ('QuantizeLinear', 'DequantizeLinear')
              for name in node.input[1:]}
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
    return sum(int(np.prod(tensor.dims, dtype=np.int64)) for name, tensor in tensors.items()
               if name not in scales and (name in quantized or tensor.data_type in floats))
