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

"""What can be wrong with the time of a frame, or of odometry: arrival, stamp, age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

from seg_node.stop_go.stamp_words import explain_offset
from seg_node.stop_go.thresholds import AgeLimits, Thresholds
from seg_node.stop_go.verdict import Finding, most_serious, Reason

RATE_FRAMES = 5
"""Frames over which the rate is taken: it takes several late ones to make a low rate."""


@dataclass(frozen=True)
class Instant:
    """One moment on both clocks, in seconds: the steady clock and ROS time."""

    steady: float
    ros: float


@dataclass(frozen=True)
class FrameTime:
    """When a frame arrived and its stamp; None where there is no stamp to go by."""

    arrival: Instant
    stamp: float | None


@dataclass(frozen=True)
class Trust:
    """
    Whether what comes with a stamp again and again, as odometry, is to be believed.

    After a `fault`, found at `fault_at` (steady clock, seconds), it is not until nothing was wrong
    for as long as it may be old.
    """

    newest: FrameTime
    fault: Finding | None = None
    fault_at: float = -math.inf

    def doubts(self, now: Instant, limits: AgeLimits) -> tuple[Finding, ...]:
        """Find why the newest is not to be believed at this moment."""
        found = judge_age(self.newest, now, limits)
        if self.fault is not None and not now.steady - self.fault_at > limits.max_age:
            found += (self.fault,)
        return found


def follow(before: Trust | None, stamp: float, arrival: Instant, limits: AgeLimits) -> Trust:
    """Return what one more arrival makes of the trust; `before` is None at the first."""
    found = judge_arrival(stamp, arrival, None if before is None else before.newest, limits)
    newest = FrameTime(arrival, stamp if math.isfinite(stamp) else None)
    if found:
        return Trust(newest, most_serious(found), arrival.steady)
    return Trust(newest) if before is None else replace(before, newest=newest)


def judge_arrival(stamp: float, arrival: Instant, before: FrameTime | None,
                  limits: AgeLimits) -> tuple[Finding, ...]:
    """Find what is wrong with a stamp and its arrival, also against the one before."""
    what = limits.what
    if not math.isfinite(stamp):
        return (Finding(Reason.MALFORMED, f'{what} stamp is {stamp}, not a time', stamp),)
    found = []
    if before and before.stamp is not None:
        found += _clock_jump(before.arrival, arrival)
        if not stamp > before.stamp:
            found.append(Finding(
                Reason.STAMP_BACKWARDS,
                f'{what} stamp {before.stamp - stamp:.3f} s behind the {what} before, '
                'it must be later', stamp - before.stamp, 0.0))
    else:
        found += _clock_jump(arrival, arrival)
    ahead = stamp - arrival.ros
    if not ahead <= limits.max_future:
        found.append(Finding(
            Reason.STAMP_IN_FUTURE,
            f'{what} stamp {ahead:.3f} s in the future, limit {limits.max_future:.3f} s'
            f'{explain_offset(stamp, arrival.ros, arrival.steady)}',
            ahead, limits.max_future))
    found += _stale_stamp(stamp, arrival, arrival, limits)
    return tuple(found)


def judge_age(frame: FrameTime, now: Instant, limits: AgeLimits) -> tuple[Finding, ...]:
    """Find what is wrong with the newest at this moment, on each clock."""
    found = _clock_jump(frame.arrival, now)
    age = now.steady - frame.arrival.steady
    if not age <= limits.max_age:
        found.append(Finding(
            Reason.STALE,
            f'newest {limits.what} arrived {age:.2f} s ago, limit {limits.max_age:.2f} s',
            age, limits.max_age))
    if frame.stamp is not None:
        found += _stale_stamp(frame.stamp, frame.arrival, now, limits)
    return tuple(found)


def judge_rate(arrivals: Sequence[float], limits: Thresholds) -> tuple[Finding, ...]:
    """Find that frames come too slowly, from the newest arrivals on the steady clock, seconds."""
    if len(arrivals) < RATE_FRAMES or limits.min_rate <= 0:
        return ()
    spent = arrivals[-1] - arrivals[0]
    if 0 <= spent <= (len(arrivals) - 1) / limits.min_rate:
        return ()
    rate = (len(arrivals) - 1) / spent if spent > 0 else 0.0
    return (Finding(
        Reason.RATE_LOW,
        f'{rate:.1f} images per second, limit {limits.min_rate:.1f}', rate, limits.min_rate),)


def judge_gap(stamp: float, arrival: Instant, before: FrameTime | None,
              limits: Thresholds) -> tuple[Finding, ...]:
    """Find that a frame came too long after the one before, on either clock."""
    if before is None:
        return ()
    gap = arrival.steady - before.arrival.steady
    if before.stamp is not None:
        gaps = gap, stamp - before.stamp
        if all(each <= limits.max_image_age for each in gaps):
            return ()
        gap = max(gaps)
    return (Finding(
        Reason.STALE, f'{gap:.2f} s between images, limit {limits.max_image_age:.2f} s', gap,
        limits.max_image_age),)


def _clock_jump(before: Instant, now: Instant) -> list[Finding]:
    """Find clocks that went back, or that do not give a number at all."""
    found = []
    for clock, earlier, later in (('steady clock', before.steady, now.steady),
                                  ('ROS time', before.ros, now.ros)):
        if not math.isfinite(later):
            found.append(Finding(Reason.CLOCK_JUMP, f'{clock} is {later}', later))
        elif not later >= earlier:
            found.append(Finding(
                Reason.CLOCK_JUMP, f'{clock} went back by {earlier - later:.3f} s, limit 0 s',
                earlier - later))
    return found


def _stale_stamp(stamp: float, arrival: Instant, now: Instant, limits: AgeLimits,
                 ) -> list[Finding]:
    age = now.ros - stamp
    if age <= limits.max_age:
        return []
    text = f'newest {limits.what} {age:.2f} s old by its stamp, limit {limits.max_age:.2f} s'
    text += explain_offset(stamp, arrival.ros, arrival.steady)
    return [Finding(Reason.STALE_STAMP, text, age, limits.max_age)]
