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
from seg_node.stop_go.corridor import Corridor
from seg_node.stop_go.geometry import View

METRES = 'm'
_LOOKS_PER_PIXEL = 2
"""Points along the way that are looked at for each row of pixels."""
_SAMPLES_ACROSS_OBSTACLE = 4
_COLUMNS = (16, 512)
_EDGES = 24


@dataclass(frozen=True)
class GroundLimits:
    """
    What is looked for on the ground, and how far.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_obstacle: float = bounded(0.1, 0.01, 5.0, 'width of the narrowest obstacle, metres')
    obstacle_rows: int = bounded(
        2, 1, 10, 'rows of network pixels that an obstacle must fill to count')
    max_range: float = bounded(40.0, 1.0, 200.0, 'farthest that is looked at, metres')
    pitch_error: float = bounded(
        0.01, 0.0, 0.2, 'error of the pitch to reckon with, calibration and motion, radians')
    max_blind: float = bounded(
        6.0, 0.0, 50.0, 'farthest that the corridor may come into view, metres from the bumper')

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True)
class Way:
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
        Give points on the ground, float64 [S, T, 3], in the vehicle frame.

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


def corridor_on_ground(view: View, way: Way, limits: GroundLimits) -> Corridor:
    """
    Lay a grid over the way ahead: one row for each row of pixels that the middle crosses.

    It begins where its whole width comes into view and ends where one side leaves it, where a
    pixel spans more than the narrowest obstacle, or at `max_range`. Nothing beyond, and nothing
    above the horizon, is part of it. Distances are from the bumper, and the least that they can
    be with a pitch wrong by `pitch_error`: an obstacle may be farther, not nearer.

    :param view: the camera, its intrinsics scaled to the size of the label map.
    :raises ValueError: when the camera does not see the way.
    """
    width, height = view.intrinsics.width, view.intrinsics.height
    half = way.width / 2
    along = _looks(view, way.bumper, limits.max_range)
    guides = view.project(way.points(along, np.array([half, 0.0, -half])))
    seen = _inside(guides, width, height).all(axis=1)
    spread = np.hypot(*(guides[:, 0] - guides[:, 2]).T)
    pixel = way.width / np.where(seen & (spread > 0), spread, np.nan)
    first, last = _first_run(seen & (pixel <= limits.min_obstacle))
    if last - first < 2:
        raise ValueError(
            f'the way ahead, {way.width:.2f} m wide, is not in view within '
            f'{limits.max_range:.0f} m; check mounting, camera_info and vehicle.width')
    steps = first + _row_starts(guides[first:last, 1])
    if len(steps) < 2:
        raise ValueError(
            'the way ahead is in view in a single row; check mounting and camera_info')
    count = int(np.clip(math.ceil(way.width / limits.min_obstacle * _SAMPLES_ACROSS_OBSTACLE),
                        *_COLUMNS))
    spacing = way.width / count
    across = np.asarray(half - (np.arange(count) + 0.5) * spacing, np.float64)
    pixels = np.rint(view.project(way.points(along[steps], across)))
    # The edges are in view; what rounds past the border belongs to the pixel at the border.
    cols = np.clip(np.nan_to_num(pixels[..., 0]), 0, width - 1).astype(np.int32)
    rows = np.clip(np.nan_to_num(pixels[..., 1]), 0, height - 1).astype(np.int32)
    # An obstacle fills at least this many samples, wherever it lies on the pixels.
    run = np.maximum(1, np.floor((limits.min_obstacle - pixel[steps]) / spacing + 1e-9))
    distance = _least_distance(along, view, way, limits.pitch_error)
    chosen = np.unique(np.linspace(first, last - 1, _EDGES).astype(np.int64))
    return Corridor(
        rows, cols, distance[steps].astype(np.float32), run.astype(np.int32),
        float(along[first] - way.bumper), float(distance[last - 1]), METRES, width, height,
        ((guides[chosen][:, ::2] + 0.5) / (width, height)).astype(np.float32),
        distance[chosen].astype(np.float32))


def _looks(view: View, bumper: float, max_range: float) -> NDArray[np.float64]:
    """Give arc lengths from the bumper to `max_range` beyond it, dense in rows of pixels."""
    height, ahead = float(view.pose.position[2]), float(view.pose.position[0])
    if not height > 0:
        raise ValueError(f'the camera is {height:.2f} m over the ground; check its mounting')
    near, far = (math.atan2(height, reach - ahead) for reach in (bumper, bumper + max_range))
    focal = max(view.intrinsics.fx, view.intrinsics.fy)
    count = int(np.clip((near - far) * focal * _LOOKS_PER_PIXEL, 64, 8192))
    looks: NDArray[np.float64] = ahead + height / np.tan(np.linspace(near, far, count))
    return looks


def _inside(pixels: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    u, v = pixels[..., 0], pixels[..., 1]
    inside: NDArray[np.bool_] = (u >= -0.5) & (u < width - 0.5) & (v >= -0.5) & (v < height - 0.5)
    return inside


def _first_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Give begin and end of the first run of True; equal where there is none."""
    if not flags.any():
        return 0, 0
    first = int(flags.argmax())
    rest = ~flags[first:]
    return first, first + int(rest.argmax()) if rest.any() else len(flags)


def _row_starts(middle: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the index of the nearest point in each row of pixels, from projections [S, 2]."""
    row = np.rint(middle[:, 1])
    # Only ever upwards in the picture: past a fold nothing new is seen.
    highest = np.minimum.accumulate(row)
    return np.flatnonzero(np.diff(highest, prepend=highest[0] + 1) < 0)


def _least_distance(along: NDArray[np.float64], view: View, way: Way, pitch_error: float,
                    ) -> NDArray[np.float64]:
    """Give the least distance from the bumper that a point seen at `along` can have, [S]."""
    height, ahead = float(view.pose.position[2]), float(view.pose.position[0])
    reach = np.maximum(along - ahead, 1e-6)
    nearest = height / np.tan(np.minimum(np.arctan2(height, reach) + pitch_error, math.pi / 2))
    distance: NDArray[np.float64] = np.maximum(0.0, along - (reach - nearest) - way.bumper)
    return distance
