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
A device on PyCUDA, 2022.1 to 2026.1.

PyCUDA is imported when a device is opened, never before. The primary context is used, so that
TensorRT and others share it; it is current in the owning thread from opening to release().
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager, suppress
import importlib
import threading
from types import TracebackType
from typing import Any

import numpy as np

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.driver_api import DriverApi, no_driver
from seg_node.perception.backends.cuda.kernels import KERNELS, SOURCE
from seg_node.perception.backends.cuda.nvrtc import Binary, find_nvrtc
from seg_node.perception.backends.cuda.pycuda_parts import Buffer, Held, HostBuffer, Stream

_NON_BLOCKING = 1
"""CU_STREAM_NON_BLOCKING."""


class Device:
    """
    The GPU with an index, in use by the thread that opened it.

    Used from another thread it raises DeviceError. That thread must release it before it ends.

    :raises DeviceError: where there is no PyCUDA, driver or GPU; says what to do.
    """

    def __init__(self, index: int = 0) -> None:
        self.cuda = import_pycuda()
        self._thread = threading.get_ident()
        self._context: Any = None
        self._held: list[Held] = []
        self.functions: dict[str, Any] = {}
        self.driver = DriverApi()
        self.facts = self.driver.facts(index)
        try:
            with self.explained(f'GPU {index} cannot be used'):
                self.cuda.init()
                self._context = self.cuda.Device(index).retain_primary_context()
                self._context.push()
        except DeviceError:
            self.release()
            raise
        atexit.register(self._release_at_exit)

    def free_memory(self) -> int:
        """Return the bytes of its memory that no program uses now."""
        with self.used('memory of the GPU'):
            return int(self.cuda.mem_get_info()[0])

    def allocate(self, size: int) -> Buffer:
        """Take memory of the device, at least 1 byte."""
        with self.used(f'{size} bytes of GPU memory'):
            return Buffer(self, self.cuda.mem_alloc(size), size)

    def allocate_host(self, size: int) -> HostBuffer:
        """Take page-locked memory of the CPU, at least 1 byte."""
        with self.used(f'{size} bytes of page-locked memory'):
            return HostBuffer(self, self.cuda.pagelocked_empty(size, np.uint8), mapped=False)

    def map(self, size: int) -> HostBuffer:
        """Take page-locked memory that the GPU reads and writes in place: integrated GPUs."""
        with self.used(f'{size} bytes of mapped memory'):
            return HostBuffer(self, self.cuda.pagelocked_empty(
                size, np.uint8, mem_flags=self.cuda.host_alloc_flags.DEVICEMAP), mapped=True)

    def stream(self) -> Stream:
        """Make a stream that does not wait for others."""
        with self.used('a stream'):
            return Stream(self, self.cuda.Stream(_NON_BLOCKING))

    def load(self, binary: Binary) -> None:
        """Load kernels.cu, compiled; its kernels can be launched from now on."""
        with self.used(f'kernels compiled for {binary.target}, on a GPU of compute capability '
                       f'{".".join(map(str, self.facts.capability))}'):
            module = self.cuda.module_from_buffer(binary.image)
            for kernel in KERNELS:
                function = module.get_function(kernel.name)
                self.functions[kernel.name] = function.prepare(kernel.signature)

    def release(self) -> None:
        """Wait for the GPU and give everything back, even after a fault; again does nothing."""
        if self._context is None:
            return
        self._check_thread()
        atexit.unregister(self._release_at_exit)
        self.functions.clear()
        # After a fault every call fails; the context takes its memory with it.
        with suppress(self.cuda.Error):
            self.cuda.Context.synchronize()
        while self._held:
            with suppress(self.cuda.Error, DeviceError):
                self._held[-1].free()
        context, self._context = self._context, None
        with suppress(self.cuda.Error):
            context.pop()
        with suppress(self.cuda.Error):
            context.detach()
        # PyCUDA makes a context current to detach from it, and leaves it so.
        self.driver.forget_context()

    def __enter__(self) -> Device:
        """Return self."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Release the device."""
        self.release()

    def hold(self, held: Held) -> None:
        """Keep something to be freed by release()."""
        self._held.append(held)

    def drop(self, held: Held) -> None:
        """Forget something that is being freed."""
        self._held.remove(held)

    @contextmanager
    def used(self, what: str) -> Iterator[None]:
        """Check that the device may be used, and name `what` failed if PyCUDA raises."""
        if self._context is None:
            raise DeviceError(f'{what}: the GPU has been released')
        self._check_thread()
        with self.explained(what):
            yield

    @contextmanager
    def explained(self, what: str) -> Iterator[None]:
        """Turn PyCUDA's errors into DeviceError."""
        try:
            yield
        except self.cuda.Error as error:
            raise DeviceError(f'{what}: {error}') from error

    def _release_at_exit(self) -> None:
        # PyCUDA aborts the process when a thread ends with a context. Only the main thread can be
        # helped here; others are asked to release.
        with suppress(DeviceError):
            self.release()

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise DeviceError(
                f'the GPU belongs to thread {self._thread}, which opened it, and was used from '
                f'thread {threading.get_ident()} ({threading.current_thread().name})')


def open_device(index: int = 0) -> Device:
    """
    Open the GPU with an index for this thread, with the kernels compiled and loaded.

    :raises DeviceError: where there is no PyCUDA, driver or GPU; says what to do.
    :raises NvrtcError: where the kernels cannot be compiled for it.
    """
    device = Device(index)
    try:
        nvrtc = find_nvrtc(device.facts.driver)
        device.load(nvrtc.compile(
            SOURCE.read_text(encoding='utf-8'), SOURCE.name, device.facts.capability))
    except BaseException:
        device.release()
        raise
    return device


def import_pycuda() -> Any:
    """
    Import pycuda.driver.

    :raises DeviceError: says what is missing and what to do.
    """
    try:
        return importlib.import_module('pycuda.driver')
    except ModuleNotFoundError as error:
        if error.name not in ('pycuda', 'pycuda.driver'):
            raise DeviceError(f'PyCUDA cannot be imported: {error}; pip install {error.name}'
                              ) from error
        raise DeviceError('PyCUDA is not installed: pip install pycuda (needs the headers of the '
                          'CUDA toolkit), or choose backend: onnxruntime') from error
    except ImportError as error:
        if 'libcuda.so' in str(error):
            raise no_driver(error) from error
        raise DeviceError(f'PyCUDA cannot be imported: {error}; if it does not fit this CUDA or '
                          'NumPy: pip install --force-reinstall --no-cache-dir pycuda') from error
