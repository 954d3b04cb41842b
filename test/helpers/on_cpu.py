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

"""The CUDA kernels, and a device and an engine, on the CPU, for their tests."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.cuda_on_cpu.cpu_device import CpuDevice
from helpers.cuda_on_cpu.cpu_engine import CpuEngine
from helpers.cuda_on_cpu.cpu_kernels import address, compiler, load, NO_COMPILER

__all__ = ['GUARD', 'CpuDevice', 'CpuEngine', 'address', 'assert_guarded', 'guarded', 'load',
           'needs_compiler']

needs_compiler = pytest.mark.skipif(compiler() is None, reason=NO_COMPILER)

GUARD = 0xA5
"""What guarded() writes around the arrays it gives."""


def guarded(*shape):
    """Return a uint8 array inside a larger one; the bytes around it must stay as they are."""
    size = int(np.prod(shape))
    around = np.full(size + 128, GUARD, np.uint8)
    return around[64:64 + size].reshape(shape), around


def assert_guarded(array, around):
    inside = slice(64, 64 + array.size)
    assert (np.delete(around, inside) == GUARD).all(), 'wrote outside of its target'
