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
A device whose memory is the CPU's, and whose kernels are kernels.cu compiled with g++.

What is put on a stream runs at synchronize() and not before, so that code that reads too early, or
takes memory back too early, gets something else than it wants.
"""

from __future__ import annotations

import ctypes
from itertools import count
import time

import numpy as np

from helpers.cuda_on_cpu.cpu_kernels import load
from seg_node.perception.backends.cuda.device import DeviceError, DeviceFacts


class CpuMemory:
    """A buffer, host buffer or mapped one; what is freed is overwritten."""

    def __init__(self, device, size):
        self._device = device
        # Aligned to 256 bytes, as a GPU's memory is.
        whole = np.full(size + 256, 0xA5, np.uint8)
        begin = -whole.ctypes.data % 256
        self._array = whole[begin:begin + size]
        self.size = size
        device.held.append(self)

    @property
    def array(self):
        if self._array is None:
            raise DeviceError('CpuMemory: has been freed')
        return self._array

    @property
    def address(self):
        return self.array.ctypes.data

    def free(self):
        if self._array is not None:
            self._array[...] = 0x5A
            self._array = None
            self._device.held.remove(self)


class CpuEvent:
    """A mark on a stream."""

    def __init__(self, stream):
        self._stream = stream
        self.at = None

    def record(self):
        self._stream.work.append(self._mark)

    def milliseconds_since(self, earlier):
        self._stream.synchronize()
        return 1e3 * (self.at - earlier.at)

    def _mark(self):
        self.at = time.perf_counter()


class CpuGraph:
    """Work recorded once."""

    def __init__(self, stream, work):
        self._stream, self._work = stream, work

    def run(self):
        self._stream.device.graph_runs += 1
        self._stream.work.extend(self._work)

    def free(self):
        self._work = None


class CpuStream:
    """Work in order, done at synchronize()."""

    _handles = count(1)

    def __init__(self, device):
        self.device = device
        self.handle = next(self._handles)
        self.work = []

    def upload(self, source, target):
        self.work.append(lambda: ctypes.memmove(target, source.ctypes.data, source.nbytes))

    def download(self, source, target):
        self.work.append(lambda: ctypes.memmove(target.ctypes.data, source, target.nbytes))

    def copy(self, source, target, size):
        self.work.append(lambda: ctypes.memmove(target, source, size))

    def clear(self, target, size):
        self.work.append(lambda: ctypes.memset(target, 0, size))

    def event(self):
        return CpuEvent(self)

    def launch(self, *launches):
        self.work.append(lambda: load().run(*launches))

    def synchronize(self):
        work, self.work = self.work, []
        for each in work:
            each()
        if self.device.broken:
            raise DeviceError('work on the GPU: an illegal memory access was encountered')

    def capture(self, work):
        if self.device.refuses_graphs:
            raise DeviceError('recording a graph: operation not permitted')
        usual, self.work = self.work, []
        try:
            work()
            return CpuGraph(self, self.work)
        finally:
            self.work = usual


class CpuDevice:
    """Stands in for pycuda_device.Device as far as a frame needs it."""

    def __init__(self, integrated=False, refuses_graphs=False):
        self.facts = DeviceFacts('CPU', (8, 7), integrated, 1 << 30, (12, 6), 'GPU-none')
        self.refuses_graphs = refuses_graphs
        self.broken = False
        self.graph_runs = 0
        self.held = []
        self.streams = []
        self.released = False

    def free_memory(self):
        return self.facts.memory - sum(memory.size for memory in self.held)

    def allocate(self, size):
        return CpuMemory(self, size)

    allocate_host = map = allocate

    def stream(self):
        self.streams.append(CpuStream(self))
        return self.streams[-1]

    def stream_of(self, handle):
        return next(stream for stream in self.streams if stream.handle == handle)

    def release(self):
        self.released = True
