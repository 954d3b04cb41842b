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
The kernels of kernels.cu: names, parameters and launch sizes.

The arithmetic is defined where the tables for it are made, in input_plan.py (camera frame to
network input). It gives a Launch, which runs on a GPU through a Stream, and on a CPU in
test/helpers/cuda_on_cpu.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
import struct
from typing import Any, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE = Path(__file__).with_name('kernels.cu')
"""The CUDA source of all kernels."""

Size = tuple[int, int, int]

_MAX_BLOCKS_HIGH = 65535
"""Of a grid, in y; the limit of every GPU so far."""


@dataclass(frozen=True)
class Kernel:
    """
    A kernel and how it is launched.

    `signature` has a letter of the struct module for each parameter: P pointer, q int64, i int32.
    `block` is the number of threads in x, y and z, each with one element.
    """

    name: str
    parameters: tuple[str, ...]
    signature: str
    block: Size

    def __post_init__(self) -> None:
        if len(self.parameters) != len(self.signature):
            raise ValueError(f'{self.name}: {len(self.parameters)} parameters, '
                             f'{len(self.signature)} letters in {self.signature!r}')

    def over(self, width: int, height: int = 1, *, arguments: tuple[int | float, ...]) -> Launch:
        """
        Launch over width x height elements, each at least 1.

        :param arguments: in the order of `parameters`; pointers as addresses, 0 for null.
        :raises ValueError: names what does not fit.
        """
        if len(arguments) != len(self.signature):
            raise ValueError(f'{self.name}: {len(arguments)} arguments, takes '
                             f'{", ".join(self.parameters)}')
        grid = (-(-width // self.block[0]), -(-height // self.block[1]), 1)
        if width < 1 or not 1 <= grid[1] <= _MAX_BLOCKS_HIGH:
            raise ValueError(f'{self.name}: {width}x{height} elements, must be at least 1x1 and '
                             f'at most {_MAX_BLOCKS_HIGH * self.block[1]} high')
        return Launch(self, grid, arguments)


@dataclass(frozen=True)
class Launch:
    """A kernel with its grid, in blocks, and its arguments."""

    kernel: Kernel
    grid: Size
    arguments: tuple[int | float, ...]

    def packed(self) -> bytes:
        """
        Return the arguments as cuLaunchKernel takes them: each aligned to its own size.

        :raises ValueError: names the kernel and what does not fit its type.
        """
        try:
            return struct.pack(f'@{self.kernel.signature}', *self.arguments)
        except struct.error as error:
            named = dict(zip(self.kernel.parameters, self.arguments, strict=True))
            raise ValueError(f'{self.kernel.name}: {error}; given {named}') from None


class Tables:
    """
    Arrays of 4-byte numbers that a kernel reads, one behind the other for a single copy.

    `data`, uint8 [K], is what is to be copied to the device; empty where a kernel needs none.
    """

    def __init__(self, *arrays: NDArray[Any]) -> None:
        for array in arrays:
            if array.dtype.itemsize != 4:
                raise ValueError(f'table of {array.dtype}: must have 4 bytes for each number')
        parts = [np.ascontiguousarray(array).reshape(-1).view(np.uint8) for array in arrays]
        self.data: NDArray[np.uint8] = np.concatenate([np.empty(0, np.uint8), *parts])
        self._offsets = tuple(accumulate((part.size for part in parts), initial=0))[:-1]

    def addresses(self, base: int) -> tuple[int, ...]:
        """Return the address of each array where `data` lies at `base`, aligned to 4 bytes."""
        return tuple(base + offset for offset in self._offsets)


FRAME_TO_INPUT = Kernel(
    'frame_to_input',
    ('source', 'step', 'width', 'height', 'layout', 'halvings',
     'target', 'target_width', 'target_height', 'columns', 'rows'), 'PqiiiiPiiPP', (32, 8, 1))
"""
Frame to network input; defined in input_plan.py.

source: bytes, `step` from row to row; target: uint8 [target_height, target_width, 3], RGB;
columns: int32 [target_width, 2], rows: int32 [target_height, 2], each (index after `halvings`,
weight of the next).
"""

KERNELS = (FRAME_TO_INPUT,)
"""All kernels of SOURCE."""
