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

"""Run a model on the CPU with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection, Sequence
import os
import time
from typing import Any, TYPE_CHECKING

import numpy as np
import onnxruntime

from seg_node.perception.backends import BackendError, Inference
from seg_node.perception.backends.contract import check_labels, INPUT, OUTPUTS
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.manifest import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.model import Model

_LOG_ERRORS_ONLY = 3


class OnnxRuntimeBackend:
    """
    A graph in an ONNX Runtime session, checked against its manifest and warmed up.

    ONNX Runtime's exceptions share no base class of their own, so whatever it raises becomes
    a BackendError.
    """

    name = 'onnxruntime'
    max_batch = 1

    def __init__(self, model: Model, threads: int, chosen_because: str,
                 warnings: tuple[str, ...] = ()) -> None:
        """Load and check the graph; raise BackendError if it breaks the model contract."""
        self.model = model
        self.chosen_because = chosen_because
        self.warnings = warnings
        counted = '1 thread' if threads == 1 else f'{threads} threads'
        self.detail = f'ONNX Runtime {onnxruntime.__version__}, CPU, {counted}'
        self._shape = (model.height, model.width)
        self._scaler = InputScaler(model.width, model.height)
        self._session: onnxruntime.InferenceSession | None = _open_session(model, threads)
        _check_inputs(self._session.get_inputs(), model)
        _check_outputs(self._session.get_outputs(), model)
        metadata = self._session.get_modelmeta().custom_metadata_map
        _check_classes(metadata.get('classes'), model)
        # A graph of another origin may compute lower than the precision it stands for.
        self.precision: str = (
            metadata.get('precision', 'fp32') if model.precision is Precision.FP32
            else model.precision.value)
        self.infer([np.zeros((*self._shape, 3), np.uint8)])

    def infer(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Inference]:
        """Return what Backend.infer() describes."""
        return [self._infer(picture) for picture in pictures]

    def _infer(self, bgr: NDArray[np.uint8]) -> Inference:
        if self._session is None:
            raise BackendError('backend onnxruntime is closed; open it again')
        begun = time.perf_counter()
        rgb = self._scaler.scale(bgr)
        scaled = time.perf_counter()
        try:
            results = self._session.run(OUTPUTS, {INPUT: rgb[None]})
        except Exception as error:
            raise BackendError(f'{self.model.graph}: inference failed: {error}') from error
        labels, confidence = (
            self._checked(name, result)
            for name, result in zip(OUTPUTS, results, strict=True)
        )
        check_labels(labels, self.model)
        return Inference(labels, confidence, scaled - begun, time.perf_counter() - scaled)

    def close(self) -> None:
        """Release the session."""
        self._session = None

    def _checked(self, name: str, result: Any) -> NDArray[np.uint8]:
        if result.shape != (1, *self._shape) or result.dtype != np.uint8:
            raise BackendError(
                f'{self.model.graph}: output {name} is {result.dtype} {list(result.shape)}, '
                f'must be uint8 {[1, *self._shape]}'
            )
        plane: NDArray[np.uint8] = result[0]
        return plane


def _open_session(model: Model, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _LOG_ERRORS_ONLY
    # Spinning threads would take whole cores from the rest of the robot between two frames.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    if pool := pool_affinity(threads, os.sched_getaffinity(0)):
        options.add_session_config_entry('session.intra_op_thread_affinities', pool)
    try:
        return onnxruntime.InferenceSession(
            str(model.graph), options, providers=['CPUExecutionProvider']
        )
    except Exception as error:
        raise BackendError(f'{model.graph}: ONNX Runtime cannot load it: {error}') from error


def pool_affinity(threads: int, cores: Collection[int]) -> str:
    """
    Give ONNX Runtime's setting that spreads the threads of its pool over the cores.

    The caller is the first thread and stays free to move. The others share the cores in equal
    parts, each within its own: a kernel that saves power by packing threads that sleep between two
    frames onto one core would leave them idle. Empty where there is no such thread, or not a core
    for each.

    :param cores: numbers of the cores that the process may use, from 0.
    """
    if not 1 < threads <= len(cores):
        return ''
    # ONNX Runtime numbers them from 1.
    ordered = [core + 1 for core in sorted(cores)]
    bounds = [index * len(ordered) // threads for index in range(threads + 1)]
    return ';'.join(
        ','.join(str(core) for core in ordered[first:last])
        for first, last in zip(bounds[1:-1], bounds[2:], strict=True))


def _check_inputs(inputs: Sequence[Any], model: Model) -> None:
    if [item.name for item in inputs] != [INPUT]:
        names = ', '.join(item.name for item in inputs) or 'none'
        raise BackendError(f"{model.graph}: inputs are {names}; must be 'image' alone")
    _check_tensor(inputs[0], 4, model)
    batch, height, width, channels = inputs[0].shape
    if not isinstance(height, int) or not isinstance(width, int) or channels != 3:
        raise BackendError(
            f"{model.graph}: input 'image' is {inputs[0].shape}; "
            f'must be [N, H, W, 3] with H and W fixed'
        )
    if isinstance(batch, int) and batch != 1:
        raise BackendError(f'{model.graph}: batch size is {batch}; must be 1 or dynamic')
    if (width, height) != (model.width, model.height):
        raise BackendError(
            f'model.yaml says {model.width}x{model.height}, graph takes {width}x{height}; '
            f'correct input in {model.graph.parent}/model.yaml'
        )


def _check_outputs(outputs: Sequence[Any], model: Model) -> None:
    by_name = {item.name: item for item in outputs}
    for name in OUTPUTS:
        if name not in by_name:
            raise BackendError(
                f'{model.graph}: outputs are {", ".join(by_name)}; {name!r} is missing'
            )
        _check_tensor(by_name[name], 3, model)


def _check_tensor(item: Any, dimensions: int, model: Model) -> None:
    if item.type != 'tensor(uint8)' or len(item.shape) != dimensions:
        raise BackendError(
            f'{model.graph}: {item.name!r} is {item.type} {item.shape}; '
            f'must be tensor(uint8) with {dimensions} dimensions'
        )


def _check_classes(listed: str | None, model: Model) -> None:
    """Compare the manifest with the class names that the graph's metadata may list."""
    if listed is None:
        return
    in_graph = [name.strip() for name in listed.split(',')]
    in_manifest = [info.name for info in model.classes]
    if len(in_graph) != len(in_manifest):
        raise BackendError(
            f'model.yaml: {len(in_manifest)} classes, graph gives {len(in_graph)} '
            f'({", ".join(in_graph)}); correct classes in {model.graph.parent}/model.yaml'
        )
    pairs = zip(in_manifest, in_graph, strict=True)
    for index, (manifest_name, graph_name) in enumerate(pairs):
        if manifest_name != graph_name:
            raise BackendError(
                f'model.yaml: class {index} is {manifest_name}, graph says {graph_name}; '
                f'correct classes in {model.graph.parent}/model.yaml'
            )
