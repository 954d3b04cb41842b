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
What passes the gate, and that nothing passes without fresh "no stop", limit and command.

Random sequences of messages are played to the gate and written to a log; an oracle that shares no
code with it works out from the whole log what may pass.
"""

from __future__ import annotations

from math import inf, isfinite, nan

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, RuleBasedStateMachine
import pytest

from seg_node.stop_go.cmd_vel_gate import Cause, CommandGate, GateTiming, Passage, ZERO

FORWARD = (1.0, 0.0, 0.0, 0.0, 0.0, 0.5)
PERIOD = 0.05


class Drive:
    """A gate with messages of all three kinds coming in, PERIOD seconds apart."""

    def __init__(self, **timing):
        self.gate = CommandGate(GateTiming(**timing))
        self.now = 100.0

    def run(self, seconds, stop=False, limit=1.0, command=FORWARD):
        """Go on with the messages that are not None; return what passes at the end."""
        for _ in range(round(seconds / PERIOD)):
            self.now += PERIOD
            if stop is not None:
                self.gate.hear_stop(stop, self.now)
            if limit is not None:
                self.gate.hear_speed_limit(limit, self.now)
            if command is not None:
                self.gate.hear_command(command, self.now)
            passage = self.gate.passage(self.now)
        return passage


@pytest.fixture
def drive():
    drive = Drive()
    assert drive.run(1.0).cause is Cause.PASSING
    return drive


def test_nothing_passes_before_anything_was_heard():
    passage = CommandGate(GateTiming()).passage(5.0)
    assert (passage.factor, passage.command, passage.cause) == (0.0, ZERO, Cause.STOP_SILENT)


def test_go_is_believed_after_a_timeout_of_nothing_else():
    drive = Drive()
    assert drive.run(0.5).cause is Cause.STOP_RECENT
    assert drive.run(0.1).command == FORWARD


def test_slow_scales_all_components_alike(drive):
    command = (1.0, -2.0, 3.0, -4.0, 5.0, -6.0)
    passage = drive.run(PERIOD, limit=0.5, command=command)
    assert passage.cause is Cause.SLOWED
    assert passage.command == (0.5, -1.0, 1.5, -2.0, 2.5, -3.0)


@pytest.mark.parametrize('change, cause', [
    ({'stop': True}, Cause.STOP),
    ({'limit': 0.0}, Cause.LIMIT_ZERO),
    ({'limit': -0.1}, Cause.LIMIT_INVALID),
    ({'limit': 1.001}, Cause.LIMIT_INVALID),
    ({'limit': nan}, Cause.LIMIT_INVALID),
    ({'limit': inf}, Cause.LIMIT_INVALID),
    ({'command': (1.0, 0.0, 0.0, 0.0, 0.0, nan)}, Cause.COMMAND_INVALID),
    ({'command': (-inf, 0.0, 0.0, 0.0, 0.0, 0.0)}, Cause.COMMAND_INVALID),
])
def test_one_message_is_enough_for_zero(drive, change, cause):
    passage = drive.run(PERIOD, **change)
    assert (passage.cause, passage.command) == (cause, ZERO)
    assert passage.text
    assert drive.run(1.0).command == FORWARD


@pytest.mark.parametrize('silent, cause', [
    ('stop', Cause.STOP_SILENT), ('limit', Cause.LIMIT_SILENT),
    ('command', Cause.COMMAND_SILENT)])
def test_silence_ends_what_was_said(drive, silent, cause):
    assert drive.run(0.45, **{silent: None}).factor == 1.0
    passage = drive.run(0.1, **{silent: None})
    assert (passage.cause, passage.command) == (cause, ZERO)


def test_a_command_passes_as_soon_as_it_comes_again(drive):
    drive.run(2.0, command=None)
    assert drive.run(PERIOD).command == FORWARD


@pytest.mark.parametrize('age', [0.51, 3600.0, 1.7e9, -0.51, -3600.0, nan, inf, -inf])
def test_a_command_whose_stamp_is_not_of_now_does_not_pass(drive, age):
    assert drive.run(1.0).cause is Cause.PASSING
    drive.gate.hear_command(FORWARD, drive.now, age)
    assert drive.gate.passage(drive.now).cause is Cause.COMMAND_STALE
    assert drive.gate.passage(drive.now).command == ZERO
    assert drive.run(PERIOD).cause is Cause.PASSING


@pytest.mark.parametrize(('age', 'lasts'), [(0.0, 0.5), (0.3, 0.2), (0.5, 0.0), (-0.4, 0.5)])
def test_a_command_lasts_from_its_stamp_on(drive, age, lasts):
    drive.run(1.0)
    drive.gate.hear_command(FORWARD, drive.now, age)
    assert drive.gate.passage(drive.now + lasts - 1e-6).cause is Cause.PASSING or not lasts
    assert drive.gate.passage(drive.now + lasts + 0.01).cause in (
        Cause.COMMAND_SILENT, Cause.STOP_SILENT)


def test_timeouts_are_those_given():
    drive = Drive(stop_timeout=1.0, command_timeout=0.3)
    assert drive.run(1.0).cause is Cause.STOP_RECENT
    assert drive.run(0.1).cause is Cause.PASSING
    assert drive.run(0.35, command=None).cause is Cause.COMMAND_SILENT
    assert drive.run(0.1).cause is Cause.PASSING
    assert drive.run(0.95, stop=None).cause is Cause.PASSING
    assert drive.run(0.1, stop=None).cause is Cause.STOP_SILENT


def test_of_two_publishers_the_more_cautious_counts(drive):
    for _ in range(40):
        drive.run(PERIOD, limit=0.4)
        drive.gate.hear_stop(True, drive.now)
        assert drive.run(PERIOD).cause is Cause.STOP_RECENT
    assert drive.run(0.4, limit=0.4).cause is Cause.STOP_RECENT
    assert drive.run(0.1, limit=0.4).cause is Cause.SLOWED
    assert drive.run(0.45).factor == 0.4
    assert drive.run(0.1).factor == 1.0


def test_what_queued_up_while_the_caller_was_held_up_does_not_pass(drive):
    drive.now += 3.0
    assert drive.run(0.5).cause is Cause.STOP_RECENT
    assert drive.run(0.1).factor == 1.0


@pytest.mark.parametrize('odd', [nan, inf, -inf, 5.0])
def test_a_clock_that_jumps_takes_go_away(drive, odd):
    assert drive.gate.passage(odd).factor == 0.0
    assert drive.run(0.5).factor == 0.0
    assert drive.run(0.15).factor == 1.0


@pytest.mark.parametrize('silent', ['stop', 'limit', 'command'])
def test_nothing_from_before_the_clock_went_back_counts(drive, silent):
    drive.now -= 50.0
    assert drive.run(2.0, **{silent: None}).factor == 0.0


def test_what_is_forgotten_must_be_heard_anew(drive):
    drive.gate.forget()
    assert drive.gate.passage(drive.now).cause is Cause.STOP_SILENT
    assert drive.run(0.5).factor == 0.0


@pytest.mark.parametrize('name, value', [
    ('stop_timeout', 0.1), ('stop_timeout', nan), ('command_timeout', 0), ('rate', 5.0),
    ('rate', '20')])
def test_timing_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f'{name}: .* is not a number from'):
        GateTiming(**{name: value})


def test_every_permitted_rate_looks_twice_within_every_permitted_timeout():
    timing = GateTiming(stop_timeout=0.2, command_timeout=0.2, rate=10.0)
    assert timing.rate * min(timing.stop_timeout, timing.command_timeout) >= 2.0


@pytest.mark.parametrize('factor, cause, command', [
    (0.5, Cause.PASSING, FORWARD), (1.0, Cause.SLOWED, FORWARD), (0.0, Cause.SLOWED, ZERO),
    (0.1, Cause.STOP, ZERO), (nan, Cause.PASSING, FORWARD), (0.0, Cause.STOP, FORWARD)])
def test_a_passage_against_its_cause_cannot_be_made(factor, cause, command):
    with pytest.raises(ValueError, match='does not fit'):
        Passage(factor, cause, 'text', command)


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 6), st.floats(1e-3, 1.0))
def test_slowing_never_speeds_up_or_turns_around(command, limit):
    drive = Drive()
    drive.run(1.0)
    passed = drive.run(PERIOD, limit=limit, command=command).command
    assert all(abs(after) <= abs(before) and after * before >= 0.0
               for before, after in zip(command, passed, strict=True))


MESSAGES = {
    'stop': st.sampled_from([False, False, False, True]),
    'limit': st.sampled_from([1.0, 1.0, 0.6, 0.3, 1e-30, 0.0, -0.5, 1.5, nan, inf]),
    'command': st.sampled_from([
        FORWARD, (0.4, 0.0, 0.0, 0.0, 0.0, -0.2), ZERO, (nan,) * 6,
        (0.5, 0.0, inf, 0.0, 0.0, 0.0)]),
}


def expected_factor(log, now, timing):
    """Work out from the whole log what factor is due."""
    times = [time for time, _, _ in log] + [now]
    # Everything up to the last moment that does not follow the one before is void.
    begin = max([i for i in range(1, len(times))
                 if not 0.0 <= times[i] - times[i - 1] <= timing.stop_timeout], default=0)
    heard = {kind: [(time, value) for time, what, value in log[begin:] if what == kind]
             for kind in MESSAGES}

    def recent(kind, timeout):
        return [value for time, value in heard[kind] if now - time <= timeout]

    stops, limits = recent('stop', timing.stop_timeout), recent('limit', timing.stop_timeout)
    # The run of stop messages without a gap that reaches up to now.
    run = [time for time, _ in heard['stop']]
    while gaps := [i for i in range(1, len(run)) if run[i] - run[i - 1] > timing.stop_timeout]:
        run = run[gaps[-1]:]
    commands = recent('command', timing.command_timeout)
    go = (stops and not any(stops) and now - run[0] > timing.stop_timeout
          and limits and all(0.0 < limit <= 1.0 for limit in limits)
          and commands and all(map(isfinite, commands[-1])))
    return (min(limits), commands[-1]) if go else (0.0, ZERO)


class AnyOrder(RuleBasedStateMachine):
    """Messages, silences and odd clocks in any order."""

    timing = GateTiming(command_timeout=0.4)

    def __init__(self):
        super().__init__()
        self.gate = CommandGate(self.timing)
        self.now = 0.0
        self.log = []

    def hear(self, kind, value):
        self.log.append((self.now, kind, value))
        {'stop': self.gate.hear_stop, 'limit': self.gate.hear_speed_limit,
         'command': self.gate.hear_command}[kind](value, self.now)

    @rule(data=st.data(), kind=st.sampled_from(sorted(MESSAGES)))
    def message(self, data, kind):
        self.hear(kind, data.draw(MESSAGES[kind]))

    @rule(count=st.integers(1, 15), limit=st.sampled_from([1.0, 0.3]),
          silent=st.sampled_from(['', '', '', '', *sorted(MESSAGES)]))
    def all_is_well(self, count, limit, silent):
        for _ in range(count):
            self.now += 0.0625      # exact, so that the oracle's sums are the gate's
            for kind, value in (('stop', False), ('limit', limit), ('command', FORWARD)):
                if kind != silent:
                    self.hear(kind, value)
            self.look()

    @rule(seconds=st.sampled_from([0.0, 0.0625, 0.25, 0.4375, 0.5, 0.5625, 3.0, -0.125, -9.0]))
    def pass_time(self, seconds):
        self.now += seconds

    @rule()
    def look(self):
        self.log.append((self.now, 'look', None))
        factor, command = expected_factor(self.log, self.now, self.timing)
        passage = self.gate.passage(self.now)
        assert passage.factor == factor
        assert passage.command == (
            tuple(value * factor for value in command) if factor else ZERO)

    @invariant()
    def nothing_passes_without_all_three(self):
        # A clock that goes back tells no ages: the gate forgets all that it heard before.
        times = [time for time, _, _ in self.log]
        begin = max([i for i in range(1, len(times)) if times[i] < times[i - 1]], default=0)
        fresh = {kind: [value for time, what, value in self.log[begin:] if what == kind
                        and 0.0 <= self.now - time <= timeout]
                 for kind, timeout in (('stop', 0.5), ('limit', 0.5), ('command', 0.4))}
        self.log.append((self.now, 'look', None))
        if self.gate.passage(self.now).command != ZERO:
            assert fresh['stop']
            assert not any(fresh['stop'])
            assert fresh['limit']
            assert all(0.0 < limit <= 1.0 for limit in fresh['limit'])
            assert fresh['command']
            assert all(map(isfinite, fresh['command'][-1]))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
