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

"""Memory of the device for one case after the other, with guards around what kernels write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from seg_node.perception.backends.cuda.kernels import Launch
    from seg_node.perception.backends.cuda.pycuda_device import Device
    from seg_node.perception.backends.cuda.pycuda_parts import Buffer

GUARD = 0xA5
"""What is written around a target, and must still be there afterwards."""
_MARGIN = 256


@dataclass(frozen=True)
class Guarded:
    """A target of `size` bytes inside a larger buffer."""

    buffer: Buffer
    size: int

    @property
    def address(self) -> int:
        """Where the target begins, aligned as buffers are."""
        return self.buffer.address + _MARGIN


class Scratch:
    """Takes memory for a case, runs kernels, and reads what they wrote; clear() gives it back."""

    def __init__(self, device: Device) -> None:
        self.stream = device.stream()
        self._device = device
        self._held: list[Buffer] = []

    def room(self, size: int) -> int:
        """Take bytes, at least one; give their address."""
        return self._take(size).address

    def put(self, array: NDArray[Any]) -> int:
        """Copy an array to the device; give its address."""
        data = np.ascontiguousarray(array)
        address = self.room(data.nbytes)
        if data.nbytes:
            self.stream.upload(data, address)
            self.stream.synchronize()
        return address

    def guarded(self, size: int, fill: int = GUARD) -> Guarded:
        """Take a target, filled with a byte, with guards around it."""
        buffer = self._take(size + 2 * _MARGIN)
        content = np.full(size + 2 * _MARGIN, GUARD, np.uint8)
        content[_MARGIN:_MARGIN + size] = fill
        self.stream.upload(content, buffer.address)
        self.stream.synchronize()
        return Guarded(buffer, size)

    def launch(self, *launches: Launch) -> None:
        """Run kernels and wait for them."""
        self.stream.launch(*launches)
        self.stream.synchronize()

    def get(self, target: Guarded) -> NDArray[np.uint8]:
        """Read a target: uint8 [size]."""
        return self._read(target)[_MARGIN:_MARGIN + target.size]

    def spilled(self, target: Guarded) -> bool:
        """Tell whether something wrote outside of a target."""
        around = np.delete(self._read(target), slice(_MARGIN, _MARGIN + target.size))
        return bool((around != GUARD).any())

    def clear(self) -> None:
        """Free all memory."""
        while self._held:
            self._held.pop().free()

    def _take(self, size: int) -> Buffer:
        self._held.append(self._device.allocate(max(1, size)))
        return self._held[-1]

    def _read(self, target: Guarded) -> NDArray[np.uint8]:
        whole = np.empty(target.size + 2 * _MARGIN, np.uint8)
        self.stream.download(target.buffer.address, whole)
        self.stream.synchronize()
        return whole
