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

"""Whether the mounting of a camera can be: its horizon against what is ever seen as path."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math
from statistics import median

from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.verdict import Finding, Reason

_FRAMES = 30
"""Frames over which path above the horizon counts: more than half of them must show it."""
_STEP = 0.2
"""Metres driven from one remembered place to the next."""
_PLACES = 300
_LEAST_DRIVEN = 3.0
"""Metres that must be driven at least before the end of all path is told from a wall."""
_NEARLY_ALL = 0.9
"""Share of the places whose path must end below; the network is wrong at times."""
_SAME = 0.75
"""A wall comes nearer; the end of all path does not, when most of it is at this share at least."""


@dataclass(frozen=True)
class PathHeight:
    """
    How far up one frame shows path; radians over the horizon of the mounting, negative below.

    `top` is where the path that begins before the vehicle ends, None without any; `end` is the
    far end of the corridor. `height` of the lens in metres.
    """

    top: float | None
    end: float
    height: float

    def distance(self, elevation: float) -> float:
        """Return how far away the ground is at an elevation, metres; infinite at the horizon."""
        return self.height / math.tan(-elevation) if elevation < 0 else math.inf


@dataclass
class _Place:
    """What was seen within a step of the way: `driven` metres so far, and the highest top."""

    driven: float
    top: float


class MountingCheck:
    """
    Hold frame after frame of one camera against its mounting. Not thread-safe.

    Two things cannot be on a ground that is about level: path above the horizon, in most of the
    newest frames; and a corridor that reaches far above nearly all path seen, while the vehicle
    has driven as far as that path would reach: a wall would have come nearer. The one
    makes obstacles seem farther than they are, the other lays the corridor into the hills.

    :param limit: radians by which either may be off; slopes ahead are part of it.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._tops: deque[float] = deque(maxlen=_FRAMES)
        self._places: deque[_Place] = deque(maxlen=_PLACES)
        self._driven = 0.0

    def judge(self, sight: PathHeight, driven: float) -> tuple[Finding, ...]:
        """
        Find that the mounting cannot be.

        :param driven: since the frame before, metres.
        """
        self._driven += driven
        if sight.top is not None:
            self._tops.append(sight.top)
            self._remember(sight.top)
        if not self._tops:
            return ()
        return (*self._above_horizon(), *self._below_corridor(sight))

    def _remember(self, top: float) -> None:
        places = self._places
        if places and self._driven - places[-1].driven < _STEP:
            places[-1].top = max(places[-1].top, top)
        else:
            places.append(_Place(self._driven, top))

    def _above_horizon(self) -> tuple[Finding, ...]:
        above = median(self._tops)
        if above <= self._limit:
            return ()
        return (Finding(
            Reason.MOUNTING_DOUBTFUL,
            f'path is seen up to {above:.3f} rad above the horizon of the mounting, limit '
            f'{self._limit:.3f}: it looks down farther than its pitch says, by about that; '
            'check mounting and camera_info; for a slope ahead raise ground.max_horizon_error',
            above, self._limit),)

    def _below_corridor(self, sight: PathHeight) -> tuple[Finding, ...]:
        if sight.end - median(self._tops) <= self._limit:
            self._places.clear()      # it reaches far enough by now, even if nothing moves
        if not self._places:
            return ()
        tops = sorted(place.top for place in self._places)
        highest = tops[int(_NEARLY_ALL * (len(tops) - 1))]
        reach, gap = sight.distance(highest), sight.end - highest
        needed = max(reach, _LEAST_DRIVEN)
        while len(self._places) > 1 and self._driven - self._places[1].driven >= needed:
            self._places.popleft()
        driven = self._driven - self._places[0].driven
        if gap <= self._limit or driven < needed:
            return ()
        if sight.distance(median(tops)) < _SAME * reach:
            return ()
        return (Finding(
            Reason.MOUNTING_DOUBTFUL,
            f'the corridor ends {gap:.3f} rad above the path seen in the {driven:.0f} m driven, '
            f'limit {self._limit:.3f}: it looks down less than its pitch says, or nothing here '
            f'reaches beyond {reach:.1f} m; check mounting and camera_info, or lower '
            'ground.max_range', gap, self._limit),)


class MountingWatch:
    """Hold frames against their mounting, from nothing where that, or a limit, is another."""

    def __init__(self) -> None:
        self._check: tuple[tuple[Limits, View | None], MountingCheck] | None = None

    def judge(self, limits: Limits, view: View | None, sight: PathHeight | None, driven: float,
              ) -> tuple[Finding, ...]:
        """Find that the mounting cannot be, see MountingCheck; nothing without a sight."""
        if sight is None:
            return ()
        if self._check is None or self._check[0] != (limits, view):
            self._check = (limits, view), MountingCheck(limits.ground.max_horizon_error)
        return self._check[1].judge(sight, driven)
