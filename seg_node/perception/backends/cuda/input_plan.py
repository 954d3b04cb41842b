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
Camera frame to network input on the GPU: the definition of the arithmetic, and its tables.

It is that of the CPU path, images/pixels.py and input_scaler.py, and so that of OpenCV
(modules/imgproc/src: color_yuv.simd.hpp, resize.cpp):

1. Each source pixel becomes RGB uint8. YUV is BT.601, limited range, in 20-bit fixed point:
   c = (1220542 max(0, Y - 16) + k_u (U - 128) + k_v (V - 128) + 2^19) >> 20, kept within 0 to 255;
   chroma is that of the pair (4:2:2) or the 2x2 block (4:2:0), not interpolated.
2. As long as a frame is at least twice the network's size in both directions it is halved
   (cv2.INTER_AREA): (sum + 2) >> 2 of each 2x2 block, without the last row or column of an odd
   number.
3. The rest is interpolated (cv2.INTER_LINEAR_EXACT, which OpenCV defines bit by bit): weights in
   1/256, rounded halves to even; both sums exact in 16.16, one rounding at the end, halves up.
   A frame of the network's size has weights of 0 and comes out as it is.

This gives OpenCV's bytes on x86-64 (4.5.5, 4.14 and 5.0 were compared). Its builds for ARM may
differ where Carotene or KleidiCV replace 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seg_node.perception.backends.cuda.kernels import FRAME_TO_INPUT, Launch, Tables
from seg_node.perception.images.errors import MAX_SIDE
from seg_node.perception.images.layout import Layout
from seg_node.perception.input_scaler import halvings

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class InputPlan:
    """How frames of one layout and size become the network's input; made by plan_input()."""

    layout: Layout
    width: int
    height: int
    target_width: int
    target_height: int
    halvings: int
    tables: Tables

    def source_bytes(self, step: int) -> int:
        """
        Return how many bytes of a frame are read whose rows are `step` bytes apart.

        :raises ValueError: for a step that is smaller than a row.
        """
        row = self.width * self.layout.pixel_bytes
        if step < row:
            raise ValueError(f'{self.layout.name} frame of width {self.width} has step {step}; '
                             f'a row takes at least {row} bytes')
        rows = self.height + (self.height // 2 if self.layout.is_planar else 0)
        return (rows - 1) * step + row

    def launch(self, source: int, step: int, tables: int, target: int) -> Launch:
        """
        Return the launch for a frame.

        :param source: address of source_bytes(step) bytes on the device.
        :param tables: address of a copy of `tables.data`.
        :param target: address of uint8 [target_height, target_width, 3], a slice of a batch, say.
        :raises ValueError: for a step that is smaller than a row.
        """
        self.source_bytes(step)
        return FRAME_TO_INPUT.over(self.target_width, self.target_height, arguments=(
            source, step, self.width, self.height, int(self.layout), self.halvings, target,
            self.target_width, self.target_height, *self.tables.addresses(tables)))


def plan_input(layout: Layout, width: int, height: int,
               target_width: int, target_height: int) -> InputPlan:
    """
    Make the tables for a layout and size of frames.

    :raises ValueError: for a size that the layout cannot have, or a side not from 1 to MAX_SIDE.
    """
    _check_size(layout, width, height, target_width, target_height)
    times = halvings((width, height), (target_width, target_height))
    return InputPlan(layout, width, height, target_width, target_height, times, Tables(
        linear_taps(width >> times, target_width), linear_taps(height >> times, target_height)))


def _check_size(layout: Layout, width: int, height: int,
                target_width: int, target_height: int) -> None:
    if not all(1 <= side <= MAX_SIDE for side in (width, height, target_width, target_height)):
        raise ValueError(f'frame {width}x{height} to {target_width}x{target_height}: sides must '
                         f'be from 1 to {MAX_SIDE}')
    across, down = layout.shared
    if width % across or height % down:
        raise ValueError(f'{layout.name} frame is {width}x{height}; chroma is shared by '
                         f'{across}x{down} pixels, so it must be even')


def linear_taps(source: int, target: int) -> NDArray[np.int32]:
    """Return int32 [target, 2]: index of a source pixel and, in 1/256, the weight of the next."""
    place = _scale(source, target) * (np.arange(target) + 0.5) - 0.5
    index = np.floor(place)
    weight = np.rint((place - index) * 256)
    weight[(index < 0) | (index >= source - 1)] = 0
    return np.stack([np.clip(index, 0, source - 1), weight], axis=1).astype(np.int32)


def _scale(source: int, target: int) -> float:
    """Return source pixels per target pixel, rounded twice as OpenCV does."""
    return 1.0 / (target / source)
