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

"""Pinhole camera above a flat ground, in the vehicle's frame."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_RANGE_M = 2000.0


@dataclass(frozen=True)
class GroundRows:
    """
    The image's rows that show the ground, from far to near.

    Without roll, every pixel of a row lies at one forward distance, and its lateral position is
    linear in the column: y = -(u - cx) * lateral_per_px.

    first_row: index of the first (farthest) row. forward: float32 [R], metres.
    lateral_per_px: float32 [R], metres per pixel. depth_per_row: float32 [R], metres per row.
    """

    first_row: int
    forward: NDArray[np.float32]
    lateral_per_px: NDArray[np.float32]
    depth_per_row: NDArray[np.float32]


@dataclass(frozen=True)
class Camera:
    """
    A pinhole camera without distortion, roll or yaw.

    Vehicle frame (REP 103): origin on the ground below the camera, x forward, y left, z up, in
    metres. Pixel frame: u right, v down; integer coordinates are pixel centres. A positive
    pitch_rad looks down.
    """

    width: int
    height: int
    focal_px: float
    height_m: float
    pitch_rad: float

    def __post_init__(self) -> None:
        """Refuse what cannot be a camera above the ground."""
        if self.width < 1 or self.height < 1:
            raise ValueError(f'camera: size {self.width}x{self.height}, needs at least 1x1')
        if not (self.focal_px > 0.0 and math.isfinite(self.focal_px)):
            raise ValueError(f'camera: focal_px {self.focal_px}, needs a positive number')
        if not (self.height_m > 0.0 and math.isfinite(self.height_m)):
            raise ValueError(f'camera: height_m {self.height_m}, needs a positive number')
        if not abs(self.pitch_rad) < math.pi / 2:
            raise ValueError(f'camera: pitch_rad {self.pitch_rad}, needs -pi/2 to pi/2')

    @classmethod
    def from_fov(
        cls, width: int, height: int, fov_rad: float, height_m: float, pitch_rad: float
    ) -> Camera:
        """Make a camera from its horizontal field of view, in radians."""
        return cls(width, height, width / (2.0 * math.tan(fov_rad / 2.0)), height_m, pitch_rad)

    @property
    def cx(self) -> float:
        """Column of the principal point, in pixels."""
        return (self.width - 1) / 2.0

    @property
    def cy(self) -> float:
        """Row of the principal point, in pixels."""
        return (self.height - 1) / 2.0

    @property
    def horizon_row(self) -> float:
        """Row of the horizon, in pixels; may lie outside the image."""
        return self.cy - self.focal_px * math.tan(self.pitch_rad)

    def project(
        self, x: ArrayLike, y: ArrayLike, z: ArrayLike = 0.0
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project points of the vehicle frame to pixels (u, v); NaN where behind the camera."""
        x, y, z = np.broadcast_arrays(
            np.asarray(x, float), np.asarray(y, float), np.asarray(z, float)
        )
        cos_p, sin_p = math.cos(self.pitch_rad), math.sin(self.pitch_rad)
        below = self.height_m - z
        depth = x * cos_p + below * sin_p
        depth = np.where(depth > 1e-6, depth, np.nan)
        u = self.cx - self.focal_px * y / depth
        v = self.cy + self.focal_px * (below * cos_p - x * sin_p) / depth
        return u, v

    def pixel_to_ground(
        self, u: ArrayLike, v: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the ground point (x, y) that pixels show; NaN on or above the horizon."""
        u, v = np.broadcast_arrays(np.asarray(u, float), np.asarray(v, float))
        cos_p, sin_p = math.cos(self.pitch_rad), math.sin(self.pitch_rad)
        down = (v - self.cy) / self.focal_px
        fall = sin_p + down * cos_p
        reach = self.height_m / np.where(fall > 1e-9, fall, np.nan)
        return reach * (cos_p - down * sin_p), -reach * (u - self.cx) / self.focal_px

    def forward_per_depth(self) -> NDArray[np.float64]:
        """Return how far ahead each metre of depth along the optical axis leads, by rows [H]."""
        down = (np.arange(self.height) - self.cy) / self.focal_px
        return np.asarray(math.cos(self.pitch_rad) - down * math.sin(self.pitch_rad), np.float64)

    def ground_depth(self) -> NDArray[np.float32]:
        """Return the depth of flat ground by rows, float32 [H], metres; NaN above the horizon."""
        forward, _ = self.pixel_to_ground(self.cx, np.arange(self.height))
        return (forward / self.forward_per_depth()).astype(np.float32)

    def ground_rows(self) -> GroundRows:
        """Return the rows that show the ground nearer than MAX_RANGE_M."""
        rows = np.arange(self.height)
        forward, _ = self.pixel_to_ground(self.cx, rows)
        _, lateral = self.pixel_to_ground(self.cx - 1.0, rows)
        visible = np.flatnonzero(forward < MAX_RANGE_M)
        first = int(visible[0]) if visible.size else self.height
        depth = np.abs(np.diff(forward[first:], append=np.nan))
        if depth.size:
            depth[-1] = depth[-2] if depth.size > 1 else 0.0
        return GroundRows(
            first,
            forward[first:].astype(np.float32),
            lateral[first:].astype(np.float32),
            depth.astype(np.float32),
        )
