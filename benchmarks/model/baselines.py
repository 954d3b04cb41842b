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
The baselines under OpenVINO, from the same frames to masks of the same size.

They are given what is best for them: frames go in as uint8 [H, W, 3], so that normalisation is
folded into the graph; only the output that tells the path is computed; it leaves the graph as
one uint8 map; OpenVINO chooses the precision that is quickest on the machine. Frames are squeezed
to the network's shape, as the Segmenter does it. With bars at the sides instead, on 40 validation
images of each set, adas-0001 gains 0.04 of path IoU on lums and loses 0.10 on roads, whose
images were stretched before; twinlitenet loses 0.03 and 0.23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
import time
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.model.contender import Contender, Facts
from seg_node.errors import UserError
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.models.manifest import Action, ClassInfo

Array = NDArray[np.uint8]

ADAS, TWIN = 'road-segmentation-adas-0001', 'twinlitenet'
"""Intel's network (Open Model Zoo) and TwinLiteNet (arXiv:2307.10705), trained on BDD100K."""
FILES = {ADAS: f'{ADAS}.xml', TWIN: f'{TWIN}.onnx'}
REQUIREMENTS = 'requirements/baselines.txt'
CLASSES = (
    ClassInfo('background', (0, 0, 0), False, Action.STOP),
    ClassInfo('path', (0, 190, 90), True, Action.GO),
)
_HALF = 127
_PRECISIONS = {'f32': 'fp32', 'f16': 'fp16'}
_CONFIDENCE = np.maximum(np.arange(256), 255 - np.arange(256)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class PathAnswer:
    """
    The probability of path, uint8 [h, w], 255 = 1.0, for an image of width x height.

    The properties are those of Answer, with labels 0 (background) and 1 (path).
    """

    probability: Array
    width: int
    height: int

    @cached_property
    def labels(self) -> Array:
        """1 where path is more probable than not, uint8 [h, w]."""
        return cast('Array', cv2.threshold(self.probability, _HALF, 1, cv2.THRESH_BINARY)[1])

    @cached_property
    def confidence(self) -> Array:
        """Probability of the label, uint8 [h, w]."""
        return cast('Array', cv2.LUT(self.probability, _CONFIDENCE))

    @cached_property
    def _full(self) -> Array:
        return cast('Array', cv2.resize(self.probability, (self.width, self.height),
                                        interpolation=cv2.INTER_LINEAR))

    @cached_property
    def mask(self) -> Array:
        """1 where path is more probable than not, uint8 [H, W]."""
        return cast('Array', cv2.threshold(self._full, _HALF, 1, cv2.THRESH_BINARY)[1])

    @cached_property
    def path(self) -> NDArray[np.bool_]:
        """The mask as bool."""
        return self.mask.view(np.bool_)

    @cached_property
    def confidence_full(self) -> Array:
        """Probability of the mask's label, uint8 [H, W]."""
        return cast('Array', cv2.LUT(self._full, _CONFIDENCE))


class Baseline:
    """A baseline compiled for the CPU, with the hint that latency counts."""

    def __init__(self, name: str, file: Path, threads: int) -> None:
        """Load, adapt and compile the network; raises RuntimeError from OpenVINO."""
        import openvino
        core = openvino.Core()
        network = core.read_model(str(file))
        parameters = _count_parameters(network)
        height, width = (int(side) for side in network.input(0).shape[2:])
        compiled = core.compile_model(_adapted(name, network), 'CPU', {
            'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': threads})
        used = compiled.get_property('INFERENCE_PRECISION_HINT').to_string()
        version = openvino.get_version().partition('-')[0]
        self.facts = Facts(
            name, '', f'OpenVINO {version}', _PRECISIONS.get(used, used), parameters,
            width, height, True)
        self.classes: Sequence[ClassInfo] = CLASSES
        self.inference_s = 0.0
        self._scaler = InputScaler(width, height)
        self._request = compiled.create_infer_request()

    def segment(self, bgr: Array) -> PathAnswer:
        """Segment a BGR image uint8 [H, W, 3]."""
        height, width = bgr.shape[:2]
        scaled = self._scaler.resize(bgr)
        begun = time.perf_counter()
        result = self._request.infer(scaled[None], share_inputs=True, share_outputs=False)
        self.inference_s = time.perf_counter() - begun
        return PathAnswer(result[0][0], width, height)

    def close(self) -> None:
        """Release the network."""
        del self._request


def open_baselines(data: Path, threads: int) -> tuple[list[Contender], list[str]]:
    """
    Open the baselines under DATA/baselines; second, a line for each that is left out.

    :raises UserError: when a file cannot be used.
    """
    opened: list[Contender] = []
    left_out = []
    for name, file in FILES.items():
        path = data / 'baselines' / file
        if not path.is_file():
            left_out.append(f'{name}: left out, there is no baselines/{file} in the data folder')
            continue
        try:
            opened.append(Baseline(name, path, threads))
        except ModuleNotFoundError:
            left_out.append(f'{name}: left out, OpenVINO is not installed; '
                            f'pip install -r {REQUIREMENTS}')
        except RuntimeError as error:
            raise UserError(f'{path}: OpenVINO cannot use it: {error}') from None
    return opened, left_out


def _adapted(name: str, network: Any) -> Any:
    """Make a network take uint8 [1, h, w, 3] BGR and give the probability of path, uint8."""
    from openvino import Layout, Model, Type
    from openvino import opset13 as ops
    from openvino.preprocess import ColorFormat, PrePostProcessor

    def channel(node: Any, index: int) -> Any:
        return ops.gather(node, ops.constant(np.int64(index)), ops.constant(np.int64(1)))

    if name == ADAS:
        # Softmax of background, road, curb, mark.
        scores = network.output(0).get_node().input_value(0)
        path = ops.add(channel(scores, 1), channel(scores, 3))
    else:
        # Logits of background and drivable area; the lanes' output `ll` falls away.
        logits = network.output('da').get_node().input_value(0)
        path = ops.sigmoid(ops.subtract(channel(logits, 1), channel(logits, 0)))
    level = ops.round(ops.multiply(path, ops.constant(np.float32(255))), 'half_to_even')
    steps = PrePostProcessor(Model(
        [ops.convert(level, 'u8')], network.get_parameters(), name))
    image = steps.input(0)
    image.tensor().set_element_type(Type.u8).set_layout(Layout('NHWC')).set_color_format(
        ColorFormat.BGR)
    image.model().set_layout(Layout('NCHW'))
    image.preprocess().convert_element_type(Type.f32)
    if name == TWIN:
        image.preprocess().convert_color(ColorFormat.RGB).scale(255.0)
    return steps.build()


def _count_parameters(network: Any) -> int:
    return sum(int(np.prod(list(node.output(0).shape), dtype=np.int64))
               for node in network.get_ordered_ops()
               if node.get_type_name() == 'Constant' and node.get_element_type().is_real())
