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

"""Freed buffers stay with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Buffers of an image, a hundred times; every page that the kernel hands out is a minor fault.
PROGRAM = """
import ctypes, resource, sys
from seg_node.perception.process_memory import keep_freed_memory
if sys.argv[1] == 'keep' and not keep_freed_memory():
    sys.exit('no such setting')
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
size = 3 * 1920 * 1080
def use():
    buffer = libc.malloc(size)
    ctypes.memset(buffer, 1, size)
    libc.free(buffer)
if sys.argv[1] == 'keep':
    use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100 if sys.argv[1] == 'keep' else 1):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    done = subprocess.run([sys.executable, '-c', PROGRAM, how], capture_output=True, text=True,
                          timeout=60)
    if 'no such setting' in done.stderr:
        pytest.skip('another C library than GNU')
    return int(done.stdout)


def test_a_freed_image_does_not_go_back_to_the_kernel():
    pages = 3 * 1920 * 1080 // 4096
    assert faults('keep') < pages       # of a hundred images, not one was asked for again
    assert faults('leave') >= pages     # which this count would show
