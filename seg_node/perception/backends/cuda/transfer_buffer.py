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

"""Memory through which CPU and GPU exchange data: copied, or on integrated GPUs the very same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seg_node.perception.backends.cuda.pycuda_device import Device
    from seg_node.perception.backends.cuda.pycuda_parts import Stream


class CopiedBuffer:
    """Page-locked memory of the CPU, and as much of the GPU's."""

    def __init__(self, device: Device, size: int) -> None:
        self._host = device.allocate_host(size)
        self._buffer = device.allocate(size)
        self.array = self._host.array
        self.address = self._buffer.address

    def upload(self, stream: Stream) -> None:
        """Put on a stream that the GPU gets what the CPU has written."""
        stream.upload(self.array, self.address)

    def download(self, stream: Stream) -> None:
        """Put on a stream that the CPU gets what the GPU has written."""
        stream.download(self.address, self.array)

    def free(self) -> None:
        """Free both."""
        del self.array
        self._host.free()
        self._buffer.free()


class MappedBuffer:
    """Memory of an integrated GPU, which is the CPU's: there is nothing to copy."""

    def __init__(self, device: Device, size: int) -> None:
        self._host = device.map(size)
        self.array = self._host.array
        self.address = self._host.address

    def upload(self, stream: Stream) -> None:
        """Do nothing: the GPU reads where the CPU writes."""

    def download(self, stream: Stream) -> None:
        """Do nothing: the CPU reads where the GPU writes."""

    def free(self) -> None:
        """Free it."""
        del self.array
        self._host.free()


TransferBuffer = CopiedBuffer | MappedBuffer
"""Bytes that CPU (array, uint8 [size]) and GPU (address) both see, after upload or download."""


def transfer_buffer(device: Device, size: int) -> TransferBuffer:
    """Take memory for bytes, of the kind that suits the device."""
    return MappedBuffer(device, size) if device.facts.integrated else CopiedBuffer(device, size)
