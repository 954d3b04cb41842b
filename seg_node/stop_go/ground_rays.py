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
What a label map shows along rays on the ground, seen from above.

A thing that stands upright hides what lies behind it on the straight line from the camera's foot
point, where the plumb line through the lens meets the ground. Along such a line the ground is
known up to the first pixel that is no path, and nothing is known behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.corridor.ground_corridor import GroundLimits
from seg_node.stop_go.geometry import View

_ROW, _COLUMN = 0.5, 0.9
"""Pixels that the quickest moves in the image from one sample, or from one ray, to the next."""
_RASTER = 0.75
"""Pixels by which what is free may reach less far than its pixel's middle: half a diagonal."""
LEAST = 0.01
"""Metres; nearer to the camera's foot point is as good as there."""
_GUIDES = 33
_COARSE_TURN, _COARSE_FALL = 360, 181
_FREE, _UNKNOWN, _STANDS = 0, 1, 2
_BESIDE = np.ones((1, 3), np.uint8)
_Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RayRanges:
    """
    What one frame shows along each ray, in metres from the camera's foot point.

    `foot`, float32 [A]: how far the nearest that stands in the way is, as measured; inf for none.
    Where it is the ray's `start`, the thing may begin before it, out of view.
    `free`, float32 [A]: how far the ground is known to be free, from the ray's `start` on; equal
    to it where nothing is. It is the shortest that it can be, and never beyond `foot`. What lies
    before `start`, and what lies beyond `free`, is unknown, but for the foot itself.
    """

    foot: NDArray[np.float32]
    free: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class GroundRays:
    """
    Rays of constant angle increment over the ground that a camera sees, as samples of its map.

    `origin`, float64 [2]: x and y of the camera's foot point in the vehicle frame, metres.
    `azimuth`, float64 [A]: directions in the vehicle frame, radians, increasing by `increment`;
    the last may lie beyond pi. `start` and `end`, float32 [A]: where the ray enters the view and
    leaves it, or `max_range` is reached, metres from the origin; equal for a ray that is not in
    view. `size` is that of the map: height and width. `borders`, float32 [S], increasing: where
    each sample of a ray begins, half a pixel or less from the next, metres from the origin.
    """

    origin: NDArray[np.float64]
    azimuth: NDArray[np.float64]
    increment: float
    start: NDArray[np.float32]
    end: NDArray[np.float32]
    size: tuple[int, int]
    borders: NDArray[np.float32]
    _index: NDArray[np.intp]
    _free_at: NDArray[np.float32]

    @classmethod
    def build(cls, view: View, limits: GroundLimits) -> GroundRays:
        """
        Lay the rays over a view: one for each column at least, two samples for each row.

        :param view: the camera, its intrinsics scaled to the size of the label map.
        :param limits: `max_range` counts from the camera's foot point here. Nothing is known to
            be free where a pixel spans more than `min_obstacle`; how far it is free is the
            shortest that it can be with a pitch wrong by `pitch_error`.
        :raises ValueError: when the camera sees no ground.
        """
        height = float(view.pose.position[2])
        if not height > 0:
            raise ValueError(f'the camera is {height:.2f} m over the ground; check its mounting')
        nearest, farthest = -math.pi / 2, -math.atan2(height, limits.max_range)
        azimuth, elevation = _sampling(
            view, *_seen_sector(view, nearest, farthest), nearest, farthest)
        if min(len(azimuth), len(elevation)) < 2:
            raise ValueError('the camera sees hardly any ground within range; check its mounting')
        pixels = _look(view, azimuth, elevation)
        first, last = _first_run(_inside(pixels, view))
        distance = _reach(elevation, height)
        ends = distance[np.stack([first, np.maximum(last - 1, first)])].astype(np.float32)
        return cls(
            np.array(view.pose.position[:2], np.float64), azimuth, float(azimuth[1] - azimuth[0]),
            ends[0], ends[1], (view.intrinsics.height, view.intrinsics.width),
            _borders(distance), _index(pixels, first, last, view),
            _certain(pixels, azimuth, elevation, first, last, height, limits))

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors [A, 2] along the azimuths."""
        return np.stack([np.cos(self.azimuth), np.sin(self.azimuth)], axis=-1)

    @cached_property
    def steps(self) -> NDArray[np.float32]:
        """How much 1 / distance changes from one sample to the next, [S], 1 / metres."""
        steps: NDArray[np.float32] = np.abs(np.gradient(1 / np.maximum(self.borders, LEAST)))
        return steps

    def measure(self, path: NDArray[np.bool_], stands: NDArray[np.bool_]) -> RayRanges:
        """
        Measure a frame.

        A pixel that is neither is unknown: no foot, and nothing is free behind it.

        :param path: bool [height, width], what may be driven on.
        :param stands: bool [height, width], what is in the way; single wrong pixels left out,
            see `standing()`.
        :raises ValueError: for maps of another shape.
        """
        for name, flags in (('path', path), ('stands', stands)):
            if flags.shape != self.size:
                raise ValueError(f'{name}: {list(flags.shape)} does not fit the rays, which were '
                                 f'built for {list(self.size)}')
        seen = self._states(path, stands).take(self._index)
        rays = np.arange(len(seen))
        # The last sample of every ray is out of view, so there is always one that is not free.
        bound = (seen != _FREE).argmax(axis=1)
        free = self._free_at[rays, np.maximum(bound - 1, 0)]
        standing = seen == _STANDS
        hit = standing.argmax(axis=1)
        foot = np.where(standing[rays, hit], np.maximum(
            self.borders.take(hit, mode='clip'), self.start), np.float32(np.inf))
        return RayRanges(foot, np.where(
            bound == 0, self.start, np.maximum(np.minimum(free, foot), self.start)))

    def _states(self, path: NDArray[np.bool_], stands: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Return the state of each pixel, then of what lies before the view, and behind it."""
        height, width = self.size
        states = np.empty(height * width + 2, np.uint8)
        states[-2:] = _FREE, _UNKNOWN
        doubtful = states[:-2].reshape(self.size)
        # What is thinner than two pixels may lie between a ray and the middle of its pixel.
        cv2.dilate(np.logical_not(path).view(np.uint8), _BESIDE, dst=doubtful)
        # So may what stands just beside the picture.
        doubtful[:, 0] = doubtful[:, -1] = True
        np.maximum(doubtful, stands * np.uint8(_STANDS), out=doubtful)
        return states


def _seen_sector(view: View, nearest: float, farthest: float) -> tuple[float, float]:
    """Return where the directions with ground in view begin, and how far they go on, radians."""
    step = 2 * math.pi / _COARSE_TURN
    azimuth = np.asarray((np.arange(_COARSE_TURN) + 0.5) * step, np.float64)
    pixels = _look(view, azimuth, np.linspace(
        nearest, farthest, _COARSE_FALL, dtype=np.float64))
    hits = np.flatnonzero(_inside(pixels, view).any(axis=1))
    if not len(hits):
        raise ValueError('the camera sees no ground within range; check its mounting')
    # What is seen begins behind the widest gap, whichever way the camera looks.
    gaps = np.diff(hits, append=hits[0] + _COARSE_TURN)
    widest = int(gaps.argmax())
    if gaps[widest] <= 2:
        return -math.pi, 2 * math.pi
    begin = hits[(widest + 1) % len(hits)]
    # A step more on each side: the border lies somewhere between two of the directions.
    return (math.remainder((int(begin) - 1) * step, 2 * math.pi),
            float(_COARSE_TURN - gaps[widest] + 3) * step)


def _sampling(view: View, begin: float, turn: float, nearest: float, farthest: float,
               ) -> tuple[_Floats, _Floats]:
    """Return directions [A] and elevations [S], radians, that leave out no pixel of the ground."""
    focal = max(view.intrinsics.fx, view.intrinsics.fy)
    guides = np.linspace(begin, begin + turn, _GUIDES, dtype=np.float64)
    falls = np.linspace(
        nearest, farthest, max(2, math.ceil((farthest - nearest) * focal * 2)), dtype=np.float64)
    along = _look(view, guides, falls)
    shows = np.flatnonzero(_inside(along, view).any(axis=0))
    part = slice(max(shows[0] - 1, 0), shows[-1] + 2)
    moved = _moved(along[:, part], view).max(axis=0)
    way = np.concatenate([[0.0], np.cumsum(moved)])
    elevation = np.interp(np.arange(0.0, way[-1], _ROW), way, falls[part])
    nudge = 0.1 / focal
    aside = np.stack([along, _look(view, guides + nudge, falls)], axis=2)
    count = math.ceil(turn * float(_moved(aside, view).max()) / nudge / _COLUMN)
    return np.asarray(begin + (np.arange(count) + 0.5) * (turn / count), np.float64), elevation


def _look(view: View, azimuth: _Floats, elevation: _Floats) -> _Floats:
    """Return the pixels [A, S, 2] that look into directions [A] at elevations [S], radians."""
    flat = np.cos(elevation)
    directions = np.stack(np.broadcast_arrays(
        np.cos(azimuth)[:, None] * flat, np.sin(azimuth)[:, None] * flat, np.sin(elevation)), -1)
    return view.intrinsics.project(directions @ view.pose.rotation.T)


def _inside(pixels: _Floats, view: View) -> NDArray[np.bool_]:
    """Tell which pixels [..., 2] are in view."""
    middle = np.rint(pixels)
    inside = (middle >= 0) & (middle < (view.intrinsics.width, view.intrinsics.height))
    return np.asarray(inside.all(axis=-1), np.bool_)


def _moved(pixels: _Floats, view: View) -> _Floats:
    """Return how far pixels [..., S, 2] are from the one before, [..., S - 1]; 0 out of view."""
    inside = _inside(pixels, view)
    moved = np.hypot(*np.moveaxis(np.diff(pixels, axis=-2), -1, 0))
    return np.where(inside[..., 1:] & inside[..., :-1], moved, 0.0)


def _first_run(flags: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return begin and end of the first run of True in each row [A, S]; equal where none is."""
    first = flags.argmax(axis=1)
    ends = ~flags
    ends &= np.arange(flags.shape[1]) > first[:, None]
    last = np.where(ends.any(axis=1), ends.argmax(axis=1), flags.shape[1])
    return first, np.where(flags.any(axis=1), last, first)


def _index(pixels: _Floats, first: NDArray[np.intp], last: NDArray[np.intp], view: View,
           ) -> NDArray[np.intp]:
    """Return where the samples are found in `GroundRays._states()`, [A, S + 1]."""
    width, size = view.intrinsics.width, view.intrinsics.width * view.intrinsics.height
    u, v = np.moveaxis(np.rint(np.nan_to_num(pixels)), -1, 0)
    steps = np.arange(pixels.shape[1])
    # The last sample of every ray is out of view: there is always one that is not free.
    index = np.full((len(pixels), len(steps) + 1), size + 1, np.intp)
    index[:, :-1] = np.where(steps < last[:, None], v * width + u, size + 1)
    index[:, :-1][steps < first[:, None]] = size
    return index


def _reach(elevation: _Floats, height: float) -> _Floats:
    """Return how far from the foot point the ground is met, metres."""
    return np.asarray(height / np.tan(-elevation), np.float64)


def _borders(distance: _Floats) -> NDArray[np.float32]:
    """Return where each sample begins, [S]: halfway from the one before."""
    return np.concatenate(
        [distance[:1], (distance[1:] + distance[:-1]) / 2]).astype(np.float32)


def _certain(pixels: _Floats, azimuth: _Floats, elevation: _Floats, first: NDArray[np.intp],
             last: NDArray[np.intp], height: float, limits: GroundLimits) -> NDArray[np.float32]:
    """Return how far the ground is free at least, [A, S], where a sample is the last free one."""
    with np.errstate(invalid='ignore', divide='ignore'):
        rows = np.hypot(*np.moveaxis(np.gradient(pixels, axis=1), -1, 0))
        slack = _RASTER * np.gradient(elevation) / rows
        columns = np.hypot(*np.moveaxis(np.gradient(pixels, azimuth, axis=0), -1, 0))
    # What cannot be told lies at the foot point, where nothing is free.
    fall = np.nan_to_num(limits.pitch_error + slack - elevation, nan=math.pi / 2)
    reach = _reach(-np.minimum(fall, math.pi / 2), height)
    # Whatever is narrower on the ground than a pixel may not show.
    blurred = ~(_reach(elevation, height) <= limits.min_obstacle * columns)
    steps = np.arange(len(elevation))
    blurred &= (steps >= first[:, None]) & (steps < last[:, None])
    sharp = np.where(blurred.any(axis=1), blurred.argmax(axis=1), len(elevation)) - 1
    limit = np.where(sharp < 0, 0.0, reach[np.arange(len(azimuth)), sharp])
    return np.asarray(np.minimum(reach, limit[:, None]), np.float32)
