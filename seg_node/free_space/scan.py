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

"""What a frame shows of the ground as a scan around the vehicle's origin, by REP 117."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.free_space.free_space import FreeSpace
from seg_node.stop_go.ground_rays import GroundRays

BEAMS = 720
INCREMENT = 2 * math.pi / BEAMS
ANGLE_MIN = -math.pi
"""All around, whichever way the cameras look: consumers take the angles once and for all."""
RANGE_MIN = 0.01
"""Metres; a nearer range would be no obstacle for those who read scans."""
_STEP = 0.1
"""Metres from one look along a beam to the next."""


@dataclass(frozen=True, eq=False)
class _Beams:
    """
    Looks along the beams that pass over the ground in view, from the origin to `range_max`.

    `beam`, intp [B]: which they are. `ray`, intp [B, S]: the camera's ray at each look;
    `distance`, float32 [B, S]: from the camera's foot point, -inf where the look is not yet in
    view. Beams that come into view too late, or leave it, are left out.
    """

    beam: NDArray[np.intp]
    ray: NDArray[np.intp]
    distance: NDArray[np.float32]

    @classmethod
    def build(cls, rays: GroundRays, range_max: float, max_blind: float) -> _Beams:
        """Look along all beams, and keep those that are in view."""
        angles = ANGLE_MIN + np.arange(BEAMS) * INCREMENT
        reach = np.append(np.arange(_STEP, range_max, _STEP), range_max)
        x = np.cos(angles)[:, None] * reach - rays.origin[0]
        y = np.sin(angles)[:, None] * reach - rays.origin[1]
        distance = np.hypot(x, y).astype(np.float32)
        turn = np.remainder(np.arctan2(y, x) - rays.azimuth[0] + rays.increment / 2, 2 * math.pi)
        ray = np.floor(turn / rays.increment).astype(np.intp)
        within = ray < len(rays.azimuth)
        ray[~within] = 0
        shown = within & (distance >= rays.start[ray])
        # From where it comes into view it must stay in view, and not begin too far off.
        late = ~shown & (distance > max_blind)
        lost = np.maximum.accumulate(shown, axis=1) & ~shown
        kept = np.flatnonzero(shown.any(axis=1) & ~(late | lost).any(axis=1))
        return cls(kept, ray[kept], np.where(shown, distance, np.float32(-np.inf))[kept])


class Scanner:
    """
    Turn what one camera shows into scans. Not thread-safe.

    :param range_max: farthest that is told, metres; the same for all scans.
    """

    def __init__(self, range_max: float) -> None:
        self._range_max = range_max
        self._rays: GroundRays | None = None

    def scan(self, seen: FreeSpace, max_blind: float) -> NDArray[np.float32]:
        """
        Return the ranges float32 [BEAMS] from the vehicle's origin, metres.

        The nearest that stands in each beam; inf where the ground is known to be free from where
        the beam comes into view, `max_blind` metres from the camera at the latest, up to
        `range_max`; NaN where that is not known.
        """
        if self._rays is not seen.rays:
            self._beams = _Beams.build(seen.rays, self._range_max, max_blind)
            self._rays = seen.rays
        beams = self._beams
        clear = beams.distance <= seen.ranges.free.take(beams.ray)
        ranges = np.full(BEAMS, np.nan, np.float32)
        ranges[beams.beam[clear.all(axis=1)]] = np.inf
        x, y = seen.obstacles().T
        distance = np.hypot(x, y).astype(np.float32)
        beam = np.rint((np.arctan2(y, x) - ANGLE_MIN) / INCREMENT).astype(np.intp) % BEAMS
        near = distance <= self._range_max
        np.fmin.at(ranges, beam[near], distance[near])
        return ranges
