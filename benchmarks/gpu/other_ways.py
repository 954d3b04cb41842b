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
Time the network as others run it: PyTorch eager, ONNX Runtime's CUDA provider.

    python -m benchmarks.gpu.other_ways MODEL FRAMES

prints what it found as JSON. A program of its own, because the Python that has PyTorch need not be
the one that has TensorRT. PyTorch runs the architecture of training/ with random weights, which
take the same time. Every way counts from the frame in the CPU's memory to labels and confidence
there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
import importlib
import json
import sys
from typing import Any, TYPE_CHECKING

import numpy as np

from benchmarks.gpu.outcome import UnavailableError
from benchmarks.gpu.timing import image, wall
from seg_node.perception.backends.contract import INPUT, OUTPUTS
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.models.model import at_precision, load_model, Model, Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (1280, 720)
EAGER = 'PyTorch eager fp32'

Way = Callable[[], object]
"""Runs one frame."""


def others(model: Model, frame: NDArray[np.uint8]) -> tuple[dict[str, Way], list[str]]:
    """Return the other ways that this machine has, and why it has not the rest."""
    ways: dict[str, Way] = {}
    absent = []
    for find in (torch_eager, onnxruntime_cuda):
        try:
            ways.update(find(model, frame))
        except UnavailableError as error:
            absent.append(str(error))
        except Exception as error:  # libraries that do not fit the driver raise what they like
            absent.append(f'{find.__name__}: {type(error).__name__}: {error}')
    return ways, absent


def torch_eager(model: Model, frame: NDArray[np.uint8], device: str = 'cuda') -> dict[str, Way]:
    """Return PyTorch eager, in fp32 as it comes, and in fp16; UnavailableError without it."""
    try:
        torch = importlib.import_module('torch')
        designs = importlib.import_module('training.designs')
        pixels = importlib.import_module('training.pixels')
    except ImportError as error:
        raise UnavailableError(f'PyTorch eager: {error}; pip install torch, and run from a '
                               'checkout') from error
    if device == 'cuda' and not torch.cuda.is_available():
        raise UnavailableError('PyTorch eager: this PyTorch finds no GPU; install a build for '
                               'CUDA')
    if model.name not in designs.DESIGNS:
        raise UnavailableError(f'PyTorch eager: training/designs.py has no {model.name}, only '
                               f'{", ".join(designs.DESIGNS)}')
    scaler = InputScaler(model.width, model.height)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1).to(device)
                 for values in (pixels.MEAN, pixels.STD))

    def way(dtype: Any) -> Way:
        network = designs.build(model.name).eval().to(device, dtype)

        def once() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            with torch.inference_mode():
                image = torch.from_numpy(scaler.scale(frame)[None]).to(device)
                image = (image.permute(0, 3, 1, 2).float() / 255 - mean) / std
                logits = network(image.to(dtype)).float()
                full = torch.nn.functional.interpolate(
                    logits, scale_factor=4.0, mode='bilinear', align_corners=False)
                confidence, labels = full.softmax(dim=1).max(dim=1)
                return (labels.to(torch.uint8)[0].cpu().numpy(),
                        (confidence * 255 + 0.5).to(torch.uint8)[0].cpu().numpy())
        return once

    return {EAGER: way(torch.float32), 'PyTorch eager fp16': way(torch.float16)}


def onnxruntime_cuda(model: Model, frame: NDArray[np.uint8]) -> dict[str, Way]:
    """Return ONNX Runtime on CUDA, with the graphs in fp32 and fp16; UnavailableError without."""
    onnxruntime = importlib.import_module('onnxruntime')
    provider = 'CUDAExecutionProvider'
    if provider not in onnxruntime.get_available_providers():
        raise UnavailableError(f'ONNX Runtime: has no {provider}; pip install onnxruntime-gpu')
    scaler = InputScaler(model.width, model.height)

    def way(graph: Model) -> Way:
        session = onnxruntime.InferenceSession(
            str(graph.graph), providers=[provider, 'CPUExecutionProvider'])
        if session.get_providers()[0] != provider:
            raise UnavailableError(f'ONNX Runtime: {provider} does not start; its log is above')
        return lambda: session.run(OUTPUTS, {INPUT: scaler.scale(frame)[None]})

    wanted = [Precision.FP32, *(variant.precision for variant in model.variants
                                if variant.precision is Precision.FP16)]
    return {f'ONNX Runtime CUDA {precision.value}': way(at_precision(model, precision))
            for precision in wanted}


def main(argv: list[str]) -> int:
    """Time all ways that this Python has."""
    ways, absent = others(load_model(argv[0]), image(*SIZE).bgr)
    times = {name: asdict(wall(way, int(argv[1]))) for name, way in ways.items()}
    print(json.dumps({'times': times, 'absent': absent}))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
