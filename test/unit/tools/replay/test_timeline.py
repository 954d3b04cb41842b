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

from hypothesis import given, strategies
import pytest

from seg_node.tools.replay.timeline import Timeline

MS = 10**6
BEGIN = 5_000 * MS
moments = strategies.integers(0, 100_000 * MS)
gaps = strategies.lists(strategies.integers(0, 1_000 * MS), min_size=1, max_size=30)
rates = strategies.floats(0.01, 100.0)
controls = strategies.sampled_from(['pause', 'resume', 'step', 'pass', 'none'])


def started(rate: float = 1.0, paused: bool = False) -> Timeline:
    timeline = Timeline(rate, paused)
    timeline.start(BEGIN)
    return timeline


def test_nothing_is_due_before_the_start() -> None:
    timeline = Timeline()
    assert timeline.wait(0, BEGIN) is None
    assert timeline.position(BEGIN) == 0


@given(rates, moments)
def test_deadlines_are_those_of_the_recording_at_that_rate(rate: float, position: int) -> None:
    timeline = started(rate)
    due = timeline.wait(position, BEGIN)
    assert due is not None
    assert due == pytest.approx(position / rate, abs=1)
    assert timeline.lateness(position, BEGIN + due) == 0
    # Whoever looks when it is due finds the replay there.
    assert timeline.position(BEGIN + due) == pytest.approx(position, abs=1 + rate)


@given(rates, gaps, gaps)
def test_lateness_never_accumulates(rate: float, intervals: list[int], delays: list[int]) -> None:
    timeline = started(rate)
    now, position = BEGIN, 0
    for interval, delay in zip(intervals, delays, strict=False):
        position += interval
        wait = timeline.wait(position, now)
        assert wait is not None
        now += wait
        now += delay
        timeline.passed(position, True)
        assert timeline.lateness(position, now) == pytest.approx(
            max(0, now - BEGIN - position / rate), abs=1)


@given(rates, moments, moments, moments)
def test_a_pause_moves_all_deadlines_by_its_length(
    rate: float, before: int, pause: int, position: int,
) -> None:
    plain, paused = started(rate), started(rate)
    paused.pause(BEGIN + before)
    assert paused.wait(position, BEGIN + before + pause) is None
    assert paused.lateness(position, BEGIN + before + pause) is None
    paused.resume(BEGIN + before + pause)
    now = BEGIN + before
    expected = plain.wait(position, now)
    assert paused.wait(position, now + pause) == pytest.approx(expected, abs=2 + 1 / rate)


@given(rates, strategies.lists(strategies.tuples(controls, moments), max_size=40))
def test_time_never_goes_back_and_nothing_passes_while_paused(
    rate: float, events: list[tuple[str, int]],
) -> None:
    timeline = started(rate)
    now, place, steps, paused = BEGIN, 0, 0, False
    next_message = 0
    for control, elapsed in events:
        now += elapsed
        if control == 'pause':
            timeline.pause(now)
            steps, paused = (steps, True) if paused else (0, True)
        elif control == 'resume':
            timeline.resume(now)
            paused = False
        elif control == 'step':
            assert timeline.step() == paused
            steps += paused
        elif control == 'pass':
            held = timeline.wait(next_message, now) is None
            assert held == (paused and not steps)
            if timeline.wait(next_message, now) == 0:
                timeline.passed(next_message, True)
                steps -= paused
                next_message += 20 * MS
        assert timeline.paused == paused
        assert timeline.position(now) >= place
        place = timeline.position(now)


def test_steps_let_one_group_each_pass() -> None:
    timeline = started(paused=True)
    assert timeline.wait(0, BEGIN) is None
    assert timeline.step()
    assert timeline.step()
    # camera_info, then the image that ends the step.
    passed = []
    for index in range(10):
        if timeline.wait(index * 10 * MS, BEGIN) == 0:
            timeline.passed(index * 10 * MS, index % 2 == 1)
            passed.append(index)
    assert passed == [0, 1, 2, 3]
    assert timeline.position(BEGIN + 99_999 * MS) == 30 * MS
    timeline.resume(BEGIN + 1_000 * MS)
    assert timeline.wait(40 * MS, BEGIN + 1_000 * MS) == 10 * MS


def test_steps_that_were_not_used_are_gone_after_resuming() -> None:
    timeline = started(paused=True)
    timeline.step()
    timeline.resume(BEGIN)
    timeline.pause(BEGIN)
    assert timeline.wait(0, BEGIN) is None


def test_started_paused_it_stands_at_the_beginning() -> None:
    timeline = started(paused=True)
    assert timeline.position(BEGIN + 50 * MS) == 0
    timeline.resume(BEGIN + 50 * MS)
    assert timeline.wait(7 * MS, BEGIN + 50 * MS) == 7 * MS


@given(rates, moments, moments, moments)
def test_what_is_held_goes_on_where_it_was(
    rate: float, before: int, held: int, position: int,
) -> None:
    plain, timeline = started(rate), started(rate)
    timeline.hold(BEGIN + before)
    place = timeline.position(BEGIN + before)
    assert timeline.position(BEGIN + before + held) == place
    assert timeline.wait(position, BEGIN + before + held) is None
    timeline.hold(BEGIN + before + held)
    timeline.start(BEGIN + before + held)
    assert timeline.position(BEGIN + before + held) == place
    assert timeline.lateness(place, BEGIN + before + held) == 0
    expected = plain.wait(position, BEGIN + before)
    assert timeline.wait(position, BEGIN + before + held) == pytest.approx(
        expected, abs=2 + 1 / rate)


def test_a_pause_while_held_outlasts_it() -> None:
    timeline = started(1.0)
    timeline.hold(BEGIN + 10 * MS)
    timeline.pause(BEGIN + 20 * MS)
    timeline.start(BEGIN + 30 * MS)
    assert timeline.position(BEGIN + 99 * MS) == 10 * MS
    timeline.hold(BEGIN + 99 * MS)      # paused already
    timeline.resume(BEGIN + 100 * MS)
    assert timeline.position(BEGIN + 105 * MS) == 15 * MS
