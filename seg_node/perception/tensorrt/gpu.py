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

"""What GPU there is, asked of the driver: an engine serves the very one it was built on."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

DRIVER = 'libcuda.so.1'
JETSON_RELEASE = Path('/etc/nv_tegra_release')

# CUdevice_attribute in cuda.h
_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76
_NO_DEVICE = 100


class GpuError(RuntimeError):
    """There is no GPU that CUDA can use; the message says why."""


@dataclass(frozen=True)
class Gpu:
    """A GPU. driver: newest CUDA version that it serves, and the release of a Jetson's system."""

    name: str
    compute_capability: str
    driver: str


NO_GPU = Gpu('none', 'none', 'none')
"""Stands in keys for machines where TensorRT for RTX builds engines without a GPU."""


def find_gpu(ordinal: int = 0) -> Gpu:
    """Return a GPU by its number in CUDA's order; GpuError where there is none."""
    try:
        cuda = ctypes.CDLL(DRIVER)
    except OSError as error:
        raise GpuError(f'no NVIDIA driver ({error}): install it; in a container start it with '
                       f'--runtime nvidia') from None
    status = cuda.cuInit(0)
    if status:
        why = 'it finds no GPU' if status == _NO_DEVICE else f'CUDA error {status}'
        raise GpuError(f'the NVIDIA driver does not start ({why}): see nvidia-smi; in a '
                       f'container start it with --runtime nvidia')
    device = ctypes.c_int()
    if cuda.cuDeviceGet(ctypes.byref(device), ctypes.c_int(ordinal)):
        raise GpuError(f'no GPU {ordinal}: see nvidia-smi -L')
    name = ctypes.create_string_buffer(256)
    cuda.cuDeviceGetName(name, ctypes.c_int(len(name)), device)
    numbers = []
    for attribute in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR):
        value = ctypes.c_int()
        cuda.cuDeviceGetAttribute(ctypes.byref(value), ctypes.c_int(attribute), device)
        numbers.append(value.value)
    version = ctypes.c_int()
    cuda.cuDriverGetVersion(ctypes.byref(version))
    return Gpu(name.value.decode(errors='replace'), '.'.join(map(str, numbers)),
               f'CUDA {version.value // 1000}.{version.value % 1000 // 10}{_jetson_release()}')


def _jetson_release() -> str:
    """Give e.g. ', R36 (release), REVISION: 4.3' on a Jetson, else ''."""
    try:
        line = JETSON_RELEASE.read_text(encoding='utf-8', errors='replace').splitlines()[0]
    except (OSError, IndexError):
        return ''
    return ', ' + ','.join(line.lstrip('# ').split(',')[:2])
