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
"""A graph in a session of ONNX Runtime, and the image's way into it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
import os
import time
from typing import Any, TYPE_CHECKING

import numpy as np
import onnxruntime

from seg_node.perception.backends import BackendError, Inference
from seg_node.perception.backends.contract import check_labels, INPUT, outputs_of
from seg_node.perception.input_scaler import InputScaler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.models.model import Model

_LOG_ERRORS_ONLY = 3
_SPIN_US = '20'


class OnnxRuntimeSession:
    """
    Segment images, one at a time.

    ONNX Runtime's exceptions share no base class of their own, so whatever it raises becomes
    a BackendError.
    """

    def __init__(
        self, content: bytes, model: Model, threads: int, cores: Collection[int]
    ) -> None:
        """
        Load the graph, which is not checked yet.

        :param content: of the graph, serialized, all weights inside.
        :param cores: numbers of the cores over which its threads spread, the caller's the first.
        :raises BackendError: when ONNX Runtime cannot load it.
        """
        self._model = model
        self._shape = (model.height, model.width)
        self._outputs = outputs_of(model)
        self._scaler = InputScaler(model.width, model.height)
        self._own, *pool = thread_cores(threads, cores)
        self.graph = _load(content, model, threads, pool)

    def infer(self, bgr: NDArray[np.uint8]) -> Inference:
        """
        Segment an image, BGR uint8 [H, W, 3].

        :raises BackendError: when that fails, or breaks the model contract.
        """
        with running_on(self._own):
            begun = time.perf_counter()
            rgb = self._scaler.scale(bgr)
            scaled = time.perf_counter()
            try:
                results = self.graph.run(self._outputs, {INPUT: rgb[None]})
            except Exception as error:
                raise BackendError(f'{self._model.graph}: inference failed: {error}') from error
        labels, confidence, *instances = (
            self._checked(name, result)
            for name, result in zip(self._outputs, results, strict=True)
        )
        check_labels(labels, self._model)
        return Inference(
            labels, confidence, scaled - begun, time.perf_counter() - scaled, *instances)

    def _checked(self, name: str, result: Any) -> NDArray[np.uint8]:
        if result.shape != (1, *self._shape) or result.dtype != np.uint8:
            raise BackendError(
                f'{self._model.graph}: output {name} is {result.dtype} {list(result.shape)}, '
                f'must be uint8 {[1, *self._shape]}'
            )
        plane: NDArray[np.uint8] = result[0]
        return plane


def _load(
    content: bytes, model: Model, threads: int, pool: list[list[int]]
) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _LOG_ERRORS_ONLY
    # Threads that spin for long take whole cores from the rest of the robot between two frames,
    # and where others burn them from themselves; those that do not spin at all sleep between two
    # layers, and may take longer to wake than a layer takes: in one start of three the network
    # took twice as long. Beside a busy process 20 us are better than 5, 10 and 30.
    options.add_session_config_entry('session.intra_op.spin_duration_us', _SPIN_US)
    if pool:
        # ONNX Runtime numbers the cores from 1.
        options.add_session_config_entry('session.intra_op_thread_affinities', ';'.join(
            ','.join(str(core + 1) for core in share) for share in pool))
    try:
        return onnxruntime.InferenceSession(
            content, options, providers=['CPUExecutionProvider']
        )
    except Exception as error:
        raise BackendError(f'{model.graph}: ONNX Runtime cannot load it: {error}') from error


def thread_cores(threads: int, cores: Collection[int]) -> list[list[int]]:
    """
    Share out the cores among the threads that work on an image, the caller's share first.

    The shares are equal, and each thread keeps within its own: a kernel that saves power by
    packing threads that sleep between two frames onto one core would leave the others idle, and a
    caller that was woken on the core of another thread would work in turns with it.

    :param cores: numbers of the cores that the process may use, from 0.
    :returns: one empty share, for any core, where there is one thread, or not a core for each.
    """
    return core_shares(cores, threads) if 1 < threads <= len(cores) else [[]]


@contextmanager
def running_on(cores: Collection[int]) -> Iterator[None]:
    """
    Keep the calling thread to some cores for a while, as far as it may use them.

    Not for good: threads that it starts would be kept to them too.
    """
    before = os.sched_getaffinity(0)
    kept = before.intersection(cores)
    # The kernel refuses cores that were taken away meanwhile; where a thread runs is no fault.
    with suppress(OSError):
        if kept:
            os.sched_setaffinity(0, kept)
    try:
        yield
    finally:
        with suppress(OSError):
            if kept:
                os.sched_setaffinity(0, before)


def core_shares(cores: Collection[int], count: int) -> list[list[int]]:
    """Split cores into `count` runs that differ by one core at most; empty ones where too few."""
    ordered = sorted(cores)
    bounds = [index * len(ordered) // count for index in range(count + 1)]
    return [ordered[first:last] for first, last in zip(bounds[:-1], bounds[1:], strict=True)]
