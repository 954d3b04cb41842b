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

"""The ground ahead from above, as KITTI's road benchmark scores it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import View

Value = TypeVar('Value', bound=np.generic)

NEAR, FAR = 6.0, 46.0
"""Metres ahead of the camera. Fritsch, Kuehnl and Geiger, ITSC 2013, section IV."""
ASIDE = 10.0
"""Metres to either side."""
CELL = 0.05
"""Side of a cell, metres; 400 x 800 of them."""


class BirdsEye:
    """
    Where the cells of a flat ground lie in a camera's images.

    Each cell takes the nearest pixel. Cells that are not in the image are left out.

    :param view: the camera and its mounting.
    :param width: of the maps that are looked up, px; the view is scaled to them.
    :param height: of the maps, px.
    """

    def __init__(self, view: View, width: int, height: int) -> None:
        self._size = height, width
        ahead, left = view.pose.position[0], view.pose.position[1]
        heading = view.pose.rotation[2, :2]
        forward = heading / np.hypot(*heading)
        along = NEAR + (np.arange(round((FAR - NEAR) / CELL)) + 0.5) * CELL
        across = (np.arange(round(2 * ASIDE / CELL)) + 0.5) * CELL - ASIDE
        s, t = np.meshgrid(along, across, indexing='ij')
        ground = np.stack([
            ahead + s * forward[0] - t * forward[1], left + s * forward[1] + t * forward[0],
            np.zeros_like(s)], axis=-1)
        pixels = np.rint(view.scaled(width, height).project(ground))
        with np.errstate(invalid='ignore'):
            u, v = pixels[..., 0], pixels[..., 1]
            seen = (u >= 0) & (u < width) & (v >= 0) & (v < height)
        self._place = (v[seen] * width + u[seen]).astype(np.intp)

    @property
    def cells(self) -> int:
        """How many cells are in the image."""
        return len(self._place)

    def of(self, values: NDArray[Value]) -> NDArray[Value]:
        """
        Return the cells in the image, [1, N], of a map [height, width].

        :raises ValueError: for a map of another size.
        """
        if values.shape != self._size:
            raise ValueError(f'map: {list(values.shape)}, was built for {list(self._size)}')
        cells: NDArray[Value] = values.reshape(-1)[self._place][None]
        return cells
