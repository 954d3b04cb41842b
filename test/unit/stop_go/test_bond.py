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

"""The bond with a lifecycle manager: what it makes of words, goodbyes and silence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go.bond import BEAT_PERIOD, Bond, Broken, Formed, SILENCE, Waiting
from seg_node.stop_go.verdict import Reason

AFTER = SILENCE + 0.001
WORDS = st.tuples(st.sampled_from(['', 'manager', 'second', 'former']), st.booleans(),
                  st.floats(0.0, 20.0))


def formed(now=0.0, **options):
    bond = Bond(options.pop('required', False), **options)
    bond.hear('manager', True, now)
    return bond


@pytest.mark.parametrize(('required', 'reason'), [(False, None), (True, Reason.BOND_MISSING)])
def test_only_a_bond_that_is_required_is_missed(required, reason):
    bond = Bond(required)
    bond.update(1e6)
    finding = bond.finding()
    assert (finding and finding.reason) is reason
    assert bond.state == Waiting()
    bond.hear('manager', True, 1e6)
    assert bond.finding() is None
    assert bond.state == Formed('manager', 1e6)


def test_it_lives_as_long_as_the_manager_is_heard():
    bond = formed()
    for beat in range(1, 100):
        bond.hear('manager', True, beat * BEAT_PERIOD)
        bond.update(beat * BEAT_PERIOD + SILENCE)
        assert bond.finding() is None


def test_silence_breaks_it_for_ever():
    bond = formed()
    bond.update(AFTER)
    finding = bond.finding()
    assert finding.reason is Reason.BOND_BROKEN
    assert (finding.measured, finding.limit) == (AFTER, SILENCE)
    bond.hear('manager', True, AFTER)
    bond.hear('second', True, AFTER)
    assert bond.finding() is finding
    assert bond.manager == 'manager'


@pytest.mark.parametrize('begin', [lambda: Bond(False), lambda: Bond(True), formed])
def test_a_goodbye_breaks_it_also_before_the_first_beat(begin):
    bond = begin()
    bond.hear('manager', False, 1.0)
    assert bond.finding().reason is Reason.BOND_BROKEN
    assert 'let go' in bond.finding().text


def test_a_clock_that_is_no_number_breaks_it():
    bond = formed()
    bond.update(float('nan'))
    assert bond.finding().reason is Reason.BOND_BROKEN


def test_a_second_manager_neither_holds_nor_breaks_it():
    bond = formed()
    bond.hear('second', False, 1.0)
    bond.hear('second', True, 3.0)
    assert bond.strangers == 2
    assert bond.finding() is None
    bond.update(AFTER)
    assert bond.finding().reason is Reason.BOND_BROKEN


def test_late_words_of_the_bond_before_do_not_count():
    bond = Bond(True, former='manager')
    bond.hear('manager', False, 0.0)
    bond.hear('manager', True, 0.0)
    assert bond.state == Waiting()
    bond.hear('next', True, 0.0)
    assert bond.manager == 'next'


@given(st.booleans(), st.lists(WORDS))
def test_once_broken_it_stays_so_and_go_needs_a_live_manager(required, words):
    bond = Bond(required, 'former')
    broken = False
    now = 0.0
    for manager, alive, passed in words:
        now += passed
        bond.update(now)
        bond.hear(manager, alive, now)
        assert not broken or isinstance(bond.state, Broken)
        broken = isinstance(bond.state, Broken)
        may_go = bond.finding() is None
        assert may_go is not broken or isinstance(bond.state, Waiting)
        if required:
            assert may_go is isinstance(bond.state, Formed)
        if isinstance(bond.state, Formed):
            assert now - bond.state.heard <= SILENCE
