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
What the vehicle remembers of the ground around it, and what of that lies in its way.

Kept in odometry's frame, in a grid that rolls along with the vehicle. Time is counted in frames'
stamps, each gap as a second at most: clocks that jump, and times in which nothing is judged, make
the memory longer, never shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.corridor.ground_corridor import SweptPath, turned
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.grid import Flags, Grid, Numbers, RESOLUTION
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.memory.ray_fan import RayFan
from seg_node.stop_go.vehicle import Vehicle, Way
from seg_node.stop_go.verdict import Finding, Reason

_LONGEST_GAP = 1.0
"""Seconds between two frames that count, at most; stamps farther back are those of another run."""
_BEYOND = 2.0
"""Metres that are remembered beyond the farthest that the way may come into view."""
_PACE, _STEP, _FARTHEST = 2.0, 0.2, 1.0
"""How fast people walk, m/s, and how far something may seem to move, metres, at least and at most,
between two frames that show the same."""
_LEVER = 2.0
"""Metres from the vehicle at which an error of its turn is reckoned."""


@dataclass(frozen=True)
class Moment:
    """
    A frame's stamp in seconds, and where the vehicle was then; None where odometry does not tell.

    `speed`: the highest that it may have driven at since the frame before, m/s.
    """

    stamp: float
    place: Place | None
    speed: float


@dataclass(frozen=True, eq=False)
class Gone:
    """
    What a frame no longer shows where it stood, nor a step from there.

    `points`: where it stood, float64 [N, 2], metres in odometry's frame; `seen` [N]: when, on the
    memory's clock; `walked` [N]: how far it may have gone since, metres; `came` [N]: whether all
    around was seen to be free before.
    """

    points: Numbers
    seen: Numbers
    walked: Numbers
    came: Flags


@dataclass(frozen=True, eq=False)
class Remembered:
    """
    What is remembered at one moment, to be told.

    `grid` is None before odometry has told a place, `place` is the last one that it told. What
    was seen before `since`, on the memory's clock, is forgotten; `driven` metres of doubt have
    come together. `fresh`: the newest frame is in the grid, as free as it shows the ground to be.
    """

    grid: Grid | None = None
    place: Place | None = None
    since: float = -math.inf
    driven: float = 0.0
    fresh: bool = False

    @property
    def states(self) -> NDArray[np.int8]:
        """Return what is known of the grid's cells: FREE, OCCUPIED or UNKNOWN, [side, side]."""
        assert self.grid is not None
        return self.grid.states(self.since, self.driven)

    @property
    def occupied(self) -> int:
        """Count the cells that hold something."""
        return 0 if self.grid is None else int(np.count_nonzero(self.grid.occupied(self.since)))


class Memory:
    """
    Remember what all cameras of a vehicle saw.

    Not thread-safe but for forget() and the reading of `now`: one thread works on the frames.
    """

    def __init__(self, limits: Limits) -> None:
        """Begin with nothing."""
        self.apply(limits)
        self._grid: Grid | None = None
        self._place: Place | None = None
        self._stamp = -math.inf
        self._clock = self._driven = self._saw = 0.0
        self._forget = False
        self.now = Remembered()
        """Published by one assignment, for other threads."""

    def apply(self, limits: Limits) -> None:
        """Take over limits; what is remembered stays."""
        self.limits = limits.memory
        vehicle = limits.vehicle
        self.reach = (max(vehicle.front, vehicle.rear, vehicle.width) + limits.ground.max_blind
                      + _BEYOND)
        """How far the grid reaches to each side of the vehicle's origin, metres."""

    @property
    def clock(self) -> float:
        """The memory's own time, seconds."""
        return self._clock

    def forget(self) -> None:
        """Forget all at the next frame; may be called from any thread."""
        self._forget = True

    def follow(self, moment: Moment) -> None:
        """Take note of where the vehicle is, or may be, at the next frame of a camera."""
        gap = moment.stamp - self._stamp
        step = min(max(gap, 0.0), _LONGEST_GAP)
        if not -_LONGEST_GAP < gap < 0:
            self._stamp = moment.stamp
        self._clock += step
        if self._forget:
            self._forget, self._grid = False, None
        if self._grid is not None:
            self._driven += self._doubt_of(moment, step)
        if moment.place is not None:
            self._grid = self._grid_at(moment.place)
            self._place = moment.place
        self._tell(False)

    def judge(self, place: Place | None, way: Way, vehicle: Vehicle, room: float, required: float,
              since: float) -> tuple[Finding, ...]:
        """
        Find what is remembered in the vehicle's way, and is not seen at present.

        :param place: of the vehicle; None: where it was last known to be.
        :param room: width of the way that must be free, metres.
        :param required: how far it must be free, metres from the bumper.
        :param since: the clock at which the camera that judges the way saw it last; what it saw
            then is judged by what it sees.
        """
        grid, here = self._grid, place or self._place
        if grid is None or here is None or not self.limits.seconds > 0:
            return ()
        cells = grid.occupied(self._since)
        cells &= grid.seen < since
        if not cells.any():
            return ()
        points = here.to_vehicle(grid.middles(cells))
        bumper = vehicle.bumper_along(way)
        along, across = SweptPath(room, bumper, way.curvature).locate(turned(points, -way.angle))
        doubt = self._driven - grid.driven[cells] + RESOLUTION / 2
        # In a turn the outer corner of the front leaves the way of the origin.
        outer = bumper ** 2 * abs(way.curvature) / 2 * (across * way.curvature < 0)
        within = ((along > bumper - doubt) & (along < bumper + required + doubt)
                  & (np.abs(across) < room / 2 + outer + doubt))
        if not within.any():
            return ()
        nearest = int(np.where(within, along, np.inf).argmin())
        return (self._finding(float(along[nearest] - bumper), float(across[nearest]),
                              self._clock - float(grid.seen[cells][nearest])),)

    def see(self, fan: RayFan | None, feet: Numbers, guesses: Numbers) -> Gone | None:
        """
        Take in what a frame shows, of the place that follow() was given, and return what is gone.

        :param fan: where the ground is free; None where the frame is not to be believed in that.
        :param feet: where something stands, float64 [N, 2], metres in odometry's frame.
        :param guesses: where it may stand, likewise.
        """
        before = self._grid
        if before is None:
            return None
        grid = before if fan is None else before.cleared(
            fan, self._since, self._clock, self._driven)
        walked = float(_walked(self._clock - self._saw))
        self._saw = self._clock
        self._grid = grid = grid.marked(
            feet, guesses, walked, self._since, self._clock, self._driven)
        self._tell(fan is not None)
        cells = before.occupied(self._since) & ~grid.occupied(self._since) & ~grid.followed
        if not cells.any():
            return None
        points, seen = before.middles(cells), before.seen[cells]
        return Gone(points, seen, _walked(self._clock - seen),
                    before.was_free(points, self._since))

    def hold(self, points: Numbers, seen: float) -> None:
        """
        Take something to stand at all of these points, after see().

        :param points: float64 [N, 2], metres in odometry's frame.
        :param seen: the memory's clock when it was last seen, elsewhere.
        """
        if self._grid is not None:
            self._grid = self._grid.held(points, seen, self._since, self._driven)
            self._tell(self.now.fresh)

    def was_free(self, points: Numbers) -> Flags:
        """Tell around which points [N, 2] of odometry's frame all was seen to be free."""
        if self._grid is None:
            return np.zeros(len(points), np.bool_)
        return self._grid.was_free(points, self._since)

    @property
    def _since(self) -> float:
        return self._clock - self.limits.seconds

    def _tell(self, fresh: bool) -> None:
        self.now = Remembered(self._grid, self._place, self._since, self._driven, fresh)

    def _doubt_of(self, moment: Moment, step: float) -> float:
        """Return by how many metres the place is less certain than at the frame before."""
        before, place = self._place, moment.place
        if before is None or place is None or place.leg != before.leg:
            return moment.speed * step
        moved, turned = before.distance(place)
        return self.limits.drift * (moved + _LEVER * turned)

    def _grid_at(self, place: Place) -> Grid:
        """Return the grid around a place; after a jump with what stood around the vehicle."""
        grid, before = self._grid, self._place
        if grid is None or before is None:
            return Grid.around(place.x, place.y, self.reach)
        if place.leg == before.leg and grid.reach == self.reach:
            return grid.rolled(place.x, place.y)
        cells = grid.occupied(self._since)
        points = place.from_vehicle(before.to_vehicle(grid.middles(cells)))
        return grid.carried(cells, points, Grid.around(place.x, place.y, self.reach))

    def _finding(self, ahead: float, left: float, age: float) -> Finding:
        hand = 'left' if left > 0 else 'right'
        seconds = self.limits.seconds
        return Finding(
            Reason.BLOCKED_REMEMBERED,
            f'something that left the picture stood {max(ahead, 0.0):.2f} m ahead, '
            f'{abs(left):.2f} m to the {hand}, {age:.1f} s ago; remembered for {seconds:.1f} s',
            age, seconds)


def _walked(seconds: Numbers | float) -> Numbers:
    """Return how far something may have moved in a time, metres."""
    return np.clip(_PACE * np.asarray(seconds, np.float64), _STEP, _FARTHEST)
