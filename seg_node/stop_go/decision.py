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
    FrameTime,
    Instant,
    judge_age,
    judge_arrival,
    judge_gap,
    judge_rate,
    RATE_FRAMES,
)
from seg_node.stop_go.verdict import Decision, Finding, most_serious, Reason, stop, Verdict

_NOT_ACTIVE = Finding(Reason.NOT_ACTIVE, 'not active')


@dataclass(frozen=True)
class Inactive:
    """Nothing is judged: STOP, for this cause."""

    cause: Finding = _NOT_ACTIVE


@dataclass
class Confirming:
    """STOP while GO is being earned: good frames in a row, over `held` seconds by now."""

    good_frames: int = 0
    first_good: float | None = None
    held: float = 0.0


@dataclass
class Going:
    """GO, or SLOW; `bad_frames` of the road since `go_after` good ones in a row are tolerated."""

    good_frames: int
    bad_frames: int = 0


@dataclass(frozen=True)
class Latched:
    """STOP for a fault that took GO away, until reset."""

    cause: Finding


State = Inactive | Confirming | Going | Latched


class StopGo:
    """
    The decision for one camera: a state machine, see :data:`State`.

    Pure, and not thread-safe: the caller holds a lock from reading the clocks to the return.
    What happens changes the state: activate(), observe(), fail(), update() as time passes, and so
    on. verdict() only tells.

    GO is earned by `go_after` good frames in a row over at least `go_hold` seconds, none of them
    more than `max_image_age` after the one before. It is lost, and has to be earned again, by
    `stop_after` frames with findings about the road that no `go_after` good ones in a row lie
    between (a post seen in every other frame stops), by a single finding of any other kind, by a
    gap between frames, when an update finds the newest image stale or a clock out of order, by
    new thresholds and by deactivation. With `latch_faults` a fault that takes GO away keeps STOP
    until `reset` or the next activation. A frame that asks for SLOW turns GO into SLOW, for
    `slow_hold` seconds.
    """

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self._thresholds = thresholds or Thresholds()
        self._state: State = Inactive()
        self._activated = Instant(-math.inf, -math.inf)
        self._newest: FrameTime | None = None
        self._findings: tuple[Finding, ...] = ()
        self._slow: tuple[Finding, float] | None = None
        self._arrivals: deque[float] = deque(maxlen=RATE_FRAMES)

    @property
    def state(self) -> State:
        """The state, for reading."""
        return self._state

    @property
    def may_drive(self) -> bool:
        """Whether the newest decision is no STOP."""
        return isinstance(self._state, Going)

    def apply(self, thresholds: Thresholds) -> None:
        """Take over limits; different ones take GO away until it is earned under them."""
        if thresholds != self._thresholds:
            self._thresholds = thresholds
            self.revoke()

    def revoke(self) -> None:
        """Take GO away until it is earned again: what frames are judged by has changed."""
        if isinstance(self._state, Confirming | Going):
            self._state = Confirming()

    def reset(self) -> None:
        """Forget a latched fault; GO has to be earned."""
        if not isinstance(self._state, Inactive):
            self._state = Confirming()

    def activate(self, now: Instant) -> None:
        """Begin to judge, from nothing; frames that arrived before `now` do not count."""
        self._state = Confirming()
        self._activated = now
        self._newest = None
        self._findings = ()
        self._slow = None
        self._arrivals.clear()

    def deactivate(self, cause: Finding = _NOT_ACTIVE) -> None:
        """Stop judging: STOP, for this cause, until activated and earned again."""
        self._state = Inactive(cause)

    def observe(self, stamp: float, findings: Iterable[Finding], arrival: Instant,
                ) -> tuple[Finding, ...]:
        """
        Take in one assessed frame; without findings that stop it is a good one.

        :param stamp: of the image, ROS time in seconds.
        :param findings: held against the present thresholds.
        :param arrival: when the image arrived, before it was worked on.
        :returns: all that was found, also of its time.
        """
        if not self._is_evidence(arrival):
            return (_NOT_ACTIVE,)
        before = self._newest
        if gap := judge_gap(stamp, arrival, before, self._thresholds):
            self._lose_go(gap)
            self._arrivals.clear()
        self._arrivals.append(arrival.steady)
        found = (
            *judge_arrival(stamp, arrival, before, self._thresholds.image_age),
            *judge_rate(self._arrivals, self._thresholds), *findings)
        self._findings = tuple(f for f in found if f.reason.decision is Decision.STOP)
        self._newest = FrameTime(arrival, stamp if math.isfinite(stamp) else None)
        slow = tuple(f for f in found if f.reason.decision is Decision.SLOW)
        if slow:
            self._slow = _finite(most_serious(slow)), arrival.steady
        if self._findings:
            self._add_bad_frame()
        else:
            self._add_good_frame(arrival)
        return found

    def fail(self, finding: Finding, arrival: Instant) -> None:
        """Take in a frame that could not be assessed: malformed, or the inference failed."""
        if not self._is_evidence(arrival):
            return
        self._findings = (finding,)
        self._newest = FrameTime(arrival, None)
        self._lose_go(self._findings)

    def update(self, now: Instant) -> None:
        """Let time pass: GO ends where the newest image has become stale or a clock jumped."""
        if doubts := self._doubts(now):
            self._lose_go(doubts)

    def verdict(self, now: Instant) -> Verdict:
        """Return the decision for this moment; changes nothing and never raises."""
        state = self._state
        if isinstance(state, Inactive):
            return stop(state.cause)
        if self._newest is None:
            return stop(self._no_image(now))
        if isinstance(state, Latched):
            return stop(state.cause)
        doubts = self._doubts(now)
        if doubts or isinstance(state, Confirming):
            causes = (*doubts, *self._findings)
            return stop(most_serious(causes) if causes else self._confirming(state))
        limit = self._thresholds.max_image_age
        age = now.steady - self._newest.arrival.steady
        text = f'path clear, image {age:.2f} s old, limit {limit:.2f} s'
        verdict = Verdict(Decision.GO, Reason.CLEAR, text, age, limit)
        if self._slow and not now.steady - self._slow[1] > self._thresholds.slow_hold:
            slow = self._slow[0]
            verdict = Verdict(Decision.SLOW, slow.reason, slow.text, slow.measured, slow.limit)
        if self._findings:
            return _with_note(verdict, most_serious(self._findings))
        return verdict

    def _is_evidence(self, arrival: Instant) -> bool:
        """Tell whether a frame counts: one from before the activation does not."""
        return (not isinstance(self._state, Inactive)
                and not arrival.steady < self._activated.steady)

    def _doubts(self, now: Instant) -> tuple[Finding, ...]:
        """Return what is wrong with the age of the newest frame; nothing before the first."""
        if self._newest is None:
            return ()
        return judge_age(self._newest, now, self._thresholds.image_age)

    def _add_good_frame(self, arrival: Instant) -> None:
        limits, state = self._thresholds, self._state
        if isinstance(state, Going):
            state.good_frames += 1
            if state.good_frames >= limits.go_after:
                state.bad_frames = 0
        elif isinstance(state, Confirming):
            if state.first_good is None:
                state.first_good = arrival.steady
            state.good_frames += 1
            state.held = arrival.steady - state.first_good
            if state.good_frames >= limits.go_after and state.held >= limits.go_hold:
                self._state = Going(state.good_frames)

    def _add_bad_frame(self) -> None:
        state = self._state
        if isinstance(state, Going) and all(f.reason.is_road for f in self._findings):
            state.good_frames = 0
            state.bad_frames += 1
            if state.bad_frames < self._thresholds.stop_after:
                return
        self._lose_go(self._findings)

    def _lose_go(self, causes: tuple[Finding, ...]) -> None:
        """Take GO away for these causes, and latch the most serious when it is a fault."""
        worst = most_serious(causes)
        if (self._thresholds.latch_faults and isinstance(self._state, Going)
                and worst.reason.is_fault):
            self._state = Latched(Finding(
                Reason.LATCHED, f'latched until ~/reset: {worst.text}', worst.measured,
                worst.limit))
        self.revoke()

    def _no_image(self, now: Instant) -> Finding:
        waited, limit = now.steady - self._activated.steady, self._thresholds.max_image_age
        return Finding(
            Reason.NO_IMAGE,
            f'no image in the {waited:.2f} s since activation, limit {limit:.2f} s', waited, limit)

    def _confirming(self, state: State) -> Finding:
        assert isinstance(state, Confirming)
        limits = self._thresholds
        text = (f'confirming: {state.good_frames} of {limits.go_after} good frames, '
                f'{state.held:.2f} of {limits.go_hold:.2f} s')
        if state.good_frames < limits.go_after:
            return Finding(Reason.CONFIRMING, text, state.good_frames, limits.go_after)
        return Finding(Reason.CONFIRMING, text, state.held, limits.go_hold)


def _finite(finding: Finding) -> Finding:
    """Return the finding without numbers that a verdict cannot carry."""
    if math.isfinite(finding.measured) and math.isfinite(finding.limit):
        return finding
    return Finding(finding.reason, finding.text)


def _with_note(verdict: Verdict, doubt: Finding) -> Verdict:
    text = f'{verdict.text}; not yet counted: {doubt.text}'
    return Verdict(verdict.decision, verdict.reason, text, verdict.measured, verdict.limit)
