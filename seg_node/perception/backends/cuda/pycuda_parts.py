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
What a device hands out: memory, streams, events, graphs.

Work that is put on a stream runs later, in order; memory that it uses must stay until
Stream.synchronize(). Addresses are plain numbers in the device's memory: a part of a buffer, a
slice of a batch say, is at buffer.address + offset.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, cast, Protocol, TYPE_CHECKING

import numpy as np

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.driver_api import DriverApi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.backends.cuda.kernels import Launch


class PartsOwner(Protocol):
    """What the parts need of the device that hands them out."""

    cuda: Any
    functions: dict[str, Any]
    driver: DriverApi

    def hold(self, held: Held) -> None:
        """Keep something to be freed by release()."""

    def drop(self, held: Held) -> None:
        """Forget something that is being freed."""

    def used(self, what: str) -> AbstractContextManager[None]:
        """Check that the device may be used, and name `what` failed if PyCUDA raises."""


class Held:
    """Something of a device that is freed once: by its user, or by the device's release()."""

    def __init__(self, device: PartsOwner, content: Any) -> None:
        self._device = device
        self._content: Any = content
        device.hold(self)

    def free(self) -> None:
        """Free it; again does nothing."""
        if self._content is None:
            return
        with self._device.used(f'freeing {self._name}'):
            self._device.drop(self)
            content, self._content = self._content, None
            self._give_back(content)

    @property
    def _name(self) -> str:
        return type(self).__name__

    def held(self) -> Any:
        """Return what PyCUDA gave; DeviceError after free()."""
        if self._content is None:
            raise DeviceError(f'{self._name}: has been freed')
        return self._content

    def _give_back(self, content: Any) -> None:
        """Free what is not freed by the last reference to it going away."""


class Buffer(Held):
    """Memory of the device; size in bytes."""

    def __init__(self, device: PartsOwner, content: Any, size: int) -> None:
        super().__init__(device, content)
        self.size = size

    @property
    def address(self) -> int:
        """Where it begins, aligned to 256 bytes; DeviceError after free()."""
        return int(self.held())

    def _give_back(self, content: Any) -> None:
        content.free()


class HostBuffer(Held):
    """Page-locked memory of the CPU: the GPU copies from and to it without a detour."""

    def __init__(self, device: PartsOwner, content: Any, *, mapped: bool) -> None:
        super().__init__(device, content)
        self._mapped = mapped

    @property
    def array(self) -> NDArray[np.uint8]:
        """
        The memory, uint8 [size]; DeviceError after free().

        Views of it must not be used after free() or Device.release().
        """
        return cast('NDArray[np.uint8]', self.held())

    @property
    def address(self) -> int:
        """Where the GPU sees it; DeviceError where it does not: see Device.map()."""
        array = self.held()
        if not self._mapped:
            raise DeviceError('HostBuffer: the GPU does not see it, take one from map()')
        with self._device.used('address of mapped memory'):
            return int(array.base.get_device_pointer())

    def _give_back(self, content: Any) -> None:
        content.base.free()


class Event(Held):
    """A mark on a stream."""

    def __init__(self, device: PartsOwner, content: Any, stream: Stream) -> None:
        super().__init__(device, content)
        self._stream = stream

    def record(self) -> None:
        """Put the mark behind the work that is on the stream now."""
        with self._device.used('an event'):
            self.held().record(self._stream.held())

    def milliseconds_since(self, earlier: Event) -> float:
        """Wait for this mark, and return the time from an earlier one."""
        with self._device.used('an event'):
            event = self.held()
            event.synchronize()
            return float(event.time_since(earlier.held()))


class Graph(Held):
    """Work recorded once, to be run with a single call."""

    def __init__(self, device: PartsOwner, content: Any, stream: Stream) -> None:
        super().__init__(device, content)
        self._stream = stream

    def run(self) -> None:
        """Put the work on the stream on which it was recorded."""
        with self._device.used('a graph'):
            self._device.driver.run(self.held(), self._stream.handle)

    def _give_back(self, content: Any) -> None:
        self._device.driver.destroy(content)


class Stream(Held):
    """Work of the GPU that runs in order."""

    @property
    def handle(self) -> int:
        """The CUstream, for other libraries."""
        return int(self.held().handle)

    def upload(self, source: NDArray[Any], target: int) -> None:
        """Copy a contiguous array to an address of the device."""
        with self._device.used(f'upload of {source.nbytes} bytes'):
            self._device.cuda.memcpy_htod_async(target, source, self.held())

    def download(self, source: int, target: NDArray[Any]) -> None:
        """Fill a contiguous array from an address of the device."""
        with self._device.used(f'download of {target.nbytes} bytes'):
            self._device.cuda.memcpy_dtoh_async(target, source, self.held())

    def copy(self, source: int, target: int, size: int) -> None:
        """Copy bytes within the device."""
        with self._device.used(f'copy of {size} bytes'):
            self._device.cuda.memcpy_dtod_async(target, source, size, self.held())

    def clear(self, target: int, size: int) -> None:
        """Set bytes of the device to 0."""
        with self._device.used(f'clearing {size} bytes'):
            self._device.cuda.memset_d8_async(target, 0, size, self.held())

    def launch(self, *launches: Launch) -> None:
        """Run kernels one after the other; DeviceError for one that is not loaded."""
        for each in launches:
            name = each.kernel.name
            if name not in self._device.functions:
                raise DeviceError(f'{name}: no kernels are loaded')
            with self._device.used(name):
                self._device.functions[name].prepared_async_call(
                    each.grid, each.kernel.block, self.held(), *each.arguments)

    def synchronize(self) -> None:
        """Wait until all work is done; DeviceError if some of it failed."""
        with self._device.used('work on the GPU'):
            self.held().synchronize()

    def event(self) -> Event:
        """Make a mark for this stream."""
        with self._device.used('an event'):
            return Event(self._device, self._device.cuda.Event(), self)

    def capture(self, work: Callable[[], object]) -> Graph:
        """
        Call `work`, which puts work on this stream, and keep it as a graph; nothing runs yet.

        Addresses, sizes and arguments are kept as they are now. `work` must not synchronize,
        allocate or free. What it raises is passed on, and the stream can be used again.
        """
        with self._device.used('recording a graph'):
            graph = self._device.driver.capture(self.handle, work)
            return Graph(self._device, graph, self)
