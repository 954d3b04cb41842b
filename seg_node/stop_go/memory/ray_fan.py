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

"""What one frame shows of the ground around the vehicle, as rays seen from above."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RayFan:
    """
    What one frame shows of the ground, in odometry's frame: rays from the camera's foot point.

    `x`, `y` of the foot point; the rays [A] lie `increment` radians apart, the first at `begin`.
    Each is seen to be free from `start` to `free`, metres; equal where nothing is known.
    """

    x: float
    y: float
    begin: float
    increment: float
    start: NDArray[np.float32]
    free: NDArray[np.float32]

    def shown(self, x: NDArray[np.floating], y: NDArray[np.floating], radius: float,
              ) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """
        Return which circles are in view as a whole, and which of these are free as a whole.

        :param x: of their middles, [W]; y: likewise, [H]; metres in odometry's frame: a circle for
            each x and y.
        :return: the N in view as intp [N], row by row in [H, W]; bool [N].
        """
        x, y = (x - self.x).astype(np.float32), (y - self.y).astype(np.float32)
        size, wide = np.float32(radius), np.float32(self.increment)
        distance = np.sqrt(x * x + (y * y)[:, None])
        # Most lie in no direction that has rays; the others are looked at closely.
        half = min(len(self.free) * self.increment / 2, math.pi)
        ahead = math.cos(self.begin + half) * x + math.sin(self.begin + half) * y[:, None]
        index = np.flatnonzero(ahead >= math.cos(half) * distance - size)
        rows, columns = np.divmod(index, len(x))
        distance = distance.take(index)
        # In turns of the increment from the first ray on, up to a whole turn.
        turn = np.float32(2 * math.pi) / wide
        middle = (np.arctan2(y.take(rows), x.take(columns)) - np.float32(self.begin)) / wide
        span = size / wide / np.maximum(distance, size)
        first = middle - span
        first -= np.floor(first / turn) * turn
        # The directions that no ray has may be fewer than a circle spans; nothing is seen there.
        whole = len(self.free) > turn - 0.5
        in_view = (distance > size) & (whole | (first + 2 * span < len(self.free)))
        count = math.ceil(turn) + 1
        start = np.full(count, self.start[0] if whole else np.inf, np.float32)
        start[:len(self.start)] = self.start
        free = np.full(count, self.free[0] if whole else 0.0, np.float32)
        free[:len(self.free)] = self.free
        is_free = in_view.copy()
        for aside in (-1, 0, 1):
            place = middle + aside * span
            ray = (place - np.floor(place / turn) * turn).astype(np.int32)
            in_view &= start.take(ray) <= distance - size
            is_free &= distance + size <= free.take(ray)
        return index[in_view], is_free[in_view]
