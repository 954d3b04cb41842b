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

"""How the process gets memory for images."""

from __future__ import annotations

import ctypes

# From malloc.h of the GNU C library.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST_ON_HEAP = 32 << 20     # bytes; the maximum that every version takes
_KEPT = 256 << 20


def keep_freed_memory() -> bool:
    """
    Keep freed buffers of the size of images for the next ones.

    The GNU C library asks the kernel for each larger buffer and gives it back when it is freed,
    unless the order of the first ones happens to teach it otherwise. An image passes through
    several such buffers on its way through DDS and rclpy, and the kernel clears every page of
    each: 4 ms a frame of 1280x720, or none, by chance of the start. Call it before they are many.

    :returns: whether the C library has such a setting, which others do not.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_ON_HEAP)
                and mallopt(_M_TRIM_THRESHOLD, _KEPT))
