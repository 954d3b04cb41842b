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
What the way of a frame needs of a GPU, behind one interface.

A Device belongs to the thread that opened it: used from another one it raises DeviceError. That
thread must release it before it ends. Addresses are plain numbers in the device's memory: a part
of a buffer, a slice of a batch say, is at buffer.address + offset. Work that is put on a stream
runs later, in order; memory that it uses must stay until Stream.synchronize().
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_node.perception.backends.cuda.kernels import Launch
    from seg_node.perception.backends.cuda.nvrtc import Binary


class DeviceError(RuntimeError):
    """There is no GPU to be used, it failed, or it was used from the wrong thread."""


@dataclass(frozen=True)
class DeviceFacts:
    """
    What a GPU is.

    `capability` is its compute capability, (8, 7) on Orin; `integrated` tells whether it shares
    its memory with the CPU, so that mapped memory needs no copies; `memory` is in bytes; `driver`
    is the version of CUDA that the driver is made for.
    """

    name: str
    capability: tuple[int, int]
    integrated: bool
    memory: int
    driver: tuple[int, int]
    uuid: str


class Buffer(Protocol):
    """Memory of the device."""

    @property
    def address(self) -> int:
        """Where it begins, aligned to 256 bytes; raises DeviceError after free()."""

    @property
    def size(self) -> int:
        """Bytes."""

    def free(self) -> None:
        """Free it; again does nothing."""


class HostBuffer(Protocol):
    """Memory of the CPU that the GPU copies from and to without a detour: page-locked."""

    @property
    def array(self) -> NDArray[np.uint8]:
        """
        The memory, uint8 [size]; raises DeviceError after free().

        Views of it must not be used after free() or Device.release().
        """

    @property
    def address(self) -> int:
        """Where the GPU sees it; raises DeviceError where it does not: see Device.map()."""

    def free(self) -> None:
        """Free it; again does nothing."""


class Event(Protocol):
    """A mark on a stream."""

    def record(self) -> None:
        """Put the mark behind the work that is on the stream now."""

    def milliseconds_since(self, earlier: Event) -> float:
        """Wait for this mark, and return the time the GPU took from an earlier one to it."""


class Graph(Protocol):
    """Work recorded once, to be run with a single call."""

    def run(self) -> None:
        """Put the work on the stream on which it was recorded."""

    def free(self) -> None:
        """Free it; again does nothing."""


class Stream(Protocol):
    """Work of the GPU that runs in order."""

    @property
    def handle(self) -> int:
        """The CUstream, for other libraries."""

    def upload(self, source: NDArray[Any], target: int) -> None:
        """Copy a contiguous array to an address of the device."""

    def download(self, source: int, target: NDArray[Any]) -> None:
        """Fill a contiguous array from an address of the device."""

    def copy(self, source: int, target: int, size: int) -> None:
        """Copy bytes within the device."""

    def clear(self, target: int, size: int) -> None:
        """Set bytes of the device to 0."""

    def launch(self, *launches: Launch) -> None:
        """Run kernels one after the other; DeviceError for one that is not loaded."""

    def synchronize(self) -> None:
        """Wait until all work is done; raises DeviceError if some of it failed."""

    def event(self) -> Event:
        """Make a mark for this stream."""

    def capture(self, work: Callable[[], object]) -> Graph:
        """
        Call `work`, which puts work on this stream, and keep it as a graph; nothing runs yet.

        Addresses, sizes and arguments are kept as they are now. `work` must not synchronize,
        allocate or free. What it raises is passed on, and the stream can be used again.
        """


class Device(Protocol):
    """A GPU, in use by one thread."""

    @property
    def facts(self) -> DeviceFacts:
        """What it is."""

    def free_memory(self) -> int:
        """Return the bytes of its memory that no program uses now."""

    def allocate(self, size: int) -> Buffer:
        """Take memory of the device, at least 1 byte."""

    def allocate_host(self, size: int) -> HostBuffer:
        """Take page-locked memory of the CPU, at least 1 byte."""

    def map(self, size: int) -> HostBuffer:
        """Take page-locked memory that the GPU reads and writes in place: for integrated GPUs."""

    def stream(self) -> Stream:
        """Make a stream that does not wait for others."""

    def load(self, binary: Binary) -> None:
        """Load kernels.cu, compiled; its kernels can be launched from now on."""

    def release(self) -> None:
        """Wait for its work, and give everything back, even after a fault; again does nothing."""

    def __enter__(self) -> Device:
        """Return self."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Release the device."""
