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

"""The results of the fault benchmark: what counts as caught, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
import json

import pytest

from benchmarks.faults.main import choose
from benchmarks.faults.table import Clock, Entry, judge, Moment, Results
from seg_node.errors import UserError
from seg_node.tools.common.testbed.messages import StateMessage, StopMessage

BLANK = Entry('dark', 'plain', 'no light', ('camera_dark',))
AT_ONCE = Moment(10.0, 10.0, Clock.IMAGE)


def state(time, decision, reason):
    """Return a message of ~/state."""
    return StateMessage(time, '', {'decision': decision, 'reason': reason})


def beats(*values):
    """Return ~/stop from (time, is STOP) pairs."""
    return [StopMessage(time, stop) for time, stop in values]


def steady(stop, begin, end):
    """Return ~/stop at 20 Hz."""
    return [StopMessage(begin + 0.05 * k, stop) for k in range(round((end - begin) / 0.05))]


def judged(heard, moment=AT_ONCE, states=(), end=12.0):
    return judge(BLANK, moment, heard, states, end)


def test_a_stop_in_time_is_caught():
    entry = judged([*beats((10.02, False)), *steady(True, 10.04, 12.0)])
    assert entry.caught
    assert entry.time_to_stop_ms == pytest.approx(40, abs=0.1)
    assert entry.false_go == 0


def test_a_late_stop_is_not_caught_and_each_go_until_then_is_false():
    entry = judged([*steady(False, 10.0, 10.2), *steady(True, 10.21, 12.0)])
    assert not entry.caught
    assert entry.time_to_stop_ms == pytest.approx(210, abs=0.1)
    assert entry.false_go == 1      # those before 10.1 s were still allowed


def test_no_stop_at_all_is_not_caught():
    entry = judged(steady(False, 10.0, 12.0))
    assert not entry.caught
    assert entry.time_to_stop_ms is None
    assert entry.fault_to_stop_ms is None
    assert entry.false_go > 30


def test_a_go_that_comes_back_while_the_fault_lasts_is_false():
    heard = [*steady(True, 10.01, 11.0), *beats((11.0, False)), *steady(True, 11.05, 12.0)]
    entry = judged(heard)
    assert entry.false_go == 1
    assert not entry.caught


def test_the_time_counts_from_the_moment_the_fault_can_be_known():
    late = Moment(10.0, 10.5, Clock.TIMEOUT)
    entry = judged([*steady(False, 10.0, 10.52), *steady(True, 10.53, 12.0)], late)
    assert entry.caught
    assert entry.knowable_after_ms == 500
    assert entry.fault_to_stop_ms == pytest.approx(530, abs=0.1)
    assert entry.time_to_stop_ms == pytest.approx(30, abs=0.1)


def test_a_stop_before_the_fault_could_be_known_took_no_time():
    late = Moment(10.0, 10.5, Clock.TIMEOUT)
    entry = judged(steady(True, 10.1, 12.0), late)
    assert entry.caught
    assert entry.time_to_stop_ms == 0


def test_what_was_said_before_the_fault_and_after_the_recovery_does_not_count():
    heard = [*steady(False, 9.0, 9.99), *steady(True, 10.05, 12.0), *steady(False, 12.01, 13.0)]
    assert judged(heard).caught


def test_a_node_that_falls_silent_is_stopped_by_its_consumers():
    dead = Moment(10.0, 10.0, Clock.SILENCE)
    entry = judged(beats((10.02, False)), dead)
    assert entry.caught
    assert entry.time_to_stop_ms is None
    assert entry.fault_to_stop_ms == pytest.approx(520, abs=0.1)
    assert entry.longest_silence_ms == pytest.approx(1980, abs=0.1)


def test_a_node_that_should_be_dead_and_says_go_is_not_caught():
    dead = Moment(10.0, 10.0, Clock.SILENCE)
    assert judged(beats((10.02, False), (11.0, False)), dead).false_go == 1


@pytest.mark.parametrize('first', [True, False])
def test_after_a_pause_the_first_word_must_be_stop(first):
    paused = Moment(10.0, 11.2, Clock.RESUME)
    entry = judged([StopMessage(11.202, first), *steady(True, 11.21, 12.0)], paused)
    assert entry.caught is first
    assert entry.false_go == (not first)


def test_reasons_are_those_of_stop_in_the_order_they_were_named():
    states = [state(10.01, 'go', 'clear'), state(10.05, 'stop', 'blocked'),
              state(10.1, 'stop', 'camera_dark'), state(10.2, 'stop', 'blocked')]
    entry = judged(steady(True, 10.04, 12.0), states=states)
    assert entry.reason == 'blocked'
    assert entry.reasons == ('blocked', 'camera_dark')
    assert entry.reason_named


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class Declared:
    name: str
    setup: Named


@pytest.fixture
def results():
    caught = judged(steady(True, 10.03, 12.0), states=[state(10.03, 'stop', 'camera_dark')])
    missed = judged(steady(False, 10.0, 12.0))
    return Results((
        Entry(**{**caught.__dict__, 'go_again_s': 0.6}),
        Entry(**{**missed.__dict__, 'name': 'torn', 'go_again_s': 0.1, 'crash': 'exit code 1'})))


def test_the_json_tells_the_whole_run_and_each_fault(results):
    told = json.loads(json.dumps(results.to_json()))
    assert (told['faults'], told['caught'], told['crashes']) == (2, 1, 1)
    assert told['worst_time_to_stop_ms'] == pytest.approx(30, abs=0.1)
    assert told['false_go'] > 0
    assert [entry['name'] for entry in told['entries']] == ['dark', 'torn']
    assert not results.passed


def test_the_table_has_a_line_for_each_fault_and_shouts_where_one_was_missed(results):
    header, rule, dark, torn, *_ = results.table().splitlines()
    assert header.count('|') == rule.count('|') == dark.count('|') == torn.count('|')
    assert 'camera_dark' in dark
    assert 'NOT CAUGHT' not in dark
    assert 'NOT CAUGHT' in torn
    assert 'CRASH' in torn


def test_nothing_passed_where_go_did_not_come_back():
    caught = judged(steady(True, 10.03, 12.0))
    assert caught.caught
    assert not caught.passed


def test_faults_are_chosen_by_their_names_or_their_setups():
    declared = [Declared('a', Named('x')), Declared('b', Named('y')), Declared('c', Named('x'))]
    assert choose(declared, ()) == declared
    assert [fault.name for fault in choose(declared, ['c', 'a'])] == ['a', 'c']
    assert [fault.name for fault in choose(declared, ['x'])] == ['a', 'c']
    with pytest.raises(UserError, match='nonsense'):
        choose(declared, ['nonsense'])
