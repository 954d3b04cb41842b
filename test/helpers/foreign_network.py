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

"""Make foreign ONNX networks of many forms, and what should become of what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import onnxruntime


@dataclass(frozen=True)
class Form:
    """A strided convolution from an image to one map for each class."""

    classes: int = 19
    width: int = 64
    height: int = 32
    stride: int = 4
    nhwc: bool = False
    half: bool = False
    batch: int | str = 1
    free_size: bool = False
    after: tuple[str, ...] = ()
    names: tuple[str, str] = ('input', 'logits')
    opset: int = 13

    def model(self) -> onnx.ModelProto:
        """Return the network; the weights are random, the same each time."""
        kind = TensorProto.FLOAT16 if self.half else TensorProto.FLOAT
        dtype = np.float16 if self.half else np.float32
        rng = np.random.default_rng(self.classes)
        kernel = rng.normal(size=(self.classes, 3, self.stride, self.stride))
        kernel -= kernel.mean((1, 2, 3), keepdims=True)  # looks at colours, not at brightness
        weights = {'weight': kernel * 8 / self.stride, 'bias': rng.normal(size=self.classes) / 4}
        taken, given = self.names
        sides: list[int | str] = ['h', 'w'] if self.free_size else [self.height, self.width]
        x = taken
        nodes = []

        def add(op: str, **attributes: object) -> None:
            nonlocal x
            inputs = [x, *weights] if op == 'Conv' else [x]
            nodes.append(helper.make_node(op, inputs, [f'{op}_{len(nodes)}'],
                                          f'{op}_{len(nodes)}', **attributes))
            x = nodes[-1].output[0]

        if self.nhwc:
            add('Transpose', perm=[0, 3, 1, 2])
        add('Conv', strides=[self.stride] * 2)
        if self.nhwc:
            add('Transpose', perm=[0, 2, 3, 1])
        axis = 3 if self.nhwc else 1
        for op in self.after:
            add(op, **({'axis': axis} if op in ('Softmax', 'ArgMax') else {}))
        add('Identity')
        nodes[-1].output[0] = given
        graph = helper.make_graph(
            nodes, 'foreign',
            [helper.make_tensor_value_info(
                taken, kind,
                [self.batch, *sides, 3] if self.nhwc else [self.batch, 3, *sides])],
            [helper.make_tensor_value_info(
                given, TensorProto.INT64 if 'ArgMax' in self.after else kind, list('abcd'))],
            [numpy_helper.from_array(value.astype(dtype), name)
             for name, value in weights.items()])
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid('', self.opset)],
            ir_version=helper.find_min_ir_version_for([helper.make_opsetid('', self.opset)]))
        onnx.checker.check_model(model)
        return model

    def raw(self, pixels: np.ndarray) -> np.ndarray:
        """Run the network by itself on its own kind of pixels, [N, 3, H, W]; gives the same."""
        given = np.moveaxis(pixels, 1, 3) if self.nhwc else pixels
        session = onnxruntime.InferenceSession(
            self.model().SerializeToString(), providers=['CPUExecutionProvider'])
        kind = np.float16 if self.half else np.float32
        (result,) = session.run(None, {self.names[0]: given.astype(kind)})
        return np.moveaxis(result, 3, 1) if self.nhwc and result.ndim == 4 else result


def save(model: onnx.ModelProto, folder: Path, name: str = 'net.onnx') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(model.SerializeToString())
    return folder / name


def expected(probabilities: np.ndarray, drivable: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and confidence, uint8 [H, W], for class probabilities [C, H, W]."""
    sides = np.isin(np.arange(len(probabilities)), drivable)
    path = probabilities[sides].sum(0)
    masked = np.where(sides[:, None, None] == (path > 0.5), probabilities, -1)
    confidence = np.maximum(path, 1 - path) * 255
    return masked.argmax(0).astype(np.uint8), np.round(confidence).astype(np.uint8)


def enlarged(maps: np.ndarray, width: int, height: int) -> np.ndarray:
    """Enlarge [C, h, w] as OpenCV does it."""
    return np.stack([cv2.resize(plane.astype(np.float32), (width, height),
                                interpolation=cv2.INTER_LINEAR) for plane in maps])


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the first dimension."""
    odds = np.exp(logits - logits.max(0))
    return odds / odds.sum(0)


def run_graph(folder: Path, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run the graph of a model folder on images uint8 [N, H, W, 3] RGB."""
    session = onnxruntime.InferenceSession(
        str(folder / 'model.onnx'), providers=['CPUExecutionProvider'])
    labels, confidence = session.run(['labels', 'confidence'], {'image': rgb})
    return labels, confidence
