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

"""A corridor on the ground, in metres, seen by a calibrated camera."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.corridor.corridor import Corridor
from seg_node.stop_go.geometry import View

METRES = 'm'
_SAMPLES_ACROSS_OBSTACLE = 4
_COLUMNS = (16, 8192)
_ROW = 0.9
"""Pixels that the way moves in the image from one row of samples to the next."""
_RASTER = 2
"""Rows by which an obstacle may seem farther than it is: its own pixel's, and the sample's."""
_MAX_TURN = math.pi / 2
"""Radians; an arc that turns farther comes back."""
_EDGES = 24
_STRAIGHT = 1e-6
"""Curvature in 1/m below which the way is straight, for the precision of the numbers."""


@dataclass(frozen=True)
class GroundLimits:
    """
    What is looked for on the ground, and how far.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_obstacle: float = bounded(0.1, 0.01, 5.0, 'width of the narrowest obstacle, metres')
    obstacle_rows: int = bounded(
        2, 1, 10, 'height of an obstacle in pixels of the network, to count')
    max_range: float = bounded(40.0, 1.0, 200.0, 'farthest that is looked at, metres')
    pitch_error: float = bounded(
        0.01, 0.0, 0.2, 'error of the pitch to reckon with, calibration and motion, radians')
    max_blind: float = bounded(
        6.0, 0.0, 50.0, 'farthest that the corridor may come into view, metres from the bumper')
    max_horizon_error: float = bounded(
        0.03, 0.005, 1.6, 'how far path may be seen above the horizon, or the corridor reach '
        'above all path ever seen, before the mounting is in doubt, radians')

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class SweptPath:
    """
    Where the vehicle will drive: an arc from its frame's origin.

    `width` in metres with the margins; `bumper` is the front of the vehicle ahead of the origin
    in metres; `curvature` in 1/m, positive to the left.
    """

    width: float
    bumper: float = 0.0
    curvature: float = 0.0

    def points(self, along: NDArray[np.float64], across: NDArray[np.float64]
               ) -> NDArray[np.float64]:
        """
        Return points on the ground, float64 [S, T, 3], in the vehicle frame.

        :param along: arc lengths from the origin, float64 [S], metres.
        :param across: offsets to the left of the way, float64 [T], metres.
        """
        turned = self.curvature * along
        # sinc keeps the straight way and the gentle curve exact: sin(k s) / k = s sinc(k s).
        middle_x = along * np.sinc(turned / math.pi)
        middle_y = along * np.sinc(turned / (2 * math.pi)) * np.sin(turned / 2)
        x = middle_x[:, None] - across * np.sin(turned)[:, None]
        y = middle_y[:, None] + across * np.cos(turned)[:, None]
        return np.stack([x, y, np.zeros_like(x)], axis=-1)

    def locate(self, points: NDArray[np.float64]
               ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return arc lengths [N] and offsets to the left [N] of points [N, 2]; as points()."""
        x, y = points[:, 0], points[:, 1]
        if abs(self.curvature) < _STRAIGHT:
            return x, y
        radius, side = 1 / abs(self.curvature), math.copysign(1.0, self.curvature)
        inward = radius - side * y
        return (np.asarray(radius * np.arctan2(x, inward), np.float64),
                np.asarray(side * (radius - np.hypot(x, inward)), np.float64))


def turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return points [N, 2] turned about the origin, radians to the left."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]), np.float64)


def build_ground_corridor(view: View, path: SweptPath, limits: GroundLimits) -> Corridor:
    """
    Build a grid over the swept path: a row of samples for each pixel that it moves in the image.

    It begins where its whole width comes into view and ends where one side leaves it, where a
    pixel spans more than the narrowest obstacle, after a quarter of a turn, or at `max_range`.
    Nothing beyond, and nothing above the horizon, is part of it. Distances are from the bumper,
    and the shortest possible with a pitch wrong by `pitch_error`: an obstacle may be farther,
    not nearer.

    :param view: the camera, its intrinsics scaled to the size of the label map.
    :raises ValueError: when the camera does not see the way.
    """
    width, height = view.intrinsics.width, view.intrinsics.height
    half = path.width / 2
    looks = _looks(view, path, limits.max_range)
    guides = view.project(path.points(looks, np.array([half, 0.0, -half])))
    seen = _inside(guides, width, height).all(axis=1)
    spread = np.hypot(*(guides[:, 0] - guides[:, 2]).T)
    pixel = path.width / np.where(seen & (spread > 0), spread, np.nan)
    first, last = _first_run(seen & (pixel <= limits.min_obstacle))
    if last - first < 2 or not guides[first, 1, 1] > guides[last - 1, 1, 1]:
        raise ValueError(
            f'the way ahead, {path.width:.2f} m wide, is not in view within '
            f'{limits.max_range:.0f} m; check mounting, camera_info and vehicle.width')
    part = slice(first, last)
    moved = _movement(guides[part])
    along = np.interp(np.arange(0.0, moved[-1], _ROW), moved, looks[part])
    count = int(np.clip(math.ceil(path.width / limits.min_obstacle * _SAMPLES_ACROSS_OBSTACLE),
                        *_COLUMNS))
    spacing = path.width / count
    across = np.asarray(half - (np.arange(count) + 0.5) * spacing, np.float64)
    pixels = np.nan_to_num(view.project(path.points(along, across)))
    # The edges are in view; what rounds past the border belongs to the pixel at the border. A
    # thing that stands on a point shows from the pixel on whose middle lies above that point.
    cols = np.clip(np.rint(pixels[..., 0]), 0, width - 1).astype(np.int32)
    rows = np.clip(np.floor(pixels[..., 1]), 0, height - 1).astype(np.int32)
    # An obstacle fills at least this many samples, wherever it lies on the pixels.
    narrowest = limits.min_obstacle - np.interp(along, looks[part], pixel[part])
    run = np.clip(np.floor(narrowest / spacing + 1e-9), 1, count)
    nearest = _min_distance(along, view, path, limits.pitch_error)
    # What stands in the last rows may show only beyond them.
    length = float(nearest[max(len(along) - 1 - 2 * _RASTER, 0)])
    shifted = np.minimum(nearest[np.maximum(np.arange(len(along)) - _RASTER, 0)], length)
    chosen = np.unique(np.linspace(first, last - 1, _EDGES).astype(np.int64))
    return Corridor(
        rows, cols, shifted.astype(np.float32), run.astype(np.int32),
        float(looks[first] - path.bumper), length, METRES, width, height,
        ((guides[chosen][:, ::2] + 0.5) / (width, height)).astype(np.float32),
        _min_distance(looks[chosen], view, path, limits.pitch_error).astype(np.float32))


def _looks(view: View, path: SweptPath, max_range: float) -> NDArray[np.float64]:
    """Return arc lengths from the bumper on, twice as dense as the image's rows."""
    height, ahead = float(view.pose.position[2]), float(view.pose.position[0])
    if not height > 0:
        raise ValueError(f'the camera is {height:.2f} m over the ground; check its mounting')
    end = path.bumper + max_range
    if path.curvature:
        end = min(end, max(path.bumper, 0.0) + _MAX_TURN / abs(path.curvature))
    near, far = (math.atan2(height, reach - ahead) for reach in (path.bumper, end))
    focal = max(view.intrinsics.fx, view.intrinsics.fy)
    count = int(np.clip(2 * (near - far) * focal, 64, 4096))
    looks: NDArray[np.float64] = ahead + height / np.tan(np.linspace(near, far, count))
    return looks


def _movement(guides: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far the quickest of the guides [S, G, 2] has moved so far, pixels [S]."""
    steps = np.hypot(*np.moveaxis(np.diff(guides, axis=0), -1, 0)).max(axis=1)
    return np.asarray(np.concatenate([[0.0], np.cumsum(steps)]), np.float64)


def _inside(pixels: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    u, v = pixels[..., 0], pixels[..., 1]
    inside: NDArray[np.bool_] = (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
    return inside


def _first_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Return begin and end of the first run of True; equal where there is none."""
    if not flags.any():
        return 0, 0
    first = int(flags.argmax())
    rest = ~flags[first:]
    return first, first + int(rest.argmax()) if rest.any() else len(flags)


def _min_distance(along: NDArray[np.float64], view: View, path: SweptPath, pitch_error: float,
                  ) -> NDArray[np.float64]:
    """Return the least distance from the bumper that a point seen at `along` can have, [S]."""
    height, ahead = float(view.pose.position[2]), float(view.pose.position[0])
    reach = np.maximum(along - ahead, 1e-6)
    nearest = height / np.tan(np.minimum(np.arctan2(height, reach) + pitch_error, math.pi / 2))
    distance = np.maximum(0.0, along - (reach - nearest) - path.bumper)
    # Increasing, but for the precision of the numbers.
    return np.asarray(np.maximum.accumulate(distance), np.float64)
