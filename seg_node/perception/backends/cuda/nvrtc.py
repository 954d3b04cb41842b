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
Compile CUDA source for a GPU with NVRTC, NVIDIA's compiler as a library.

It needs neither a GPU nor a driver. The library comes with the CUDA toolkit (as on a Jetson) or as
a wheel, nvidia-cuda-nvrtc; it is used through ctypes.
"""

from __future__ import annotations

from collections.abc import Iterator
import ctypes
from dataclasses import dataclass
from functools import cached_property
import os
from pathlib import Path
import re
import sys
from typing import Any

LIBRARY_VARIABLE = 'SEG_NODE_NVRTC'
"""Environment variable with the path of a libnvrtc to use instead of those that are found."""

# The names that libnvrtc has in CUDA 13, 12, and 11.2 to 11.8.
_NAMES = ('libnvrtc.so.13', 'libnvrtc.so.12', 'libnvrtc.so.11.2')
# Below an environment's site-packages (two layouts of wheels), and in the toolkit.
_IN_WHEELS = ('nvidia/cu13/lib', 'nvidia/cuda_nvrtc/lib')
_IN_SYSTEM = ('/usr/local/cuda/lib64', '/usr/local/cuda-*/lib64', '/usr/lib/*-linux-gnu')


class NvrtcError(RuntimeError):
    """NVRTC is missing, cannot compile for a GPU, or found an error in the source."""


@dataclass(frozen=True)
class Binary:
    """
    Compiled source, to be loaded by the driver.

    `target` tells for which GPU: sm_87 is machine code for compute capability 8.7; compute_90 is
    PTX, which the driver translates for 9.0 and later when it is loaded.
    """

    image: bytes
    target: str


class Nvrtc:
    """
    A loaded NVRTC.

    :param library: path or name of the library.
    :raises NvrtcError: if it cannot be loaded.
    """

    def __init__(self, library: str) -> None:
        try:
            self._library = ctypes.CDLL(library)
            self._library.nvrtcGetErrorString.restype = ctypes.c_char_p
        except (OSError, AttributeError) as error:
            raise NvrtcError(f'{library} cannot be loaded as NVRTC: {error}') from error
        self.path = library

    @cached_property
    def version(self) -> tuple[int, int]:
        """Version of CUDA that the library belongs to."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call('nvrtcVersion', ctypes.byref(major), ctypes.byref(minor))
        return major.value, minor.value

    @cached_property
    def architectures(self) -> tuple[int, ...]:
        """Compute capabilities that it knows, increasing; 87 is 8.7."""
        count = ctypes.c_int()
        self._call('nvrtcGetNumSupportedArchs', ctypes.byref(count))
        known = (ctypes.c_int * count.value)()
        self._call('nvrtcGetSupportedArchs', known)
        return tuple(sorted(known))

    def compile(self, source: str, name: str, capability: tuple[int, int]) -> Binary:
        """
        Compile for a compute capability: to machine code, or PTX where the GPU is newer.

        :param name: of the source in messages.
        :raises NvrtcError: with the compiler's log, or for a GPU that is too old.
        """
        wanted = capability[0] * 10 + capability[1]
        known = [each for each in self.architectures if each <= wanted]
        if not known:
            raise NvrtcError(
                f'NVRTC {self._version_text} compiles for compute capability '
                f'{self.architectures[0] / 10} and later, the GPU has {wanted / 10}: install an '
                f'older one (pip install nvidia-cuda-nvrtc-cu12) or set {LIBRARY_VARIABLE}')
        target = f'sm_{wanted}' if known[-1] == wanted else f'compute_{known[-1]}'
        program = ctypes.c_void_p()
        self._call('nvrtcCreateProgram', ctypes.byref(program), source.encode(), name.encode(),
                   0, None, None)
        try:
            self._compile(program, name, target)
            kind = 'CUBIN' if target.startswith('sm_') else 'PTX'
            return Binary(self._read(program, kind), target)
        finally:
            self._call('nvrtcDestroyProgram', ctypes.byref(program))

    def _compile(self, program: ctypes.c_void_p, name: str, target: str) -> None:
        options = [b'--std=c++14', f'--gpu-architecture={target}'.encode()]
        status = self._library.nvrtcCompileProgram(
            program, len(options), (ctypes.c_char_p * len(options))(*options))
        if status:
            log = self._read(program, 'ProgramLog').rstrip(b'\0').decode(errors='replace').strip()
            raise NvrtcError(f'{name} does not compile for {target} with NVRTC '
                             f'{self._version_text} ({self._text(status)}):\n{log}')

    def _read(self, program: ctypes.c_void_p, what: str) -> bytes:
        """Read one of the results of a program."""
        size = ctypes.c_size_t()
        self._call(f'nvrtcGet{what}Size', program, ctypes.byref(size))
        data = ctypes.create_string_buffer(size.value)
        self._call(f'nvrtcGet{what}', program, data)
        return data.raw

    def _call(self, function: str, *arguments: Any) -> None:
        call = getattr(self._library, function, None)
        if call is None:
            raise NvrtcError(f'{self.path} has no {function}: CUDA 11.2 or later is needed')
        status = call(*arguments)
        if status:
            raise NvrtcError(f'{function} of {self.path}: {self._text(status)}')

    def _text(self, status: int) -> str:
        text: bytes = self._library.nvrtcGetErrorString(status)
        return text.decode(errors='replace')

    @property
    def _version_text(self) -> str:
        return '.'.join(str(part) for part in self.version)


def find_nvrtc(driver: tuple[int, int] | None = None) -> Nvrtc:
    """
    Load the newest NVRTC whose code the driver can load, from wheels first.

    :param driver: version of CUDA that the driver is made for; None: it does not matter.
    :raises NvrtcError: tells where it was looked for and what to install.
    """
    chosen = os.environ.get(LIBRARY_VARIABLE)
    if chosen:
        return Nvrtc(chosen)
    # Code of a newer major version is refused by the driver, that of a newer minor one is not.
    fitting = [path for path in candidates() if driver is None or _major(path) <= driver[0]]
    for path in sorted(fitting, key=_major, reverse=True):
        try:
            return Nvrtc(path)
        except NvrtcError:
            continue
    wanted = f' for CUDA {driver[0]}' if driver else ''
    package = 'nvidia-cuda-nvrtc' if not driver or driver[0] >= 13 else (
        f'nvidia-cuda-nvrtc-cu{driver[0]}')
    raise NvrtcError(
        f'NVRTC{wanted} (libnvrtc.so) was not found in the Python environment, the system or the '
        f'CUDA toolkit: pip install {package}, or set {LIBRARY_VARIABLE} to its path')


def candidates() -> Iterator[str]:
    """Return paths and names that a libnvrtc may have here; in the order of preference."""
    for folder in dict.fromkeys(Path(place) for place in sys.path if place):
        for below in _IN_WHEELS:
            yield from map(str, sorted((folder / below).glob('libnvrtc.so.*')))
    yield from _NAMES
    for pattern in _IN_SYSTEM:
        for folder in sorted(Path('/').glob(pattern[1:])):
            yield from map(str, sorted(folder.glob('libnvrtc.so.*')))


def _major(path: str) -> int:
    """Read the major version of CUDA from a library's name, libnvrtc.so.11.2 say."""
    match = re.search(r'\.so\.(\d+)', path)
    return int(match.group(1)) if match else 0
