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

"""What a PyCudaDevice hands out. The interfaces in device.py say what the methods do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, cast, Protocol, TYPE_CHECKING

import numpy as np

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.driver_api import DriverApi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.backends.cuda.device import Event
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


class DeviceMemory(Held):
    """Memory of the device; implements device.Buffer."""

    def __init__(self, device: PartsOwner, content: Any, size: int) -> None:
        super().__init__(device, content)
        self.size = size

    @property
    def address(self) -> int:
        """Where it begins."""
        return int(self.held())

    def _give_back(self, content: Any) -> None:
        content.free()


class HostMemory(Held):
    """Page-locked memory of the CPU; implements device.HostBuffer."""

    def __init__(self, device: PartsOwner, content: Any, *, mapped: bool) -> None:
        super().__init__(device, content)
        self._mapped = mapped

    @property
    def array(self) -> NDArray[np.uint8]:
        """The memory, uint8 [size]."""
        return cast('NDArray[np.uint8]', self.held())

    @property
    def address(self) -> int:
        """Where the GPU sees it, if it is mapped."""
        array = self.held()
        if not self._mapped:
            raise DeviceError('HostMemory: the GPU does not see it, take one from map()')
        with self._device.used('address of mapped memory'):
            return int(array.base.get_device_pointer())

    def _give_back(self, content: Any) -> None:
        content.base.free()


class StreamEvent(Held):
    """A mark on a stream; implements device.Event."""

    def __init__(self, device: PartsOwner, content: Any, stream: WorkStream) -> None:
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
            return float(event.time_since(cast('StreamEvent', earlier).held()))


class RecordedGraph(Held):
    """Work recorded once; implements device.Graph."""

    def __init__(self, device: PartsOwner, content: Any, stream: WorkStream) -> None:
        super().__init__(device, content)
        self._stream = stream

    def run(self) -> None:
        """Put the work on its stream."""
        with self._device.used('a graph'):
            self._device.driver.run(self.held(), self._stream.handle)

    def _give_back(self, content: Any) -> None:
        self._device.driver.destroy(content)


class WorkStream(Held):
    """Work in order; implements device.Stream."""

    @property
    def handle(self) -> int:
        """The CUstream."""
        return int(self.held().handle)

    def upload(self, source: NDArray[Any], target: int) -> None:
        """Copy an array to the device."""
        with self._device.used(f'upload of {source.nbytes} bytes'):
            self._device.cuda.memcpy_htod_async(target, source, self.held())

    def download(self, source: int, target: NDArray[Any]) -> None:
        """Fill an array from the device."""
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
        """Run kernels one after the other."""
        for each in launches:
            name = each.kernel.name
            if name not in self._device.functions:
                raise DeviceError(f'{name}: no kernels are loaded')
            with self._device.used(name):
                self._device.functions[name].prepared_async_call(
                    each.grid, each.kernel.block, self.held(), *each.arguments)

    def synchronize(self) -> None:
        """Wait until all work is done."""
        with self._device.used('work on the GPU'):
            self.held().synchronize()

    def event(self) -> StreamEvent:
        """Make a mark for this stream."""
        with self._device.used('an event'):
            return StreamEvent(self._device, self._device.cuda.Event(), self)

    def capture(self, work: Callable[[], object]) -> RecordedGraph:
        """Keep what `work` puts on this stream as a graph."""
        with self._device.used('recording a graph'):
            graph = self._device.driver.capture(self.handle, work)
            return RecordedGraph(self._device, graph, self)
