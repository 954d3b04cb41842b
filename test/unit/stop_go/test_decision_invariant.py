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
The vehicle is never let drive without a fresh, healthy, earned observation, whatever happens.

Random sequences of events are played to the state machine and written to a log. After each, an
oracle that shares no code with the state machine works out from the whole log what is due.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
import re

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, RuleBasedStateMachine

from seg_node.stop_go import Decision, Finding, Instant, Reason, StopGo, Thresholds

ROAD = {'all_path', 'no_path', 'low_confidence', 'beyond_range', 'blocked', 'low_coverage',
        'mask_jump'}
SLOW = 'slow_class'
RATE_FRAMES = 5
NAN = float('nan')
QUICK = Thresholds(go_after=2, go_hold=0.0)
LIMITS = [
    Thresholds(), Thresholds(go_after=3, go_hold=0.2), QUICK,
    Thresholds(go_after=1, go_hold=0.0, stop_after=1), Thresholds(go_after=2, max_image_age=0.2),
    Thresholds(go_after=4, go_hold=0.1, max_future=0.0), Thresholds(go_after=2, go_hold=1.0),
    Thresholds(go_after=2, go_hold=0.0, latch_faults=True), Thresholds(latch_faults=True),
    Thresholds(go_after=3, go_hold=0.1, slow_hold=0.1), Thresholds(go_after=2, slow_hold=0.0),
    Thresholds(go_after=2, go_hold=0.0, min_rate=20.0), Thresholds(min_rate=0.0)]
CAUSES = {None: Reason.NOT_ACTIVE,
          Finding(Reason.SELF_TEST_FAILED, 'wrong labels'): Reason.SELF_TEST_FAILED}


@dataclass(frozen=True)
class Event:
    """An entry of the log; `kind` is activate, deactivate, reset, frame, fail, ask or limits."""

    kind: str
    limits: Thresholds
    now: Instant = Instant(0, 0)
    stamp: float = 0.0
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """What an event does to GO: a good or bad frame, or GO is lost; `fault` tells why."""

    kind: str
    event: Event
    fault: bool = False


# --- the oracle -----------------------------------------------------------------------------

def due(log: list[Event], now: Instant, limits: Thresholds) -> Decision:
    """Work out from the whole log what the decision must be."""
    events = since_activation(log)
    newest = newest_of(events)
    if newest is None or newest.kind == 'fail' or not fresh(newest, now, limits):
        return Decision.STOP
    marks = marks_of(events)
    if not going(marks, limits) or latched(marks):
        return Decision.STOP
    asked = [event.now.steady for event in events if event.kind == 'frame' and SLOW in event.codes]
    if asked and not now.steady - asked[-1] > limits.slow_hold:
        return Decision.SLOW
    return Decision.GO


def since_activation(log: list[Event]) -> list[Event]:
    """Return the events since the last activation, without frames that arrived before it."""
    starts = [index for index, event in enumerate(log)
              if event.kind in ('activate', 'deactivate')]
    if not starts or log[starts[-1]].kind == 'deactivate':
        return []
    begin = log[starts[-1]].now
    return [event for event in log[starts[-1] + 1:]
            if event.kind not in ('frame', 'fail') or not event.now.steady < begin.steady]


def newest_of(events: list[Event]) -> Event | None:
    return next((event for event in reversed(events) if event.kind in ('frame', 'fail')), None)


def marks_of(events: list[Event]) -> list[Mark]:
    marks: list[Mark] = []
    newest: Event | None = None
    arrivals: list[float] = []
    for event in events:
        if event.kind == 'frame':
            if newest and (newest.kind == 'fail' or has_gap(event, newest)):
                marks.append(Mark('lost', event, fault=True))
                arrivals = []
            arrivals = [*arrivals, event.now.steady][-RATE_FRAMES:]
            marks.append(mark_of(event, newest, arrivals))
        elif event.kind == 'fail':
            marks.append(Mark('lost', event, fault=True))
        elif event.kind != 'ask':
            marks.append(Mark(event.kind, event))
        elif newest and not fresh(newest, event.now, event.limits):
            marks.append(Mark('lost', event, fault=True))
        if event.kind in ('frame', 'fail'):
            newest = event
    return marks


def mark_of(frame: Event, before: Event | None, arrivals: list[float]) -> Mark:
    codes = set(frame.codes) - {SLOW}
    if out_of_time(frame, before) or too_slow(arrivals, frame.limits) or (
            codes - ROAD - {'confirming'}):
        return Mark('lost', frame, fault=True)
    if codes - ROAD:
        return Mark('lost', frame)
    return Mark('bad' if codes else 'good', frame)


def fresh(newest: Event, now: Instant, limits: Thresholds) -> bool:
    by_arrival = now.steady - newest.now.steady
    by_ros = now.ros - newest.now.ros
    age = now.ros - newest.stamp
    if newest.kind == 'fail':
        age = 0.0
    return (isfinite(now.steady) and isfinite(now.ros) and by_ros >= 0
            and 0 <= by_arrival <= limits.max_image_age and age <= limits.max_image_age)


def out_of_time(frame: Event, before: Event | None) -> bool:
    if not all(isfinite(value) for value in (frame.stamp, frame.now.steady, frame.now.ros)):
        return True
    ahead = frame.stamp - frame.now.ros
    if ahead > frame.limits.max_future or -ahead > frame.limits.max_image_age:
        return True
    return bool(before and before.kind == 'frame' and isfinite(before.stamp) and not (
        frame.stamp > before.stamp and frame.now.steady >= before.now.steady
        and frame.now.ros >= before.now.ros))


def too_slow(arrivals: list[float], limits: Thresholds) -> bool:
    return len(arrivals) == RATE_FRAMES and limits.min_rate > 0 and not (
        0 <= arrivals[-1] - arrivals[0] <= (RATE_FRAMES - 1) / limits.min_rate)


def has_gap(frame: Event, before: Event) -> bool:
    return not (isfinite(before.stamp)
                and frame.now.steady - before.now.steady <= frame.limits.max_image_age
                and frame.stamp - before.stamp <= frame.limits.max_image_age)


def going(marks: list[Mark], limits: Thresholds) -> bool:
    """Tell whether GO has been earned and not been lost since."""
    tail: list[Mark] = []
    for mark in reversed(marks):
        if mark.kind not in ('good', 'bad'):
            break
        tail.insert(0, mark)
    return any(earned(tail[:end], limits) and not lost(tail[end:], limits)
               for end in range(1, len(tail) + 1))


def earned(tail: list[Mark], limits: Thresholds) -> bool:
    run: list[Event] = []
    for mark in reversed(tail):
        if mark.kind != 'good':
            break
        run.append(mark.event)
    return len(run) >= limits.go_after and (
        run[0].now.steady - run[-1].now.steady >= limits.go_hold)


def lost(tail: list[Mark], limits: Thresholds) -> bool:
    frames = ''.join(mark.kind[0] for mark in tail)
    bad_again = f'(g{{0,{limits.go_after - 1}}}b){{{limits.stop_after - 1}}}'
    return re.search(f'b{bad_again}', frames) is not None


def latched(marks: list[Mark]) -> bool:
    """Tell whether a fault has ended GO while faults latch, and was not reset since."""
    resets = [index for index, mark in enumerate(marks) if mark.kind == 'reset']
    begin = resets[-1] + 1 if resets else 0
    return any(mark.fault and mark.event.limits.latch_faults
               and going(marks[:index], mark.event.limits)
               for index, mark in enumerate(marks) if index >= begin)


def drives_blindly(log: list[Event], now: Instant, limits: Thresholds) -> str:
    """Say why driving is not allowed whatever was earned; simpler than `due`, on purpose."""
    events = since_activation(log)
    newest = newest_of(events)
    if newest is None:
        return 'no image'
    if newest.kind == 'fail':
        return 'the newest image could not be assessed'
    if not fresh(newest, now, limits):
        return 'the newest image is stale'
    if set(newest.codes) - ROAD - {SLOW}:
        return 'the newest image has a fault'
    good = [event for event in events if event.kind == 'frame' and not set(event.codes) - {SLOW}]
    return '' if len(good) >= limits.go_after else 'too few good images'


# --- the events -----------------------------------------------------------------------------

class AnyOrder(RuleBasedStateMachine):
    """Play events in any order."""

    @initialize(limits=st.sampled_from(LIMITS), active=st.booleans(), going=st.booleans())
    def start(self, limits, active, going):
        self.limits = limits
        self.machine = StopGo(limits)
        self.log: list[Event] = []
        self.cause = Reason.NOT_ACTIVE
        self.steady, self.ros = 50.0, 1000.0
        if active:
            self.activate()
        if going:
            self.earn_go()

    @property
    def now(self) -> Instant:
        return Instant(self.steady, self.ros)

    def due(self) -> Decision:
        return due(self.log, self.now, self.limits)

    def note(self, kind: str, now: Instant, stamp: float = 0.0, codes: tuple[str, ...] = ()):
        self.log.append(Event(kind, self.limits, now, stamp, codes))

    def play(self, stamp: float, codes: tuple[str, ...], arrival: Instant):
        self.note('frame', arrival, stamp, codes)
        self.machine.observe(
            stamp, [Finding(Reason(code), code, 1.0, 2.0) for code in codes], arrival)

    @rule()
    def activate(self):
        self.note('activate', self.now)
        self.machine.activate(self.now)

    @rule(late=st.sampled_from([0, 0, 0.01, -0.01]))
    def reactivate(self, late):
        self.deactivate(None)
        self.activate()
        self.play(self.ros - 0.02, (), Instant(self.steady - late, self.ros))

    @rule(cause=st.sampled_from(list(CAUSES)))
    def deactivate(self, cause):
        self.note('deactivate', self.now)
        self.cause = CAUSES[cause]
        self.machine.deactivate(*([cause] if cause else []))

    @rule()
    def reset(self):
        self.note('reset', self.now)
        self.machine.reset()

    @rule(seconds=st.sampled_from([0.001, 0.04, 0.2, 0.3, 0.5, 0.7]))
    def pass_time(self, seconds):
        self.steady += seconds
        self.ros += seconds

    @rule(step=st.sampled_from([-5, -0.3, -0.001, 0.05, 0.45, 5]))
    def jump_ros_time(self, step):
        self.ros += step

    @rule(step=st.sampled_from([-5, -0.001, 0.45, 0.9]))
    def jump_steady_clock(self, step):
        self.steady += step

    @rule(count=st.integers(1, 12), period=st.sampled_from([0.04, 0.1, 0.25, 0.3, 0.45]),
          latency=st.sampled_from([0.03, 0.03, 0.48, 0.55]), slow=st.booleans(),
          ask=st.booleans())
    def good_frames(self, count, period, latency, slow, ask):
        for _ in range(count):
            self.pass_time(period)
            self.play(self.ros - latency, (SLOW,) if slow else (), self.now)
            if ask:
                self.ask(0.0, 0.0)

    @precondition(lambda self: self.due() is Decision.STOP)
    @rule()
    def earn_go(self):
        """Let random sequences reach GO often, which is where there is something to lose."""
        self.deactivate(None)
        self.activate()
        for _ in range(30):
            self.pass_time(0.04)
            self.play(self.ros - 0.03, (), self.now)
        assert self.due() is Decision.GO

    @rule(codes=st.lists(st.sampled_from(['', '', 'blocked', SLOW]), min_size=4, max_size=14),
          ask=st.booleans())
    def flicker(self, codes, ask):
        """Mix good and bad frames of the road."""
        for code in codes:
            self.pass_time(0.04)
            self.play(self.ros - 0.03, (code,) if code else (), self.now)
            if ask:
                self.ask(0.0, 0.0)

    @precondition(lambda self: self.due() is not Decision.STOP)
    @rule(steady=st.sampled_from([0.0, 0.15, 0.3, 0.45, 0.51]),
          ros=st.sampled_from([0.0, 0.15, 0.3, 0.45, 0.51]), frame=st.booleans())
    def clocks_drift(self, steady, ros, frame):
        """Let the clocks go on at different speeds while the vehicle drives."""
        self.steady += steady
        self.ros += ros
        if frame:
            self.play(self.ros - 0.03, (), self.now)
        self.ask(0.0, 0.0)

    @precondition(lambda self: self.due() is not Decision.STOP)
    @rule(seconds=st.sampled_from([0.15, 0.45, 0.55]),
          code=st.sampled_from(['', 'blocked', 'camera_dark']))
    def late_frame(self, seconds, code):
        """Let a frame come late while the vehicle drives, with nobody asking meanwhile."""
        self.pass_time(seconds)
        self.play(self.ros - 0.03, (code,) if code else (), self.now)
        self.ask(0.0, 0.0)

    @rule(code=st.sampled_from(sorted(ROAD)), count=st.integers(1, 3))
    def road_frames(self, code, count):
        for _ in range(count):
            self.pass_time(0.04)
            self.play(self.ros - 0.03, (code,), self.now)

    @rule(codes=st.sets(st.sampled_from(['camera_dark', 'malformed', 'blocked', 'confirming',
                                         SLOW]), min_size=1, max_size=3))
    def mixed_frame(self, codes):
        self.pass_time(0.04)
        self.play(self.ros - 0.03, tuple(sorted(codes)), self.now)

    @rule(offset=st.sampled_from([-5, -0.49, -0.3, 0.0, 0.05, 0.3, NAN, float('inf')]))
    def odd_stamp(self, offset):
        self.pass_time(0.04)
        self.play(self.ros + offset, (), self.now)

    @rule(steady=st.sampled_from([0, -0.2, NAN, float('inf')]), ros=st.sampled_from([0, -5, NAN]))
    def odd_arrival(self, steady, ros):
        self.pass_time(0.04)
        self.play(self.ros - 0.03, (), Instant(self.steady + steady, self.ros + ros))

    @rule()
    def same_stamp_again(self):
        frames = [event for event in self.log if event.kind == 'frame']
        if frames:
            self.pass_time(0.04)
            self.play(frames[-1].stamp, (), self.now)

    @rule(reason=st.sampled_from([Reason.MALFORMED, Reason.INFERENCE_FAILED]))
    def fail(self, reason):
        self.pass_time(0.04)
        self.note('fail', self.now)
        self.machine.fail(Finding(reason, 'failed'), self.now)

    @rule(steady=st.sampled_from([0, 0, 0.3, 0.6, -1, NAN]),
          ros=st.sampled_from([0, 0, 0.3, 0.6, -1, NAN]))
    def ask(self, steady, ros):
        now = Instant(self.steady + steady, self.ros + ros)
        expected = due(self.log, now, self.limits)
        self.note('ask', now)
        self.machine.update(now)
        verdict = self.machine.verdict(now)
        assert verdict.decision is expected
        self.check(verdict, now)

    @rule()
    def revoke(self):
        self.note('limits', self.now)
        self.machine.revoke()

    @rule(limits=st.sampled_from(LIMITS))
    def change_limits(self, limits):
        if limits != self.limits:
            self.limits = limits
            self.note('limits', self.now)
        self.machine.apply(limits)

    def check(self, verdict, now):
        assert verdict.text
        assert (verdict.reason is Reason.CLEAR) == (verdict.decision is Decision.GO)
        if verdict.decision is not Decision.STOP:
            assert not drives_blindly(self.log, now, self.limits)
        if verdict.decision is Decision.SLOW:
            assert verdict.reason is Reason.SLOW_CLASS
        if not any(event.kind in ('activate', 'deactivate') for event in self.log):
            assert verdict.reason is Reason.NOT_ACTIVE
        elif [event.kind for event in self.log
              if event.kind in ('activate', 'deactivate')][-1] == 'deactivate':
            assert verdict.reason is self.cause
        else:
            events = since_activation(self.log)
            held = newest_of(events) is not None and latched(marks_of(events))
            assert (verdict.reason is Reason.LATCHED) == held

    @invariant()
    def drives_only_when_due(self):
        if not hasattr(self, 'machine'):
            return
        before = deepcopy(vars(self.machine))
        verdict = self.machine.verdict(self.now)
        assert vars(self.machine) == before      # a look changes nothing
        assert verdict.decision is self.due()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=400, stateful_step_count=30, deadline=None)
