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
"""The int8 graph: symmetric QDQ nodes around the convolutions, calibrated on real images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
import io
import math
from pathlib import Path
import tempfile
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    quant_pre_process,
    QuantFormat,
    quantize_static,
    QuantType,
)

_AT_ONCE = 16
"""Images whose activations are held at once: those of all took 20 GB of road_plus."""


class _Images(CalibrationDataReader):
    """The images as the graph takes them."""

    def __init__(self, images: Sequence[NDArray[np.uint8]], size: tuple[int, int]) -> None:
        self._images, self._size = images, size
        self._left = iter(images)

    def __len__(self) -> int:
        return len(self._images)

    def set_range(self, start_index: int, end_index: int) -> None:
        self._left = iter(self._images[start_index:end_index])

    def get_next(self) -> Any:
        bgr = next(self._left, None)
        if bgr is None:
            return None
        small = cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA)
        return {'image': np.ascontiguousarray(small[None, ..., ::-1])}


@dataclass(frozen=True)
class Int8:
    """
    How a runtime wants 8 bits.

    range: what tells which activations they span. operators: what is computed in them. options:
    of ONNX Runtime's quantizer.
    """

    activations: QuantType
    range: CalibrationMethod
    operators: Sequence[str]
    options: Mapping[str, Any]


TENSORRT = Int8(QuantType.QInt8, CalibrationMethod.Percentile, ['Conv'], {
    'ActivationSymmetric': True, 'WeightSymmetric': True, 'QuantizeBias': False,
    'CalibPercentile': 99.99})
"""
TensorRT refuses zero points other than 0 and int32 biases behind DequantizeLinear.

Half of the steps are below zero, where few activations are: spread up to the largest one, they
lost 3.3 % of road's labels.
"""

CPU = Int8(QuantType.QUInt8, CalibrationMethod.MinMax, [
    'Conv', 'Clip', 'Relu', 'Add', 'AveragePool', 'Concat', 'Resize'], {})
"""
All there is between two convolutions, or ONNX Runtime goes to float and back for it.

Up to the largest activation: cut off at the percentile of TENSORRT, 0.8 % of road's labels are
others, most of them obstacles on background; so it is 0.3 %.
"""


def quantize(graph: Path, out: Path, images: Sequence[NDArray[np.uint8]],
             size: tuple[int, int], to: Int8) -> None:
    """
    Write the graph in 8 bits of a float32 graph.

    The first convolution takes pixels of all kinds of light and the last ones give the
    probabilities: they stay in float, as usual, and so does what lies before and behind them. So
    does the second, a depthwise one whose channels have very different ranges: alone it cost 2 %
    of road_plus's labels.

    :param images: to calibrate on, BGR uint8 of any size.
    :param size: width and height of the graph's input, px.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder, 'prepared.onnx')
        quant_pre_process(str(graph), str(prepared), skip_symbolic_shape=True)
        nodes = onnx.load(str(prepared)).graph.node
        convolutions = [index for index, node in enumerate(nodes) if node.op_type == 'Conv']
        in_float = [*nodes[:convolutions[1] + 1], *nodes[convolutions[-2]:]]
        with redirect_stdout(io.StringIO()):        # it tells of each step
            quantize_static(
                str(prepared), str(out), _Images(images, size), quant_format=QuantFormat.QDQ,
                op_types_to_quantize=to.operators, per_channel=True,
                activation_type=to.activations, weight_type=QuantType.QInt8,
                calibrate_method=to.range,
                nodes_to_exclude=[node.name for node in in_float],
                extra_options={
                    **to.options, 'CalibStridedMinMax': math.gcd(len(images), _AT_ONCE)})
    onnx.checker.check_model(str(out), full_check=True)
