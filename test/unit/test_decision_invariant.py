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
GO is never given without a fresh, healthy, earned observation, whatever happens in what order.

Random sequences of events are played to the state machine and written to a log. After each, an
oracle that shares no code with the state machine works out from the whole log whether GO is due.
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

ROAD = {'low_confidence', 'blocked', 'low_coverage'}
NAN = float('nan')
LIMITS = [
    Thresholds(), Thresholds(go_after=3, go_hold=0.2), Thresholds(go_after=2, go_hold=0.0),
    Thresholds(go_after=1, go_hold=0.0, stop_after=1), Thresholds(go_after=2, max_image_age=0.2),
    Thresholds(go_after=4, go_hold=0.1, max_future=0.0), Thresholds(go_after=2, go_hold=1.0)]


@dataclass(frozen=True)
class Event:
    """An entry of the log; `kind` is activate, deactivate, frame, fail, ask or limits."""

    kind: str
    limits: Thresholds
    now: Instant = Instant(0, 0)
    stamp: float = 0.0
    codes: tuple[str, ...] = ()


def go_is_due(log: list[Event], now: Instant, limits: Thresholds) -> bool:
    """Work out from the whole log whether GO may and must be given."""
    starts = [index for index, event in enumerate(log)
              if event.kind in ('activate', 'deactivate')]
    if not starts or log[starts[-1]].kind == 'deactivate':
        return False
    begin = log[starts[-1]].now
    events = [event for event in log[starts[-1] + 1:]
              if event.kind not in ('frame', 'fail') or not event.now.steady < begin.steady]
    marks: list[tuple[Event, str]] = []
    newest: Event | None = None
    for event in events:
        if event.kind == 'frame':
            hard, gap = frame_is_hard(event, newest), has_gap(event, newest)
            if gap:
                marks.append((event, 'reset'))
            marks.append((event, 'reset' if hard else 'bad' if event.codes else 'good'))
        elif event.kind != 'ask' or (newest and not fresh(newest, event.now, event.limits)):
            marks.append((event, 'reset'))
        if event.kind in ('frame', 'fail'):
            newest = event
    if newest is None or newest.kind == 'fail' or not fresh(newest, now, limits):
        return False
    resets = [index for index, (_, mark) in enumerate(marks) if mark == 'reset']
    tail = marks[resets[-1] + 1:] if resets else marks
    return any(earned(tail[:end], limits) and not lost(tail[end:], limits)
               for end in range(1, len(tail) + 1))


def fresh(newest: Event, now: Instant, limits: Thresholds) -> bool:
    by_arrival = now.steady - newest.now.steady
    by_ros = now.ros - newest.now.ros
    age = now.ros - newest.stamp
    if newest.kind == 'fail':
        age = 0.0
    return (isfinite(now.steady) and isfinite(now.ros) and by_ros >= 0
            and 0 <= by_arrival <= limits.max_image_age and age <= limits.max_image_age)


def frame_is_hard(frame: Event, before: Event | None) -> bool:
    if not all(isfinite(value) for value in (frame.stamp, frame.now.steady, frame.now.ros)):
        return True
    ahead = frame.stamp - frame.now.ros
    if ahead > frame.limits.max_future or -ahead > frame.limits.max_image_age:
        return True
    if before and before.kind == 'frame' and isfinite(before.stamp) and not (
            frame.stamp > before.stamp and frame.now.steady >= before.now.steady
            and frame.now.ros >= before.now.ros):
        return True
    return bool(set(frame.codes) - ROAD)


def has_gap(frame: Event, before: Event | None) -> bool:
    return before is not None and not (
        frame.now.steady - before.now.steady <= frame.limits.max_image_age
        and (before.kind == 'fail'
             or frame.stamp - before.stamp <= frame.limits.max_image_age))


def earned(tail: list[tuple[Event, str]], limits: Thresholds) -> bool:
    run: list[Event] = []
    for event, mark in reversed(tail):
        if mark != 'good':
            break
        run.append(event)
    return len(run) >= limits.go_after and (
        run[0].now.steady - run[-1].now.steady >= limits.go_hold)


def lost(tail: list[tuple[Event, str]], limits: Thresholds) -> bool:
    frames = ''.join(mark[0] for _, mark in tail)
    bad_again = f'(g{{0,{limits.go_after - 1}}}b){{{limits.stop_after - 1}}}'
    return re.search(f'b{bad_again}', frames) is not None


class AnyOrder(RuleBasedStateMachine):
    """Play events in any order."""

    @initialize(limits=st.sampled_from(LIMITS), active=st.booleans(), going=st.booleans())
    def start(self, limits, active, going):
        self.limits = limits
        self.machine = StopGo(limits)
        self.log: list[Event] = []
        self.steady, self.ros = 50.0, 1000.0
        if active:
            self.activate()
        if going:
            self.earn_go()

    @property
    def now(self) -> Instant:
        return Instant(self.steady, self.ros)

    def note(self, kind: str, now: Instant, stamp: float = 0.0, codes: tuple[str, ...] = ()):
        self.log.append(Event(kind, self.limits, now, stamp, codes))

    def play(self, stamp: float, codes: tuple[str, ...], arrival: Instant):
        self.note('frame', arrival, stamp, codes)
        self.machine.observe(
            stamp, [Finding(Reason(code), code) for code in codes], arrival)

    @rule()
    def activate(self):
        self.note('activate', self.now)
        self.machine.activate(self.now)

    @rule(late=st.sampled_from([0, 0, 0.01, -0.01]))
    def reactivate(self, late):
        self.deactivate()
        self.activate()
        self.play(self.ros - 0.02, (), Instant(self.steady - late, self.ros))

    @rule()
    def deactivate(self):
        self.note('deactivate', self.now)
        self.machine.deactivate()

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

    @rule(count=st.integers(1, 12), period=st.sampled_from([0.04, 0.1, 0.25, 0.45]),
          latency=st.sampled_from([0.03, 0.03, 0.48, 0.55]), ask=st.booleans())
    def good_frames(self, count, period, latency, ask):
        for _ in range(count):
            self.pass_time(period)
            self.play(self.ros - latency, (), self.now)
            if ask:
                self.ask(0.0, 0.0)

    @precondition(lambda self: not go_is_due(self.log, self.now, self.limits))
    @rule()
    def earn_go(self):
        """Let random sequences reach GO often, which is where there is something to lose."""
        self.deactivate()
        self.activate()
        for _ in range(30):
            self.pass_time(0.04)
            self.play(self.ros - 0.03, (), self.now)
        assert go_is_due(self.log, self.now, self.limits)

    @rule(codes=st.lists(st.sampled_from(['', '', 'blocked']),
                         min_size=4, max_size=14), ask=st.booleans())
    def flicker(self, codes, ask):
        """Mix good and bad frames of the road."""
        for code in codes:
            self.pass_time(0.04)
            self.play(self.ros - 0.03, (code,) if code else (), self.now)
            if ask:
                self.ask(0.0, 0.0)

    @precondition(lambda self: go_is_due(self.log, self.now, self.limits))
    @rule(steady=st.sampled_from([0.0, 0.15, 0.3, 0.45, 0.51]),
          ros=st.sampled_from([0.0, 0.15, 0.3, 0.45, 0.51]), frame=st.booleans())
    def clocks_drift(self, steady, ros, frame):
        """Let the clocks go on at different speeds while it is GO."""
        self.steady += steady
        self.ros += ros
        if frame:
            self.play(self.ros - 0.03, (), self.now)
        self.ask(0.0, 0.0)

    @rule(code=st.sampled_from(sorted(ROAD)), count=st.integers(1, 3))
    def road_frames(self, code, count):
        for _ in range(count):
            self.pass_time(0.04)
            self.play(self.ros - 0.03, (code,), self.now)

    @rule(codes=st.sets(st.sampled_from(['camera_dark', 'malformed', 'blocked', 'confirming']),
                        min_size=1, max_size=2))
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
        due = go_is_due(self.log, now, self.limits)
        self.note('ask', now)
        verdict = self.machine.verdict(now)
        assert (verdict.decision is Decision.GO) == due
        assert (verdict.reason is Reason.CLEAR) == due
        assert verdict.text

    @rule()
    def revoke(self):
        self.note('limits', self.now)
        self.machine.revoke()

    @rule(limits=st.sampled_from(LIMITS))
    def change_limits(self, limits):
        if limits != self.limits:
            self.limits = limits
            self.note('limits', self.now)
        self.machine.thresholds = limits

    @invariant()
    def go_only_when_due(self):
        if not hasattr(self, 'machine'):
            return
        verdict = deepcopy(self.machine).verdict(self.now)
        assert (verdict.decision is Decision.GO) == go_is_due(self.log, self.now, self.limits)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=400, stateful_step_count=30, deadline=None)
