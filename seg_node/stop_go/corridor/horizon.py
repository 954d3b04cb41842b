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

"""The directions around the horizon as a grid on a label map, and how far up path is seen."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import View

_BELOW, _ABOVE = 1.2, 0.6
"""Radians below and above the horizon that are looked at."""
_COLUMNS = 128
_WIDEST = 1.3
"""Radians to each side of where the camera looks that are looked at, at most."""
_FEWEST = 2
"""Samples of a row that must show path; a single one may be a wrong pixel."""


@dataclass(frozen=True, eq=False)
class HorizonGrid:
    """
    Directions from a camera, as samples on its label map: each row lies at one elevation.

    `elevation`, float64 [E], radians over the horizon, increasing by a pixel's worth; `index`,
    intp [E, A], into the flattened map, and `inside`, bool [E, A], where the direction is in view.
    """

    elevation: NDArray[np.float64]
    index: NDArray[np.intp]
    inside: NDArray[np.bool_]

    @classmethod
    def build(cls, view: View) -> HorizonGrid:
        """
        Lay the grid over a view.

        :param view: the camera, its intrinsics scaled to the size of the label map.
        """
        intrinsics, pose = view.intrinsics, view.pose
        width, height = intrinsics.width, intrinsics.height
        step = 1 / max(intrinsics.fx, intrinsics.fy)
        elevation = np.asarray(np.arange(-_BELOW, _ABOVE, step), np.float64)
        x, y, _ = pose.rotation[2]
        side = min(math.atan(width / intrinsics.fx), _WIDEST)
        azimuth = math.atan2(y, x) + np.linspace(-side, side, _COLUMNS)
        up, turn = elevation[:, None], azimuth[None, :]
        directions = np.stack(
            [np.cos(up) * np.cos(turn), np.cos(up) * np.sin(turn),
             np.broadcast_to(np.sin(up), (len(elevation), _COLUMNS))], axis=-1)
        pixels = intrinsics.project(directions @ pose.rotation.T)
        with np.errstate(invalid='ignore'):
            u, v = np.moveaxis(np.rint(pixels), -1, 0)
            inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
        index = np.where(inside, v * width + u, 0).astype(np.intp)
        return cls(elevation, index, inside)

    def top(self, path: NDArray[np.bool_]) -> float | None:
        """
        Return the elevation in radians up to which path is seen from the nearest on, without gap.

        :param path: bool [height, width] of the view.
        :returns: None without path.
        """
        shows = np.count_nonzero(path.reshape(-1).take(self.index) & self.inside, axis=1)
        rows = shows >= _FEWEST
        if not rows.any():
            return None
        begin = int(rows.argmax())
        ends = ~rows[begin:]
        count = int(ends.argmax()) if ends.any() else len(ends)
        return float(self.elevation[begin + count - 1])
