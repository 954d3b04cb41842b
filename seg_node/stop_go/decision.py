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

"""The state machine of STOP and GO: every doubt is a STOP, and GO has to be earned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
import math

from seg_node.stop_go.thresholds import Thresholds
from seg_node.stop_go.timing import follows, Frame, Instant, judge_age, judge_arrival
from seg_node.stop_go.verdict import Decision, Finding, most_serious, Reason, stop, Verdict


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
    new thresholds and by deactivation.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._activated: Instant | None = None
        self._newest: Frame | None = None
        self._findings: tuple[Finding, ...] = ()
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

    def activate(self, now: Instant) -> None:
        """Begin to judge, from nothing; frames that arrived before `now` do not count."""
        self._restart(now)

    def deactivate(self) -> None:
        """Stop judging: STOP until activated and earned anew."""
        self._restart(None)

    def observe(self, stamp: float, findings: Iterable[Finding], arrival: Instant) -> None:
        """
        Take in one assessed frame; without findings it is a good one.

        :param stamp: of the image, ROS time in seconds.
        :param findings: held against the present `thresholds`.
        :param arrival: when the image arrived, before it was worked on.
        """
        if not self._counts(arrival):
            return
        before = self._newest
        if before and not follows(stamp, arrival, before, self._thresholds):
            self._progress = _Progress()
        self._findings = (
            *judge_arrival(stamp, arrival, before, self._thresholds), *findings)
        self._newest = Frame(arrival, stamp if math.isfinite(stamp) else None)
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
        self._progress = _Progress()

    def verdict(self, now: Instant) -> Verdict:
        """
        Decide for this moment; never raises.

        Has no effect but one: what it finds wrong with the time also ends GO, so that a single
        fresh frame after a gap does not bring it back.
        """
        if self._activated is None:
            return stop(Finding(Reason.NOT_ACTIVE, 'not active'))
        limit = self._thresholds.max_image_age
        if self._newest is None:
            waited = now.steady - self._activated.steady
            return stop(Finding(
                Reason.NO_IMAGE,
                f'no image in the {waited:.2f} s since activation, limit {limit:.2f} s',
                waited, limit))
        doubts = judge_age(self._newest, now, self._thresholds)
        if doubts:
            self._progress = _Progress()
        if not self._progress.going:
            causes = (*doubts, *self._findings)
            return stop(most_serious(causes) if causes else self._confirming())
        age = now.steady - self._newest.arrival.steady
        text = f'path clear, image {age:.2f} s old, limit {limit:.2f} s'
        if self._findings:
            text += f'; not yet counted: {most_serious(self._findings).text}'
        return Verdict(Decision.GO, Reason.CLEAR, text, age, limit)

    def _restart(self, activated: Instant | None) -> None:
        self._activated = activated
        self._newest = None
        self._findings = ()
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
            self._progress = _Progress()

    def _confirming(self) -> Finding:
        limits, progress = self._thresholds, self._progress
        text = (f'confirming: {progress.good_run} of {limits.go_after} good frames, '
                f'{progress.held:.2f} of {limits.go_hold:.2f} s')
        if progress.good_run < limits.go_after:
            return Finding(Reason.CONFIRMING, text, progress.good_run, limits.go_after)
        return Finding(Reason.CONFIRMING, text, progress.held, limits.go_hold)
