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
The same network run in other ways on the same GPU: PyTorch eager, ONNX Runtime's CUDA provider.

PyTorch runs the architecture of training/ with random weights, which take the same time. Every way
counts from the frame in the CPU's memory to labels and confidence there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
import importlib
from typing import Any, TYPE_CHECKING

import numpy as np

from benchmarks.gpu.engines import open_tensorrt
from benchmarks.gpu.gpu import models_of, need_tensorrt
from benchmarks.gpu.outcome import Check, Outcome, Settings, Table, UnavailableError
from benchmarks.gpu.timing import image, p50_p99, wall
from seg_node.perception.backends.contract import INPUT, OUTPUTS
from seg_node.perception.backends.tensorrt.options import graph_for
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.models.model import at_precision, Model, Precision
from seg_node.scoring.percentiles import Percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_TIMES = 5.0
"""How many times faster than PyTorch eager, in its usual fp32, a frame has to be."""
SIZE = (1280, 720)

Way = Callable[[], object]
"""Runs one frame."""

EAGER = 'PyTorch eager fp32'


def run(settings: Settings) -> Outcome:
    """Race the models that were asked for against whatever else is installed."""
    need_tensorrt()
    rows: list[tuple[str, ...]] = []
    checks: list[Check] = []
    notes: list[str] = []
    figures: dict[str, Any] = {}
    for model in models_of(settings):
        ways, absent = others(model, image(*SIZE))
        notes += [f'{model.name}: {text}' for text in absent]
        if not ways:
            continue
        frame = image(*SIZE)
        with closing(open_tensorrt(graph_for(model, 'auto'))) as backend:
            ours = wall(lambda: backend.infer([frame]), settings.timed)  # noqa: B023
        times = {name: wall(way, settings.timed) for name, way in ways.items()}
        found = compare(model.name, f'TensorRT {backend.precision}', ours, times)
        rows += found[0]
        checks += found[1]
        figures[model.name] = {'ours': asdict(ours),
                               **{name: asdict(one) for name, one in times.items()}}
    if not rows:
        raise UnavailableError('; '.join(dict.fromkeys(notes)))
    title = f'Frames of {SIZE[0]}x{SIZE[1]}, milliseconds, p50 (p99)'
    columns = ('model', 'way', 'a frame', 'times as long')
    return Outcome(tuple(checks), (Table(title, columns, tuple(rows)),), tuple(notes), figures)


def compare(model: str, name: str, ours: Percentiles, times: dict[str, Percentiles]
            ) -> tuple[list[tuple[str, ...]], list[Check]]:
    """Return the rows of the table, and the check against PyTorch eager where it ran."""
    rows: list[tuple[str, ...]] = [(model, name, p50_p99(ours), '1')]
    rows += [(model, way, p50_p99(one), f'{one.p50 / ours.p50:.1f}') for way, one in times.items()]
    if EAGER not in times:
        return rows, []
    factor = times[EAGER].p50 / ours.p50
    return rows, [Check(f'{model}: times as fast as {EAGER}', f'{factor:.1f}',
                        f'at least {MIN_TIMES:g}', factor >= MIN_TIMES)]


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
