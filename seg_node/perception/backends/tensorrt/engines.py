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

"""Get the engine of a model for this machine: from the cache, or built."""

from __future__ import annotations

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.progress import Progress, ProgressMonitor
from seg_node.perception.backends.tensorrt.api import Api
from seg_node.perception.backends.tensorrt.builder import build, BuiltEngine
from seg_node.perception.backends.tensorrt.cache import CachedEngine, EngineCache
from seg_node.perception.backends.tensorrt.engine_file import EngineKey
from seg_node.perception.backends.tensorrt.gpu import find_gpu, Gpu, NO_GPU
from seg_node.perception.backends.tensorrt.library import (
    Flavour,
    TensorRtAbsence,
    TensorRtMissingError,
)
from seg_node.perception.backends.tensorrt.options import EngineOptions
from seg_node.perception.models.model import graph_content, Model

WAITING = Progress('waiting for another process that builds the same engine')


def gpu_for(api: Api) -> Gpu:
    """
    Return the GPU that engines are built for, NO_GPU where TensorRT for RTX needs none.

    :raises TensorRtMissingError: when TensorRT has no GPU to build on.
    """
    try:
        return find_gpu()
    except DeviceError as error:
        if api.library.flavour is Flavour.RTX:
            return NO_GPU
        raise TensorRtMissingError(
            TensorRtAbsence.NO_GPU, f'{api.title} has no GPU to build for: {error}') from None


def key_of(model: Model, options: EngineOptions, api: Api, gpu: Gpu) -> EngineKey:
    """Return the key of a model's engine."""
    return EngineKey(model.name, model.sha256, api.title, gpu, options)


def get_engine(
    model: Model, options: EngineOptions, api: Api, gpu: Gpu, cache: EngineCache,
    monitor: ProgressMonitor,
) -> CachedEngine:
    """
    Return the engine of a model's graph, which is of the options' precision.

    The caller's thread waits, for minutes where it is built, and calls the monitor.

    :raises BuildError: when the graph, the options or the machine do not allow it.
    :raises BuildCancelledError: soon after the monitor has cancelled.
    :raises TensorRtMissingError: when a GPU is missing.
    :raises ModelError: when the graph is missing or damaged.
    """
    def make(timing_cache: bytes) -> BuiltEngine:
        return build(graph_content(model), model.graph, options, monitor,
                     timing_cache=timing_cache, flavours=(api.library.flavour,))

    return cache.get_or_build(
        key_of(model, options, api, gpu), make, cancelled=monitor.cancelled,
        waiting=lambda: monitor.progress(WAITING))
