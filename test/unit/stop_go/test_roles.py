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

"""Several cameras make one decision."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go import (
    combine,
    Decision,
    Direction,
    directions,
    Duty,
    Finding,
    Reason,
    Role,
    Verdict,
)

NAN = float('nan')
FORWARD, REVERSE = Direction.FORWARD, Direction.REVERSE
BOTH = {FORWARD, REVERSE}
AHEAD, BEHIND = Role(FORWARD), Role(REVERSE)
ADVISES = Role(None, Duty.ADVISORY)
MILDNESS = [Decision.STOP, Decision.SLOW, Decision.GO]

GO = Verdict(Decision.GO, Reason.CLEAR, 'path clear', 0.1, 0.5)
SLOW = Verdict(Decision.SLOW, Reason.SLOW_CLASS, 'speed_bump at 3 m', 3.0, 5.0)


def stopped(reason: Reason) -> Verdict:
    return Verdict(Decision.STOP, reason, reason.value, 1, 2)


@pytest.mark.parametrize(('speed', 'command', 'expected'), [
    (1.0, None, {FORWARD}), (-1.0, None, {REVERSE}), (1.0, 0.5, {FORWARD}),
    (1.0, -0.5, BOTH), (-0.06, 0.5, BOTH), (0.05, -1.0, {REVERSE}), (0.051, None, {FORWARD}),
    (0.0, 0.0, BOTH), (None, None, BOTH),
    (0.05, None, BOTH), (-0.05, 0.05, BOTH), (NAN, 1.0, BOTH), (1.0, NAN, BOTH),
    (float('inf'), None, {FORWARD}), (float('-inf'), None, {REVERSE}),
    (float('inf'), -0.5, BOTH)])
def test_directions_that_must_be_free(speed, command, expected):
    assert directions(speed, command) == expected


@given(st.none() | st.floats())
def test_a_command_alone_does_not_tell_where_the_vehicle_rolls(command):
    assert directions(None, command) == BOTH


@given(st.none() | st.floats(), st.none() | st.floats())
def test_the_way_driven_and_the_way_commanded_are_always_among_them(speed, command):
    found = directions(speed, command)
    assert found
    for value in (speed, command):
        if value is not None and value > 0.05:
            assert FORWARD in found
        if value is not None and value < -0.05:
            assert REVERSE in found


def test_no_camera_is_stop():
    for driving in (BOTH, {FORWARD}, set()):
        verdict = combine({}, {}, driving)
        assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.NOT_ACTIVE)


@pytest.mark.parametrize('verdict', [GO, SLOW, stopped(Reason.STALE)])
def test_one_camera_speaks_for_itself(verdict):
    assert combine({'front': verdict}) is verdict


def test_all_cameras_must_go():
    assert combine({'front': GO, 'rear': GO}).decision is Decision.GO
    assert combine({'front': GO, 'rear': GO}).text == 'front: path clear'
    assert combine({'front': GO, 'rear': SLOW}).text == 'rear: speed_bump at 3 m'


@pytest.mark.parametrize('reason', [Reason.CLEAR, Reason.SLOW_CLASS])
def test_a_stop_stops_whatever_its_reason(reason):
    odd = stopped(reason)
    for drive in (GO, SLOW):
        for verdicts in ({'front': drive, 'rear': odd}, {'rear': odd, 'front': drive}):
            assert combine(verdicts).decision is Decision.STOP


@pytest.mark.parametrize('verdicts', [
    {'front': stopped(Reason.BLOCKED), 'rear': GO},
    {'front': GO, 'rear': stopped(Reason.BLOCKED)}])
def test_no_direction_at_all_is_both(verdicts):
    roles = {'front': AHEAD, 'rear': BEHIND}
    assert combine(verdicts, roles, set()) == combine(verdicts, roles, BOTH)
    assert combine(verdicts, roles, set()).reason is Reason.BLOCKED
    missing = combine({'front': GO}, {'front': AHEAD}, set())
    assert missing.text == 'no required camera watches the reverse direction'


def test_a_camera_tied_to_a_direction_counts_only_there():
    roles = {'front': AHEAD, 'rear': BEHIND}
    verdicts = {'front': GO, 'rear': stopped(Reason.BLOCKED)}
    assert combine(verdicts, roles, {FORWARD}).decision is Decision.GO
    assert combine(verdicts, roles, {REVERSE}).reason is Reason.BLOCKED
    assert combine(verdicts, roles, BOTH).reason is Reason.BLOCKED


@pytest.mark.parametrize(('roles', 'driving', 'missing'), [
    ({'front': AHEAD}, {REVERSE}, 'reverse'), ({'front': AHEAD}, BOTH, 'reverse'),
    ({'front': BEHIND}, {FORWARD}, 'forward'), ({'front': ADVISES}, {FORWARD}, 'forward'),
    ({'front': Role(FORWARD, Duty.ADVISORY)}, {FORWARD}, 'forward')])
def test_a_direction_that_no_required_camera_watches_is_stop(roles, driving, missing):
    verdict = combine({'front': GO}, roles, driving)
    assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.UNWATCHED)
    assert verdict.text == f'no required camera watches the {missing} direction'
    idle = combine({'front': stopped(Reason.NOT_ACTIVE)}, roles, BOTH)
    assert (idle.decision, idle.reason) == (Decision.STOP, Reason.NOT_ACTIVE), 'weighs more'


@pytest.mark.parametrize('reason', Reason)
def test_an_advisory_camera_stops_for_the_road_but_not_for_its_faults(reason):
    verdict = combine({'front': GO, 'side': stopped(reason)}, {'side': ADVISES})
    assert (verdict.decision is Decision.GO) == reason.is_fault


def test_an_advisory_camera_slows():
    assert combine({'front': GO, 'side': SLOW}, {'side': ADVISES}).decision is Decision.SLOW


@pytest.mark.parametrize('role', [Role(), ADVISES])
@pytest.mark.parametrize(('seen', 'speaks'), [
    (GO, Reason.BOND_BROKEN), (SLOW, Reason.BOND_BROKEN),
    (stopped(Reason.BLOCKED), Reason.BOND_BROKEN),
    (stopped(Reason.NOT_ACTIVE), Reason.NOT_ACTIVE)])
def test_what_lies_beside_the_cameras_stops_whatever_they_say(seen, speaks, role):
    beside = Finding(Reason.BOND_BROKEN, 'nobody watches')
    verdict = combine({'front': seen, 'side': GO}, {'side': role}, BOTH, beside)
    assert (verdict.decision, verdict.reason) == (Decision.STOP, speaks)


verdicts = st.sampled_from([GO, SLOW, *(stopped(reason) for reason in Reason)])
roles = st.builds(Role, st.sampled_from([None, FORWARD, REVERSE]), st.sampled_from(Duty))
drives = st.sets(st.sampled_from(Direction))


@given(st.dictionaries(st.text(min_size=1), st.tuples(verdicts, roles)), drives)
@example({'a': (SLOW, Role()), 'b': (stopped(Reason.SLOW_CLASS), Role())}, {FORWARD})
def test_never_milder_than_any_camera_that_counts(cameras, driving):
    seen = {name: verdict for name, (verdict, _) in cameras.items()}
    parts = {name: role for name, (_, role) in cameras.items()}
    result = combine(seen, parts, driving)
    driving = driving or BOTH
    for verdict, role in cameras.values():
        concerned = role.direction is None or role.direction in driving
        excused = (role.duty is Duty.ADVISORY and verdict.reason.is_fault
                   and verdict.decision is Decision.STOP)
        if concerned and not excused:
            assert MILDNESS.index(result.decision) <= MILDNESS.index(verdict.decision)
    if result.decision is not Decision.STOP:
        for direction in driving:
            assert any(role.duty is Duty.REQUIRED and role.direction in (None, direction)
                       and verdict.decision is not Decision.STOP
                       for verdict, role in cameras.values())


@given(st.dictionaries(st.text(min_size=1), verdicts, min_size=2))
def test_the_most_serious_reason_speaks(seen):
    result = combine(seen)
    stops = [verdict for verdict in seen.values() if verdict.decision is Decision.STOP]
    worst = min((verdict.reason for verdict in stops or seen.values()), key=list(Reason).index)
    assert result.reason is worst
    name = next(name for name, verdict in seen.items()
                if verdict.reason is worst and verdict.decision is result.decision)
    assert result.text == f'{name}: {seen[name].text}'
    assert (result.measured, result.limit) == (seen[name].measured, seen[name].limit)
