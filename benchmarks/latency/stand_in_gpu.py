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
The node with a GPU that takes no time of the CPU: what is left is what the node costs itself.

Backend tensorrt runs as it is, with its thread, its page-locked memory and the copies into it. The
device takes what is put on its streams for done after a while, and the network says of every pixel
that it is path.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.backends import tensorrt
from seg_node.perception.backends.cuda.device import DeviceFacts
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
from seg_node.perception.backends.tensorrt.opening import OpenedEngine
from seg_node.perception.backends.tensorrt.runner import EngineRunner, EngineShape
from seg_node.perception.images.layout import Layout
from seg_node.perception.models.manifest import Action
from seg_node.perception.models.model import Model
from seg_node.ros.node import main as run_node

GPU_SECONDS = 0.003
"""What a frame takes it, as on a Jetson Orin."""


class Memory:
    """Memory of the CPU, also where it stands for the GPU's, which nobody reads or writes."""

    def __init__(self, size: int) -> None:
        self.array = np.zeros(size, np.uint8)
        self.address = self.array.ctypes.data

    def free(self) -> None:
        """Do nothing: it goes with its last user."""


class Graph:
    """Work recorded once."""

    def run(self) -> None:
        """Do nothing."""

    free = run


class Stream:
    """Takes work that nobody does, and waits for it; the first download leaves its answer."""

    handle = 1

    def __init__(self, answers: dict[int, int]) -> None:
        """Take the byte that fills the memory at an address."""
        self._answers = answers

    def upload(self, *_: Any) -> None:
        """Do nothing, as the CPU does where the GPU copies."""

    launch = upload

    def download(self, source: int, target: NDArray[np.uint8]) -> None:
        """Fill it; recorded, it is done for good."""
        target[...] = self._answers[source]

    def synchronize(self) -> None:
        """Let the time pass that a frame takes."""
        time.sleep(GPU_SECONDS)

    def capture(self, work: Callable[[], object]) -> Graph:
        """Return a graph of nothing."""
        return Graph()


class Device:
    """Stands in for pycuda_device.Device as far as a frame needs it."""

    facts = DeviceFacts('stand-in', (8, 7), False, 1 << 30, (12, 6), 'GPU-none')

    def __init__(self) -> None:
        self.answers: dict[int, int] = {}

    def stream(self) -> Stream:
        """Return a stream."""
        return Stream(self.answers)

    def allocate(self, size: int) -> Memory:
        """Return memory; page-locked is all of it."""
        return Memory(size)

    allocate_host = allocate

    def release(self) -> None:
        """Do nothing."""


class Engine:
    """An engine, and its context, that has run when its stream has been waited for."""

    def __init__(self, device: Device, answers: Mapping[str, int]) -> None:
        """Take the byte that fills each output."""
        self._device, self._answers = device, answers

    def create_execution_context(self) -> Engine:
        """Return what runs: itself."""
        return self

    def set_tensor_address(self, name: str, address: int) -> bool:
        """Know where an output lies."""
        self._device.answers[address] = self._answers.get(name, 0)
        return True

    def set_input_shape(self, *_: Any) -> bool:
        """Agree."""
        return True

    execute_async_v3 = set_input_shape


def open_engine(model: Model, options: BackendOptions, monitor: ProgressMonitor) -> OpenedEngine:
    """Return an engine for which every pixel is certainly of the first class that says GO."""
    path = next(index for index, info in enumerate(model.classes) if info.action is Action.GO)
    answers = {'labels': path, 'confidence': 255}
    device: Any = Device()
    engine: Any = Engine(device, answers)
    shape = EngineShape(model.width, model.height, options.max_batch, tuple(answers))
    runner = EngineRunner(device, engine, shape)
    # The self-test would find that this is no network.
    return OpenedEngine(replace(model, self_test=None), 'fp16', 'no GPU', (), runner, device)


def main() -> None:
    """Run the node; `--layouts` names what the backend takes as it is, the rest is for ROS."""
    parser = argparse.ArgumentParser(prog='stand_in_gpu')
    parser.add_argument('--layouts', nargs='+', default=[layout.name for layout in Layout])
    given, rest = parser.parse_known_args()
    layouts = frozenset(Layout[name] for name in given.layouts)

    def open_backend(model: Model, options: BackendOptions, monitor: ProgressMonitor,
                     because: str, warnings: tuple[str, ...]) -> TensorRtBackend:
        backend = TensorRtBackend(model, options, monitor, because, warnings, open_engine)
        backend.layouts = layouts
        return backend

    tensorrt.BACKEND = replace(tensorrt.BACKEND, open=open_backend)
    sys.argv[1:] = rest
    run_node()


if __name__ == '__main__':
    main()
