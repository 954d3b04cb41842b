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

"""The orders in which pixels lie in memory."""

from __future__ import annotations

from enum import IntEnum


class Layout(IntEnum):
    """Orders that are read as they come; the numbers are those of kernels.cu."""

    BGR8 = 0
    RGB8 = 1
    BGRA8 = 2
    RGBA8 = 3
    MONO8 = 4
    YUYV = 5
    UYVY = 6
    NV12 = 7
    NV21 = 8

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a row for each pixel; of the luma's row for NV12 and NV21."""
        return (3, 3, 4, 4, 1, 2, 2, 1, 1)[self]

    @property
    def is_planar(self) -> bool:
        """Whether a plane of chroma, half as high, follows the rows of luma."""
        return self in (Layout.NV12, Layout.NV21)

    @property
    def shared(self) -> tuple[int, int]:
        """How many pixels side by side, and one below the other, have one chroma."""
        if self.is_planar:
            return 2, 2
        return (2, 1) if self in (Layout.YUYV, Layout.UYVY) else (1, 1)
