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

"""What the sections need of the GPU, and what is said where it is missing."""

from __future__ import annotations

from collections.abc import Iterable
import os
from pathlib import Path
from typing import TypeVar

from benchmarks.gpu.outcome import Settings, UnavailableError
from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.nvrtc import find_nvrtc, NvrtcError
from seg_node.perception.backends.cuda.owner_thread import OwnerThread
from seg_node.perception.backends.cuda.pycuda_device import Device, import_pycuda, open_device
from seg_node.perception.backends.tensorrt.api import Api, load
from seg_node.perception.backends.tensorrt.library import TensorRtMissingError
from seg_node.perception.models.model import bundled_models, load_model, Model, ModelError

Step = TypeVar('Step')


def open_gpu() -> Device:
    """Open the GPU for this thread, kernels loaded; UnavailableError says what is missing."""
    try:
        return open_device()
    except (DeviceError, NvrtcError) as error:
        raise UnavailableError(str(error)) from error


def need_tensorrt() -> Api:
    """Find all that an engine needs to run; UnavailableError says what is missing."""
    try:
        import_pycuda()
        find_nvrtc()
        return load()
    except (TensorRtMissingError, DeviceError, NvrtcError) as error:
        raise UnavailableError(str(error)) from error


def models_of(settings: Settings) -> list[Model]:
    """Load the models that were asked for, all bundled ones if none were."""
    try:
        return [load_model(name) for name in settings.models or bundled_models()]
    except ModelError as error:
        raise UnavailableError(str(error)) from error


class MemoryProbe:
    """
    Tell how much memory is in use: of the GPU by all programs, of the CPU by this process; bytes.

    The GPU is asked from a thread of its own, because others in this process come and go.
    """

    def __init__(self) -> None:
        self._thread = OwnerThread('memory probe')
        try:
            self._device = self._thread.call(open_gpu)
        except BaseException:
            self._thread.end()
            raise

    @property
    def shared(self) -> bool:
        """Whether the GPU's memory is the whole machine's."""
        return self._device.facts.integrated

    def gpu(self) -> int:
        """Return what is in use of the GPU's memory."""
        return self._device.facts.memory - self._thread.call(self._device.free_memory)

    def process(self) -> int:
        """Return the resident memory of this process (proc(5), statm)."""
        pages = int(Path('/proc/self/statm').read_text(encoding='utf-8').split()[1])
        return pages * os.sysconf('SC_PAGE_SIZE')

    def close(self) -> None:
        """Release the GPU."""
        self._thread.call(self._device.release)
        self._thread.end()


def progress(steps: Iterable[Step], count: int, name: str) -> Iterable[Step]:
    """Show on a terminal how far the steps are, where tqdm is installed."""
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        return steps
    bar: Iterable[Step] = tqdm(steps, total=count, desc=f'  {name:<24}', disable=None,
                               leave=False)
    return bar
