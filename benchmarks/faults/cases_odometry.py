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

"""Faults of odometry: its stamps, its numbers, its silence, and the way that it tells."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

from nav_msgs.msg import Odometry

from benchmarks.faults.case import (
    clip,
    Count,
    Fault,
    heal,
    image_after,
    Inject,
    once,
    road_frames,
)
from benchmarks.faults.feeds import Feed, odometry
from benchmarks.faults.setups import GROUND, ODOMETRY_RATE, SPEED
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed


def _far_obstacle(testbed: FaultTestbed) -> None:
    """Show an obstacle that is far enough away at the present speed."""
    clip(lambda _: testbed.clips.far_obstacle, once)(testbed)


def _silent(testbed: FaultTestbed) -> Moment:
    """Let odometry end; known with the images after the greatest age."""
    feed: Feed = testbed.keep['odom']
    timeout, frames = testbed.limit('vehicle.odometry_timeout'), road_frames(testbed)
    begin = feed.change(feed.make)
    feed.make = lambda: None
    return Moment(begin, image_after(testbed, begin + timeout, frames), Clock.IMAGE)


def _odometry(make: Callable[[], Callable[[], Odometry]], frames: Count = road_frames) -> Inject:
    """Publish other odometry; known with the images after its second message."""
    def inject(testbed: FaultTestbed) -> Moment:
        begin = testbed.keep['odom'].change(make())
        known = begin + 2.0 / ODOMETRY_RATE
        return Moment(begin, image_after(testbed, known, frames(testbed)), Clock.IMAGE)
    return inject


def _stamped(offset: float) -> Inject:
    """Let the stamps of odometry differ from the present by that many seconds."""
    return _odometry(lambda: odometry(SPEED, stamp=lambda: time.time() + offset))


def _stamps_stand() -> Callable[[], Odometry]:
    now = time.time()
    return odometry(SPEED, stamp=lambda: now)


def _stamps_go_back() -> Callable[[], Odometry]:
    now = time.time()
    return odometry(SPEED, stamp=lambda: 2.0 * now - time.time())


def _good_odometry_again(testbed: FaultTestbed) -> None:
    testbed.keep['odom'].change(odometry(SPEED))
    heal(testbed)


ODOMETRY_FAULTS = (
    Fault('odometry_stale', 'odometry ends; too fast for an obstacle at 8 m, perhaps', GROUND,
          ('blocked',), _silent, _good_odometry_again, prepare=_far_obstacle),
    Fault('odometry_nan', 'odometry of NaN m/s, with an obstacle at 8 m', GROUND,
          ('blocked',), _odometry(lambda: odometry(math.nan)), _good_odometry_again,
          prepare=_far_obstacle),
    Fault('odometry_old', 'the last odometry of an hour ago, again and again', GROUND,
          ('blocked',), _stamped(-3600.0), _good_odometry_again, prepare=_far_obstacle),
    Fault('odometry_late', 'odometry 0.8 s behind: it waits somewhere', GROUND,
          ('blocked',), _stamped(-0.8), _good_odometry_again, prepare=_far_obstacle),
    Fault('odometry_ahead', 'odometry of a clock a minute ahead', GROUND,
          ('blocked',), _stamped(60.0), _good_odometry_again, prepare=_far_obstacle),
    Fault('odometry_unstamped', 'odometry without a stamp', GROUND,
          ('blocked',), _odometry(lambda: odometry(SPEED, stamp=lambda: 0.0)),
          _good_odometry_again, prepare=_far_obstacle),
    Fault('odometry_frozen', 'every odometry has the same stamp', GROUND,
          ('blocked',), _odometry(_stamps_stand), _good_odometry_again,
          prepare=_far_obstacle),
    Fault('odometry_backwards', 'the stamps of odometry run backwards', GROUND,
          ('blocked',), _odometry(_stamps_go_back), _good_odometry_again,
          prepare=_far_obstacle),
    Fault('sideways', 'the vehicle drives to the left, where no camera looks', GROUND,
          ('unwatched_way',), _odometry(lambda: odometry(0.0, SPEED), once),
          _good_odometry_again),
    Fault('sideways_speed', 'it drives sideways as well, and with that too fast', GROUND,
          ('blocked', 'unwatched_way'), _odometry(lambda: odometry(SPEED, 0.75 * SPEED)),
          _good_odometry_again, prepare=_far_obstacle),
)
