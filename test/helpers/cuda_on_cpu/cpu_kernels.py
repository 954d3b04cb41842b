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

"""Run kernels.cu on the CPU: compiled with g++ behind shim.h, called with numpy arrays."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
import shutil
import subprocess
import tempfile

import numpy as np

from seg_node.perception.backends.cuda.kernels import Kernel, KERNELS, Launch, SOURCE

SHIM = Path(__file__).with_name('shim.h')
SANITIZED = ('-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all')
NO_COMPILER = ('g++ is not installed, which runs kernels.cu on the CPU '
               '(Debian, Ubuntu: apt install g++)')

# The intrinsics of shim.h must not be fused, as they are not on a GPU.
_FLAGS = ('-std=c++14', '-O2', '-Wall', '-Wextra', '-Werror', '-ffp-contract=off', '-shared',
          '-fPIC')


def compiler() -> str | None:
    """Return the path of the C++ compiler, None where there is none."""
    return shutil.which('g++')


def address(array: np.ndarray | None) -> int:
    """Return where an array lies, as a kernel gets it."""
    return 0 if array is None else array.ctypes.data


class CpuKernels:
    """The kernels as a shared library."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))

    def run(self, *launches: Launch, backwards: bool = False) -> None:
        """Run launches one after the other, their threads from first to last or backwards."""
        for launch in launches:
            run = self._library[f'run_{launch.kernel.name}']
            run.restype = ctypes.c_bool
            size = (ctypes.c_uint * 6)(*launch.grid, *launch.kernel.block)
            packed = launch.packed()
            spare = bytes(8 * len(launch.arguments))
            if not run(size, ctypes.c_bool(backwards), packed + spare,
                       ctypes.c_size_t(len(packed))):
                raise TypeError(f'{launch.kernel.name}: the parameters in kernels.cu have other '
                                f'types than {launch.kernel.signature!r}')


@cache
def load(*flags: str) -> CpuKernels:
    """Compile and load the kernels, once in a process; raise RuntimeError with g++'s words."""
    with tempfile.TemporaryDirectory(prefix='cuda_on_cpu_') as folder:
        library = Path(folder, 'kernels.so')
        compile_library(library, KERNELS, flags)
        return CpuKernels(library)


def compile_library(library: Path, kernels: tuple[Kernel, ...], flags: tuple[str, ...]) -> None:
    """Compile SOURCE into a shared library that exports the kernels."""
    source = '\n'.join([f'#include "{SHIM}"', f'#include "{SOURCE}"',
                        *(f'RUNS_ON_CPU({kernel.name})' for kernel in kernels)])
    done = subprocess.run(
        [compiler() or 'g++', *_FLAGS, *flags, '-x', 'c++', '-', '-o', str(library)],
        input=source, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f'{SOURCE.name} does not compile with g++:\n{done.stderr}')
