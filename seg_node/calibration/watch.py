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

"""Where a camera sits, while the vehicle drives: the same estimate, a pair of images at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from seg_node.calibration.drive import combined, ENOUGH, PairEstimate, STRAIGHT
from seg_node.calibration.estimate import angles_of, CalibrationError, Estimate
from seg_node.calibration.ground_motion import GroundMotion
from seg_node.calibration.image_pair import motion_of
from seg_node.calibration.pinhole import Grey, Pinhole
from seg_node.perception.images.tracks import track_pair
from seg_node.stop_go.geometry import Mounting, View
from seg_node.stop_go.vehicle import Motion, SLOWEST_TURN

_MAX_WIDTH, _FEATURES = 320, 200
_EVERY = 60
"""Images from one measurement to the next: it may cost a thirtieth of a second, once."""
_STEP = 0.15
"""Camera heights that are driven between the two images of a measurement."""
_LONGEST = 2.0
"""Seconds that may pass between them."""
_KEPT = 30
"""Newest measurements that count."""
_SURE = 2.0
"""Standard errors that a pitch must be off besides."""


@dataclass(frozen=True)
class Watched:
    """
    What driving has shown of a mounting.

    estimate: None while there are too few measurements; silent then says what they wait for.
    mounting: what the node goes by. limit: radians that its pitch may be off.
    """

    measurements: int = 0
    silent: str = 'no image yet'
    estimate: Estimate | None = None
    mounting: Mounting | None = None
    limit: float = 0.0

    @property
    def pitch_off(self) -> float:
        """Radians by which the camera looks down farther than its mounting says."""
        if self.estimate is None or self.mounting is None:
            return 0.0
        return self.estimate.pitch.value - self.mounting.pitch

    @property
    def doubtful(self) -> bool:
        """Whether the pitch is surely off by more than is reckoned with."""
        return self.estimate is not None and (
            abs(self.pitch_off) - _SURE * self.estimate.pitch.error > self.limit)


@dataclass(frozen=True, eq=False)
class _First:
    """The earlier image of a measurement."""

    grey: Grey
    stamp: float


class CalibrationWatch:
    """
    Watch one camera. look() is called by one thread, and what it returns is done by one other.

    `now` may be read by any.
    """

    def __init__(self) -> None:
        self.now = Watched()
        self._view: View | None = None
        self._pinhole: Pinhole | None = None
        self._sights: deque[PairEstimate] = deque(maxlen=_KEPT)
        self._first: _First | None = None
        self._stamp = self._driven = 0.0
        self._waited = _EVERY

    def look(self, bgr: Callable[[], NDArray[np.uint8]], stamp: float, view: View | None,
             motion: Motion | None, limit: float) -> Callable[[], None] | None:
        """
        Take the next upright image that is believed; return work that is left to be done.

        Most images cost next to nothing.

        :param bgr: returns it, uint8 [h, w, 3]; called where it is looked at. stamp: seconds.
            motion: None without odometry. limit: radians that the pitch may be off.
        """
        if view is None:
            return self._rest('the corridor does not lie on the ground')
        if view is not self._view:
            self._begin(view, limit)
        gap, self._stamp = stamp - self._stamp, stamp
        self._waited += 1
        if motion is None:
            return self._rest('no odometry')
        height = float(view.pose.position[2])
        if abs(motion.forward) < SLOWEST_TURN or abs(motion.left) > 0.02 * abs(motion.forward):
            return self._rest('the vehicle does not drive along its own axis')
        if abs(motion.yaw_rate) * height > STRAIGHT * abs(motion.forward):
            return self._rest('the vehicle turns')
        if self._first is None:
            if self._waited >= _EVERY:
                self._first, self._driven = _First(self._grey(bgr), stamp), 0.0
            return None
        self._driven += motion.forward * gap
        if not 0.0 < gap <= _LONGEST or stamp - self._first.stamp > _LONGEST:
            return self._rest('images are too far apart, or the vehicle is too slow')
        if abs(self._driven) < _STEP * height:
            return None
        work = partial(self._measure, view, self._first.grey, self._grey(bgr), self._driven, limit)
        self._first, self._waited = None, 0
        return work

    def rest(self) -> None:
        """Take no image for the present: it failed a check, and those about it tell nothing."""
        self._first = None

    def _rest(self, why: str) -> None:
        self._first = None
        if self.now.estimate is None and self.now.silent != why:
            self.now = Watched(len(self._sights), why)

    def _begin(self, view: View, limit: float) -> None:
        """Begin from nothing: the camera is another, or sits elsewhere."""
        self._view = view
        self._pinhole = Pinhole.build(view.intrinsics, _MAX_WIDTH)
        self._sights = deque(maxlen=_KEPT)
        self._first, self._waited = None, _EVERY
        self.now = Watched(0, 'nothing measured yet', limit=limit)

    def _grey(self, bgr: Callable[[], NDArray[np.uint8]]) -> Grey:
        assert self._pinhole is not None
        return self._pinhole.grey(bgr())

    def _measure(self, view: View, first: Grey, last: Grey, driven: float, limit: float) -> None:
        """Tell from two images where the camera sits, and what all say together."""
        pinhole, sights = self._pinhole, self._sights
        if view is not self._view or pinhole is None:
            return
        motion = motion_of(track_pair(first, last, _FEATURES), pinhole, _FEATURES)
        now = _watched(motion, sights, view, driven, limit)
        if view is self._view:      # else it begins anew, and this is of what was before
            self.now = now


def _watched(motion: GroundMotion | None, sights: deque[PairEstimate], view: View, driven: float,
             limit: float) -> Watched:
    """Add what two images say to the measurements; return what all say together."""
    try:
        sight = None if motion is None else PairEstimate.of(motion, driven)
        mounting = angles_of(view.pose)
    except CalibrationError as error:
        return Watched(len(sights), str(error), limit=limit)
    if sight is not None and sight.straight:
        sights.append(sight)
    count = len(sights)
    if count < ENOUGH:
        untold = '' if sight else '; the last two images did not tell how the ground moved'
        return Watched(count, f'{count} of {ENOUGH} measurements{untold}', mounting=mounting,
                       limit=limit)
    return Watched(count, '', combined(list(sights)), mounting, limit)
