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
The part of the CUDA driver API that PyCUDA has not: graphs, and a GPU's UUID.

PyCUDA has no graphs up to its version 2026.1. Everything here is in CUDA 11.4 (JetPack 5) to 13.
"""

from __future__ import annotations

from collections.abc import Callable
import ctypes
from typing import Any
import uuid

from seg_node.perception.cuda.device import DeviceError

_LIBRARY = 'libcuda.so.1'
_THIS_THREAD = 1
"""CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what other threads do with CUDA does not disturb."""


class DriverApi:
    """Functions of libcuda, for the context that is current in this thread."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL(_LIBRARY)
        except OSError as error:
            raise DeviceError(
                f'{_LIBRARY}, which comes with the NVIDIA driver, cannot be loaded: {error}'
            ) from error

    def uuid(self, index: int) -> str:
        """Give the UUID of the GPU with an index, as nvidia-smi prints it."""
        device, data = ctypes.c_int(), (ctypes.c_ubyte * 16)()
        self._call('cuDeviceGet', ctypes.byref(device), index)
        self._call('cuDeviceGetUuid_v2', data, device)
        return f'GPU-{uuid.UUID(bytes=bytes(data))}'

    def forget_context(self) -> None:
        """Make no context current, where one still is."""
        self._library.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))

    def capture(self, stream: int, work: Callable[[], object]) -> ctypes.c_void_p:
        """Call `work` and give what it puts on the stream as an executable graph."""
        graph, executable = ctypes.c_void_p(), ctypes.c_void_p()
        self._call('cuStreamBeginCapture_v2', ctypes.c_void_p(stream), _THIS_THREAD)
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
        """Give an executable graph back."""
        self._call('cuGraphExecDestroy', executable)

    def _call(self, name: str, *arguments: Any) -> None:
        function = getattr(self._library, name, None)
        if function is None:
            raise DeviceError(f'the NVIDIA driver has no {name}: CUDA 11.4 or later is needed')
        status = function(*arguments)
        if status:
            text = ctypes.c_char_p()
            self._library.cuGetErrorName(status, ctypes.byref(text))
            raise DeviceError(f'{name}: {(text.value or b"error").decode()} ({status})')
