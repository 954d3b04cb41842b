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

"""Fewer points hide no STOP, no false GO and no extreme."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluated_runs import Drive, rows_of
from seg_node.tools.evaluate.report.thinning import stretches, thin
from seg_node.tools.evaluate.report.timeline import timeline_data
from seg_node.tools.evaluate.row import columns_of

STATES = st.tuples(st.sampled_from(['go', 'slow', 'stop']), st.sampled_from(['go', 'stop', None]))
VALUES = st.none() | st.floats(-10, 10)


@st.composite
def drives(draw):
    """Return states in stretches, and a series of values."""
    lengths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=12))
    states = [state for length in lengths for state in [draw(STATES)] * length]
    values = draw(st.lists(VALUES, min_size=len(states), max_size=len(states)))
    return states, values


@given(drives(), st.integers(1, 50))
def test_every_stretch_keeps_its_first_and_last_frame(drive, points):
    states, values = drive
    kept = thin(states, [values], points)
    assert kept == sorted(set(kept))
    assert {place for pair in stretches(states) for place in pair} <= set(kept)


@given(drives(), st.integers(1, 50))
def test_what_is_left_out_lies_between_frames_of_its_own_state(drive, points):
    states, values = drive
    kept = thin(states, [values], points)
    for before, after in zip(kept, kept[1:], strict=False):
        assert len(set(states[before:after])) == 1


@given(drives(), st.integers(1, 50))
def test_extremes_and_gaps_stay(drive, points):
    states, values = drive
    kept = thin(states, [values], points)
    known = [value for value in values if value is not None]
    shown = [values[place] for place in kept if values[place] is not None]
    if known:
        assert (min(known), max(known)) == (min(shown), max(shown))
    for place in range(1, len(values)):
        if (values[place] is None) != (values[place - 1] is None) and len(values) > points:
            assert {place - 1, place} <= set(kept)


@given(drives())
def test_stretches_are_the_whole(drive):
    states, _ = drive
    found = stretches(states)
    assert [place for first, last in found for place in range(first, last + 1)] == \
        list(range(len(states)))


def test_no_frame():
    assert thin([], [[]], 10) == []
    assert stretches([]) == []


def test_a_quiet_drive_is_thinned():
    kept = thin(['go'] * 10_000, [[float(k % 100) for k in range(10_000)]], 200)
    assert len(kept) <= 202


def test_a_single_false_go_in_a_long_drive_is_in_its_timeline():
    wrong = {'decision': 'go', 'reason': 'clear', 'truth_decision': 'stop',
             'truth_reason': 'blocked', 'text': 'the one'}
    table = columns_of(rows_of(Drive('long', 5_000, changes={3_333: wrong})))
    data = timeline_data('long', table, 100)
    place = data['index'].index(3_333)
    assert (data['decision'][place], data['truth'][place]) == ('g', 's')
    assert data['reasons'][data['truthReason'][place]][0] == 'blocked'
    assert data['texts'][place] == 'the one'
    assert len(data['index']) < 2_500
    stops = {k for k, decision in enumerate(table['decision']) if decision == 'stop'}
    shown = {index for index, letter in zip(data['index'], data['decision'], strict=True)
             if letter == 's'}
    assert {k for k in stops if k - 1 not in stops} <= shown
