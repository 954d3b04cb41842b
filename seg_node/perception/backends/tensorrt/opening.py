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

"""From a model to an engine that runs: library, GPU, engine, kernels."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.nvrtc import find_nvrtc
from seg_node.perception.backends.cuda.pycuda_device import Device, import_pycuda, open_device
from seg_node.perception.backends.progress import Progress, ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.backends.tensorrt.api import Api, load
from seg_node.perception.backends.tensorrt.builder import BuildError
from seg_node.perception.backends.tensorrt.cache import EngineCache, EngineSource
from seg_node.perception.backends.tensorrt.engines import get_engine, key_of
from seg_node.perception.backends.tensorrt.gpu import find_gpu, Gpu
from seg_node.perception.backends.tensorrt.library import TensorRtAbsence, TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import EngineOptions, graph_for
from seg_node.perception.backends.tensorrt.runner import check_engine, EngineRunner
from seg_node.perception.images.pixels import Pixels

if TYPE_CHECKING:
    from seg_node.perception.backends.tensorrt.cache import CachedEngine
    from seg_node.perception.backends.tensorrt.reports import LogLine
    from seg_node.perception.models.model import Model

_LAST_LINES = 4
"""Messages of the library that an error quotes."""


@dataclass(frozen=True, eq=False)
class OpenedEngine:
    """
    An engine that has run once; to be used and closed by the thread that opened it.

    model: with the graph that the engine was built from. precision: what it really computes in.
    """

    model: Model
    precision: str
    detail: str
    warnings: tuple[str, ...]
    runner: EngineRunner
    device: Device

    def close(self) -> None:
        """Release the GPU, even after a fault."""
        try:
            self.runner.close()
        except DeviceError:  # the fault has been told of; release() gives back all the same
            pass
        finally:
            self.device.release()


def open_engine(model: Model, options: BackendOptions, monitor: ProgressMonitor) -> OpenedEngine:
    """
    Load the engine of a model on the GPU, built where it is not in the cache, and run it once.

    :raises TensorRtMissingError: when TensorRT or a GPU is missing.
    :raises BuildCancelledError: soon after the monitor has cancelled.
    :raises BuildError, OptionsError, ModelError: when no engine can be had of the graph.
    :raises DeviceError, NvrtcError: when PyCUDA, the GPU or the compiler are not usable.
    """
    gpu = _gpu()      # first, because importing TensorRT takes a second
    api = load()
    # Before minutes go into an engine.
    import_pycuda()
    find_nvrtc()
    model = graph_for(model, options.precision)
    wanted = EngineOptions(
        precision=model.precision, max_batch=options.max_batch, **options.own)  # type: ignore
    cache = EngineCache()

    def report(progress: Progress, tell: Callable[[Progress], None] = monitor.progress) -> None:
        tell(replace(progress, phase=f'building the TensorRT engine: {progress.phase}'))

    monitor = replace(monitor, progress=report)
    engine = get_engine(model, wanted, api, gpu, cache, monitor)
    try:
        return _load(model, wanted, api, gpu, engine)
    except _UnusableEngineError as error:
        if engine.source is EngineSource.BUILT:
            raise
        again = f'{error}; built again'
        cache.discard(key_of(model, wanted, api, gpu), cancelled=monitor.cancelled)
        engine = get_engine(model, wanted, api, gpu, cache, monitor)
        return _load(model, wanted, api, gpu, engine, again)


def _gpu() -> Gpu:
    try:
        return find_gpu()
    except DeviceError as error:
        raise TensorRtMissingError(TensorRtAbsence.NO_GPU, str(error)) from error


class _UnusableEngineError(BuildError):
    """An engine that the library does not load, although it fits by its key."""


def _load(model: Model, options: EngineOptions, api: Api, gpu: Gpu, engine: CachedEngine,
          *warnings: str) -> OpenedEngine:
    said: deque[str] = deque(maxlen=_LAST_LINES)

    def listen(line: LogLine) -> None:
        if line.is_trouble:
            said.append(line.text)

    device = open_device()
    try:
        api.log_to(listen)
        loaded = api.deserialize(engine.data, options)
        if loaded is None:
            raise _UnusableEngineError(
                f'{engine.path or model.graph}: {api.title} does not load the engine'
                f'{_quoted(said)}')
        runner = EngineRunner(device, loaded, check_engine(loaded, model))
        runner.run([Pixels.of(np.zeros((model.height, model.width, 3), np.uint8))])
    except DeviceError as error:
        device.release()
        raise DeviceError(f'{error}{_quoted(said)}') from error
    except BaseException:
        device.release()
        raise
    facts = engine.facts
    detail = (f'{api.title}, {gpu.name} (compute capability {gpu.compute_capability}), engine '
              f'{"built" if engine.source is EngineSource.BUILT else "from the cache"}, '
              f'tactics: {facts.tactics_text}')
    precision = facts.layers.precision if facts.layers.layers else model.precision.value
    return OpenedEngine(
        replace(model, content=None), precision, detail,
        (*api.library.notes, *facts.notes, *engine.warnings, *warnings, *runner.notes),
        runner, device)


def _quoted(said: deque[str]) -> str:
    return f' ({"; ".join(said)})' if said else ''
