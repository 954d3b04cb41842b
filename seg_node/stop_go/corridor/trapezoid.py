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

"""A corridor chosen in the image, for cameras of which nothing is known."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.corridor.corridor import Corridor

SHARE = 'of the corridor'
_MIN_COLUMNS = 64


@dataclass(frozen=True)
class Trapezoid:
    """
    A corridor chosen in the image; values are fractions of its width or height where not said.

    :raises ValueError: names the field, its value and what would fit.
    """

    center: float = bounded(0.5, 0.0, 1.0, 'middle of the corridor, fraction of the width')
    near_width: float = bounded(0.5, 0.01, 1.0, 'width at the near row, fraction of the width')
    far_width: float = bounded(0.12, 0.01, 1.0, 'width at the far row, fraction of the width')
    near_row: float = bounded(0.98, 0.0, 1.0, 'near row, fraction of the height from the top')
    far_row: float = bounded(0.62, 0.0, 1.0, 'far row, fraction of the height from the top')
    min_free_distance: float = bounded(
        0.9, 0.01, 1.0, 'nearest blocked row that still gives GO, share of the corridor')
    min_obstacle: float = bounded(
        0.06, 0.001, 1.0, 'narrowest obstacle that blocks, share of the corridor width there')

    def __post_init__(self) -> None:
        check_bounds(self)
        if not self.far_row < self.near_row:
            raise ValueError(
                f'far_row: {self.far_row:g} must be less than near_row, {self.near_row:g} '
                '(rows count from the top)')
        room = 2 * min(self.center, 1 - self.center)
        for name in ('near_width', 'far_width'):
            width = getattr(self, name)
            if width > room + 1e-9:
                raise ValueError(
                    f'{name}: {width:g} leaves the image, at center {self.center:g} it can be '
                    f'{room:g} at most')


def build_image_corridor(trapezoid: Trapezoid, width: int, height: int) -> Corridor:
    """
    Lay a grid over a trapezoid: one row for each row of pixels, no pixel column left out.

    Distances are shares of the corridor's length in the image, not on the ground.

    :param width: of the label map, px.
    :param height: of the label map, px.
    :raises ValueError: when the map has fewer than two rows inside the trapezoid.
    """
    first = math.ceil(trapezoid.far_row * height - 0.5)
    last = min(math.ceil(trapezoid.near_row * height - 0.5), height)
    if last - first < 2 or width < 1:
        raise ValueError(
            f'far_row: the corridor from row {trapezoid.far_row:g} to '
            f'{trapezoid.near_row:g} has {max(last - first, 0)} rows on a map of '
            f'{width}x{height}; at least 2 are needed, lower far_row')
    pixel_rows = np.arange(last - 1, first - 1, -1)
    along = (trapezoid.near_row - (pixel_rows + 0.5) / height) / (
        trapezoid.near_row - trapezoid.far_row)
    widths = trapezoid.near_width + along * (trapezoid.far_width - trapezoid.near_width)
    widest = max(trapezoid.near_width, trapezoid.far_width) * width
    # One more than the widest row has pixels: a spacing of just one could round past one.
    columns = max(math.ceil(widest) + 1, _MIN_COLUMNS)
    across = (np.arange(columns) + 0.5) / columns - 0.5
    x = (trapezoid.center + widths[:, None] * across) * width
    cols = np.clip(np.floor(x), 0, width - 1).astype(np.int32)
    rows = np.repeat(pixel_rows.astype(np.int32)[:, None], columns, axis=1)
    edges = np.array(
        [[[trapezoid.center - span / 2, row], [trapezoid.center + span / 2, row]]
         for span, row in ((trapezoid.near_width, trapezoid.near_row),
                           (trapezoid.far_width, trapezoid.far_row))], np.float32)
    count = len(pixel_rows)
    run = max(1, math.floor(trapezoid.min_obstacle * columns))
    return Corridor(
        rows, cols, (np.arange(count) / count).astype(np.float32), np.full(count, run, np.int32),
        0.0, 1.0, SHARE, width, height, edges, np.array([0, 1], np.float32))
