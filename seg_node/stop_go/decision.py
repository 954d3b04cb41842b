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

"""STOP, SLOW or GO for one camera, from assessed frames and the two clocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
import math

from seg_node.stop_go.thresholds import Thresholds
from seg_node.stop_go.timing import (
    follows,
    Frame,
    gap_between,
    Instant,
    judge_age,
    judge_arrival,
    judge_rate,
    RATE_FRAMES,
)
from seg_node.stop_go.verdict import Decision, Finding, most_serious, Reason, stop, Verdict

_NOT_ACTIVE = Finding(Reason.NOT_ACTIVE, 'not active')


@dataclass
class _Progress:
    """How far GO is earned; a new one means from nothing."""

    first_good: float | None = None
    good_run: int = 0
    held: float = 0.0
    going: bool = False
    bad_frames: int = 0


class StopGo:
    """
    The decision for one camera.

    Pure, and not thread-safe: the caller holds a lock from reading the clocks to the return.

    GO is earned by `go_after` good frames in a row over at least `go_hold` seconds, none of them
    more than `max_image_age` after the one before. It is lost, and has to be earned anew, by
    `stop_after` frames with findings about the road that no `go_after` good ones in a row lie
    between (a post seen in every other frame stops), by a single finding of any other kind, by a
    gap between frames, when a verdict finds the newest image stale or a clock out of order, by
    new thresholds and by deactivation. With `latch_faults` a fault that takes GO away keeps STOP
    until `reset` or the next activation. A frame that asks for SLOW turns GO into SLOW, for
    `slow_hold` seconds.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._activated: Instant | None = None
        self._cause = _NOT_ACTIVE
        self._newest: Frame | None = None
        self._findings: tuple[Finding, ...] = ()
        self._latched: Finding | None = None
        self._slow: tuple[Finding, float] | None = None
        self._arrivals: deque[float] = deque(maxlen=RATE_FRAMES)
        self._progress = _Progress()

    @property
    def thresholds(self) -> Thresholds:
        """The limits; a different set takes GO away until it is earned under that set."""
        return self._thresholds

    @thresholds.setter
    def thresholds(self, thresholds: Thresholds) -> None:
        if thresholds != self._thresholds:
            self._thresholds = thresholds
            self.revoke()

    def revoke(self) -> None:
        """Take GO away until it is earned anew: what frames are judged by has changed."""
        self._progress = _Progress()

    def reset(self) -> None:
        """Forget a latched fault; GO has to be earned."""
        self._latched = None
        self.revoke()

    def activate(self, now: Instant) -> None:
        """Begin to judge, from nothing; frames that arrived before `now` do not count."""
        self._restart(now)

    def deactivate(self, cause: Finding = _NOT_ACTIVE) -> None:
        """Stop judging: STOP, for this cause, until activated and earned anew."""
        self._restart(None, cause)

    def observe(self, stamp: float, findings: Iterable[Finding], arrival: Instant) -> None:
        """
        Take in one assessed frame; without findings that stop it is a good one.

        :param stamp: of the image, ROS time in seconds.
        :param findings: held against the present `thresholds`.
        :param arrival: when the image arrived, before it was worked on.
        """
        if not self._counts(arrival):
            return
        before = self._newest
        if before and not follows(stamp, arrival, before, self._thresholds):
            gap, limit = gap_between(stamp, arrival, before), self._thresholds.max_image_age
            self._lose((Finding(
                Reason.STALE, f'{gap:.2f} s between images, limit {limit:.2f} s', gap, limit),))
            self._arrivals.clear()
        self._arrivals.append(arrival.steady)
        found = (
            *judge_arrival(stamp, arrival, before, self._thresholds),
            *judge_rate(self._arrivals, self._thresholds), *findings)
        self._findings = tuple(f for f in found if f.reason.decision is Decision.STOP)
        self._newest = Frame(arrival, stamp if math.isfinite(stamp) else None)
        slow = tuple(f for f in found if f.reason.decision is Decision.SLOW)
        if slow:
            self._slow = _finite(most_serious(slow)), arrival.steady
        if self._findings:
            self._count_bad()
        else:
            self._count_good(arrival)

    def fail(self, finding: Finding, arrival: Instant) -> None:
        """Take in a frame that could not be assessed: malformed, or the inference failed."""
        if not self._counts(arrival):
            return
        self._findings = (finding,)
        self._newest = Frame(arrival, None)
        self._lose(self._findings)

    def verdict(self, now: Instant) -> Verdict:
        """
        Decide for this moment; never raises.

        Has no effect but one: what it finds wrong with the time also ends GO, so that a single
        fresh frame after a gap does not bring it back.
        """
        if self._activated is None:
            return stop(self._cause)
        limit = self._thresholds.max_image_age
        if self._newest is None:
            waited = now.steady - self._activated.steady
            return stop(Finding(
                Reason.NO_IMAGE,
                f'no image in the {waited:.2f} s since activation, limit {limit:.2f} s',
                waited, limit))
        doubts = judge_age(self._newest, now, self._thresholds)
        if doubts:
            self._lose(doubts)
        if self._latched:
            return stop(self._latched)
        if not self._progress.going:
            causes = (*doubts, *self._findings)
            return stop(most_serious(causes) if causes else self._confirming())
        age = now.steady - self._newest.arrival.steady
        text = f'path clear, image {age:.2f} s old, limit {limit:.2f} s'
        verdict = Verdict(Decision.GO, Reason.CLEAR, text, age, limit)
        if self._slow and not now.steady - self._slow[1] > self._thresholds.slow_hold:
            slow = self._slow[0]
            verdict = Verdict(Decision.SLOW, slow.reason, slow.text, slow.measured, slow.limit)
        if self._findings:
            return _with_note(verdict, most_serious(self._findings))
        return verdict

    def _restart(self, activated: Instant | None, cause: Finding = _NOT_ACTIVE) -> None:
        self._activated = activated
        self._cause = cause
        self._newest = None
        self._findings = ()
        self._latched = None
        self._slow = None
        self._arrivals.clear()
        self._progress = _Progress()

    def _counts(self, arrival: Instant) -> bool:
        """Tell whether a frame is evidence: one from before the activation is not."""
        return self._activated is not None and not arrival.steady < self._activated.steady

    def _count_good(self, arrival: Instant) -> None:
        progress = self._progress
        if progress.first_good is None:
            progress.first_good = arrival.steady
        progress.good_run += 1
        if progress.good_run >= self._thresholds.go_after:
            progress.bad_frames = 0
        progress.held = arrival.steady - progress.first_good
        if progress.good_run >= self._thresholds.go_after and (
                progress.held >= self._thresholds.go_hold):
            progress.going = True

    def _count_bad(self) -> None:
        progress = self._progress
        progress.good_run = 0
        progress.bad_frames += 1
        tolerated = progress.bad_frames < self._thresholds.stop_after and all(
            finding.reason.is_road for finding in self._findings)
        if not (progress.going and tolerated):
            self._lose(self._findings)

    def _lose(self, causes: tuple[Finding, ...]) -> None:
        """Take GO away for these causes, and latch the most serious when it is a fault."""
        worst = most_serious(causes)
        if self._thresholds.latch_faults and self._progress.going and worst.reason.is_fault:
            self._latched = Finding(
                Reason.LATCHED, f'latched until ~/reset: {worst.text}', worst.measured,
                worst.limit)
        self._progress = _Progress()

    def _confirming(self) -> Finding:
        limits, progress = self._thresholds, self._progress
        text = (f'confirming: {progress.good_run} of {limits.go_after} good frames, '
                f'{progress.held:.2f} of {limits.go_hold:.2f} s')
        if progress.good_run < limits.go_after:
            return Finding(Reason.CONFIRMING, text, progress.good_run, limits.go_after)
        return Finding(Reason.CONFIRMING, text, progress.held, limits.go_hold)


def _finite(finding: Finding) -> Finding:
    """Return the finding without numbers that a verdict cannot carry."""
    if math.isfinite(finding.measured) and math.isfinite(finding.limit):
        return finding
    return Finding(finding.reason, finding.text)


def _with_note(verdict: Verdict, doubt: Finding) -> Verdict:
    text = f'{verdict.text}; not yet counted: {doubt.text}'
    return Verdict(verdict.decision, verdict.reason, text, verdict.measured, verdict.limit)
