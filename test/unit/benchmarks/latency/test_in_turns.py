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

"""What a decision waits for where more is asked: turns held against their neighbours."""

from __future__ import annotations

import pytest

pytest.importorskip('sensor_msgs')

from benchmarks.latency.in_turns import compare
from seg_node.errors import UserError

SECOND = 10**9


def log(*kinds, heard=3):
    return [*(f'{kind},{10 * at * SECOND},{10 * (at + 1) * SECOND}'
              for at, kind in enumerate(kinds)), f'heard,/points,{heard}']


def test_each_turn_is_held_against_its_neighbours():
    # The machine grows slower from turn to turn; what is asked costs 2 ms.
    times = {('camera', (10 * at + second) * SECOND): 10.0 + 4 * at + 2 * (at % 2 == 1)
             for at in range(5) for second in range(1, 10)}
    found = compare(times, log('without', 'with', 'without', 'with', 'without'))
    assert found.difference == pytest.approx(2.0)
    assert [turn.asked for turn in found.turns] == [False, True, False, True, False]
    assert found.heard == {'/points': 3}


def test_the_first_second_of_a_turn_does_not_count():
    times = {('camera', 10 * at * SECOND + part): 10.0 + 50 * (part < SECOND)
             for at in range(2) for part in (SECOND // 2, 2 * SECOND)}
    found = compare(times, log('with', 'without'))
    assert found.asked.max == found.not_asked.max == 10.0


def test_what_was_never_published_costs_nothing_and_is_an_error():
    times = {('camera', 5 * SECOND): 10.0, ('camera', 15 * SECOND): 10.0}
    with pytest.raises(UserError, match='/points'):
        compare(times, log('with', 'without', heard=0))
    with pytest.raises(UserError, match='turn of each kind'):
        compare(times, log('with', 'with'))
