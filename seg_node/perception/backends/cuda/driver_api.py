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
The CUDA driver API, without PyCUDA: what GPUs there are, and graphs.

PyCUDA has no graphs up to its version 2026.1. Everything here is in CUDA 11.4 (JetPack 5) to 13.
"""

from __future__ import annotations

from collections.abc import Callable
import ctypes
from typing import Any
import uuid

from seg_node.perception.backends.cuda.device import DeviceError, DeviceFacts

LIBRARY = 'libcuda.so.1'
"""Comes with the driver."""

# In cuda.h. Of the modes of capture this is the one that other threads do not disturb.
_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1
_ATTRIBUTE_INTEGRATED = 18
_ATTRIBUTE_COMPUTE_CAPABILITY = 75, 76


def no_driver(error: Exception) -> DeviceError:
    """Say that LIBRARY could not be loaded."""
    return DeviceError(f'there is no NVIDIA driver here ({error}): install it; start a container '
                       f'with --gpus all, on a Jetson with --runtime nvidia')


class DriverApi:
    """
    Functions of libcuda; those for streams need the context to be current in this thread.

    :raises DeviceError: where there is no driver.
    """

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise no_driver(error) from error

    def facts(self, index: int = 0) -> DeviceFacts:
        """
        Say what the GPU with an index is; needs no context.

        :raises DeviceError: where CUDA does not start or has no such GPU; says what to do.
        """
        device = self._device(index)
        name = ctypes.create_string_buffer(256)
        memory, version, identity = ctypes.c_size_t(), ctypes.c_int(), (ctypes.c_ubyte * 16)()
        self._call('cuDeviceGetName', name, len(name), device)
        self._call('cuDeviceTotalMem_v2', ctypes.byref(memory), device)
        self._call('cuDriverGetVersion', ctypes.byref(version))
        self._call('cuDeviceGetUuid_v2', identity, device)
        major, minor = (self._attribute(each, device) for each in _ATTRIBUTE_COMPUTE_CAPABILITY)
        return DeviceFacts(
            name=name.value.decode(errors='replace'), capability=(major, minor),
            integrated=bool(self._attribute(_ATTRIBUTE_INTEGRATED, device)), memory=memory.value,
            driver=(version.value // 1000, version.value % 1000 // 10),
            uuid=f'GPU-{uuid.UUID(bytes=bytes(identity))}')

    def forget_context(self) -> None:
        """Make no context current, where one still is."""
        self._library.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))

    def capture(self, stream: int, work: Callable[[], object]) -> ctypes.c_void_p:
        """Call `work` and return what it puts on the stream as an executable graph."""
        graph, executable = ctypes.c_void_p(), ctypes.c_void_p()
        self._call('cuStreamBeginCapture_v2', ctypes.c_void_p(stream),
                   _STREAM_CAPTURE_MODE_THREAD_LOCAL)
        try:
            work()
        except BaseException:
            # The capture has to end, and may already be broken: only the first error tells.
            self._library.cuStreamEndCapture(ctypes.c_void_p(stream), ctypes.byref(graph))
            if graph:
                self._library.cuGraphDestroy(graph)
            raise
        self._call('cuStreamEndCapture', ctypes.c_void_p(stream), ctypes.byref(graph))
        try:
            self._call('cuGraphInstantiateWithFlags', ctypes.byref(executable), graph,
                       ctypes.c_ulonglong(0))
        finally:
            self._call('cuGraphDestroy', graph)
        return executable

    def run(self, executable: ctypes.c_void_p, stream: int) -> None:
        """Put an executable graph on a stream."""
        self._call('cuGraphLaunch', executable, ctypes.c_void_p(stream))

    def destroy(self, executable: ctypes.c_void_p) -> None:
        """Destroy an executable graph."""
        self._call('cuGraphExecDestroy', executable)

    def _device(self, index: int) -> ctypes.c_int:
        """Start CUDA, which again does nothing, and return the handle of a GPU."""
        count, device = ctypes.c_int(), ctypes.c_int()
        try:
            self._call('cuInit', 0)
            self._call('cuDeviceGetCount', ctypes.byref(count))
        except DeviceError as error:
            raise DeviceError(
                f'CUDA does not start ({error}): check that nvidia-smi lists a GPU (on a Jetson: '
                f'tegrastats), that this user may open /dev/nvidia* (on a Jetson: groups video '
                f'and render), that CUDA_VISIBLE_DEVICES hides no GPU, and that a container is '
                f'started with --gpus all, on a Jetson with --runtime nvidia') from error
        if not 0 <= index < count.value:
            raise DeviceError(f'no GPU {index}: there are {count.value}, counted from 0; see '
                              f'nvidia-smi -L, and check CUDA_VISIBLE_DEVICES')
        self._call('cuDeviceGet', ctypes.byref(device), index)
        return device

    def _attribute(self, attribute: int, device: ctypes.c_int) -> int:
        value = ctypes.c_int()
        self._call('cuDeviceGetAttribute', ctypes.byref(value), attribute, device)
        return value.value

    def _call(self, name: str, *arguments: Any) -> None:
        function = getattr(self._library, name, None)
        if function is None:
            raise DeviceError(f'the NVIDIA driver has no {name}: CUDA 11.4 or later is needed')
        status = function(*arguments)
        if status:
            text = ctypes.c_char_p()
            self._library.cuGetErrorName(status, ctypes.byref(text))
            raise DeviceError(f'{name}: {(text.value or b"error").decode()} ({status})')
