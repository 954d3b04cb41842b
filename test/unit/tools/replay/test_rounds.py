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

from __future__ import annotations

from itertools import islice

from hypothesis import given, strategies
import pytest

from seg_node.errors import UserError
from seg_node.tools.replay.rounds import rounds, Window

times = strategies.lists(strategies.integers(0, 10**12), min_size=1, max_size=20)
windows = strategies.builds(
    Window, strategies.integers(0, 10**11), strategies.none() | strategies.integers(1, 10**12))


def in_window(recorded: list[int], window: Window) -> list[tuple[int, int]]:
    stop = window.stop_ns
    return [(time, index) for index, time in enumerate(recorded)
            if time >= window.start_ns and (stop is None or time < stop)]


@given(times, windows, strategies.integers(0, 10**9))
def test_positions_go_on_over_rounds(recorded: list[int], window: Window, gap: int) -> None:
    items = in_window(recorded, window)
    if not items:
        with pytest.raises(UserError, match='no messages from'):
            list(rounds(lambda: items, window, True, gap))
        return
    played = list(islice(rounds(lambda: items, window, True, gap), 4 * len(items)))
    positions = [timed.position_ns for timed in played]
    assert positions == sorted(positions)
    assert [timed.item for timed in played] == [index for _, index in items] * 4
    starts = [timed.shift_ns for timed in played[::len(items)]]
    (length,) = {later - earlier for earlier, later in zip(starts, starts[1:], strict=False)}
    last = max(time for time, _ in items) - window.start_ns
    assert last < length <= last + max(1, gap)
    assert window.length_ns is None or length <= window.length_ns


@given(strategies.lists(strategies.integers(0, 10**12), min_size=1).map(sorted), windows)
def test_one_round_keeps_the_recorded_times(recorded: list[int], window: Window) -> None:
    items = in_window(recorded, window)
    if items:
        played = list(rounds(lambda: items, window, False, 0))
        assert [timed.position_ns + window.start_ns for timed in played] == [
            time for time, _ in items]
        assert {timed.shift_ns for timed in played} == {0}


def test_what_lies_before_the_window_is_played_at_its_start() -> None:
    played = list(rounds(lambda: [(0, 'map'), (70, 'a')], Window(50), False, 0))
    assert [(timed.position_ns, timed.item) for timed in played] == [(0, 'map'), (20, 'a')]


def test_a_message_out_of_order_is_played_right_behind() -> None:
    played = list(rounds(lambda: [(5, 'a'), (3, 'b'), (9, 'c')], Window(), False, 0))
    assert [timed.position_ns for timed in played] == [5, 5, 9]


def test_an_empty_part_names_itself_and_the_remedy() -> None:
    with pytest.raises(UserError, match=r'from 3 s on for 0\.5 s.*--start and --duration'):
        list(rounds(list, Window(3 * 10**9, 5 * 10**8), False, 0))
