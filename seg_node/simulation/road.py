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

"""The road: its centre line as a function of arc length, and its cross-section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.materials import Material
from seg_node.simulation.textures import Texture

STEP_M = 0.25
# Beyond this heading relative to the vehicle a row of the image no longer crosses the road
# at one well-defined point; the rest of the road is left out.
_MIN_COS = 0.3
FAR_AWAY_M = 1e4

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Pose:
    """A pose in the world: x, y in metres, yaw in radians, counter-clockwise from x."""

    x: float
    y: float
    yaw: float


@dataclass(frozen=True)
class Crossing:
    """Where the image's rows cross the centre line; float32 [R] each, vehicle frame."""

    lateral: NDArray[np.float32]
    heading: NDArray[np.float32]
    s: NDArray[np.float32]
    curvature: NDArray[np.float32]


@dataclass(frozen=True)
class CentreLine:
    """A centre line sampled every STEP_M of arc length; world frame; float64 [N] each."""

    s: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    heading: NDArray[np.float64]
    curvature: NDArray[np.float64]

    @classmethod
    def from_curvature(cls, curvature: Curve, start_m: float, end_m: float) -> CentreLine:
        """Integrate a curvature (1/m, positive turns left) over s; at s = 0 it is the x axis."""
        if not start_m <= 0.0 < end_m:
            raise ValueError(f'road: {start_m} to {end_m} m, needs to contain s = 0')
        count = int(math.ceil((end_m - start_m) / STEP_M)) + 1
        zero = int(round(-start_m / STEP_M))
        s: NDArray[np.float64] = np.arange(-zero, count - zero).astype(np.float64) * STEP_M
        kappa = np.asarray(curvature(s), np.float64)
        heading = _integral(kappa, zero)
        return cls(
            s, _integral(np.cos(heading), zero), _integral(np.sin(heading), zero), heading, kappa)

    def pose(self, s: float, lateral_m: float = 0.0, yaw_rad: float = 0.0) -> Pose:
        """Return the pose at arc length s, `lateral_m` to the left, turned by `yaw_rad`."""
        heading = float(np.interp(s, self.s, self.heading))
        x = float(np.interp(s, self.s, self.x)) - lateral_m * math.sin(heading)
        y = float(np.interp(s, self.s, self.y)) + lateral_m * math.cos(heading)
        return Pose(x, y, heading + yaw_rad)

    def locate(self, x: float, y: float) -> tuple[float, float]:
        """Return arc length and lateral offset (s, d) of a world point, in metres."""
        index = int(np.argmin((self.x - x) ** 2 + (self.y - y) ** 2))
        dx, dy = x - self.x[index], y - self.y[index]
        cos_h, sin_h = math.cos(self.heading[index]), math.sin(self.heading[index])
        along = dx * cos_h + dy * sin_h
        across = dy * cos_h - dx * sin_h
        return float(self.s[index] + along), float(
            across - 0.5 * self.curvature[index] * along ** 2)

    def crossing(self, pose: Pose, forward: NDArray[np.float32]) -> Crossing:
        """
        Cross the centre line with lines across the vehicle's way, `forward` metres ahead.

        Where the road turns away by more than about 70 degrees, `lateral` is FAR_AWAY_M.
        """
        cos_y, sin_y = math.cos(pose.yaw), math.sin(pose.yaw)
        dx, dy = self.x - pose.x, self.y - pose.y
        ahead = dx * cos_y + dy * sin_y
        aside = dy * cos_y - dx * sin_y
        turned = self.heading - pose.yaw
        usable = np.cos(turned) > _MIN_COS
        near = int(np.argmin(dx ** 2 + dy ** 2))
        gaps = np.flatnonzero(~usable)
        first = int(gaps[gaps < near].max(initial=-1)) + 1
        last = int(gaps[gaps >= near].min(initial=len(usable)))
        if last - first < 2:
            nothing = np.zeros_like(forward)
            return Crossing(nothing + np.float32(FAR_AWAY_M), nothing, nothing, nothing)
        part = slice(first, last)
        known = ahead[part]

        def at(values: NDArray[np.float64], outside: float) -> NDArray[np.float32]:
            return np.interp(forward, known, values[part], left=outside, right=outside).astype(
                np.float32)

        return Crossing(
            at(aside, FAR_AWAY_M), at(turned, 0.0), at(self.s, 0.0), at(self.curvature, 0.0))


def _integral(values: NDArray[np.float64], zero: int) -> NDArray[np.float64]:
    total = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) * (STEP_M / 2.0))])
    return np.asarray(total - total[zero])


@dataclass(frozen=True)
class PaintedLine:
    """A painted line along the road; a gap of 0 m makes it solid. Offsets left of the centre."""

    offset_m: float
    width_m: float = 0.12
    dash_m: float = 3.0
    gap_m: float = 0.0


@dataclass(frozen=True)
class SideRoad:
    """A road that joins from the left (side 1) or the right (side -1) at s."""

    s: float
    width_m: float
    side: int


@dataclass(frozen=True)
class Bump:
    """
    A speed bump across the road, centred at s; unless striped it has the colour of its road.

    colors: BGR of the stripes, which are stripe_m wide.
    """

    s: float
    length_m: float = 0.9
    striped: bool = True
    colors: tuple[tuple[int, int, int], tuple[int, int, int]] = ((40, 180, 225), (45, 45, 48))
    stripe_m: float = 0.5


@dataclass(frozen=True)
class Sidewalk:
    """A sidewalk behind a kerb on the left (side 1) or the right (side -1)."""

    side: int
    width_m: float
    kerb_m: float = 0.15


@dataclass(frozen=True)
class Profile:
    """
    The road's cross-section and what is painted on it; metres.

    A width of 0 makes a world without a road. edge_m: how far the road's edge wanders.
    end_s: arc length at which the road stops; `beyond` lies behind it.
    """

    width_m: float
    edge_m: float = 0.05
    end_s: float = math.inf
    beyond: Material | Texture | None = None
    lines: tuple[PaintedLine, ...] = ()
    paint_bgr: tuple[int, int, int] = (225, 228, 230)
    wear: float = 0.3
    crossings: tuple[float, ...] = ()
    sidewalks: tuple[Sidewalk, ...] = ()
    side_roads: tuple[SideRoad, ...] = ()
    bumps: tuple[Bump, ...] = field(default=())
