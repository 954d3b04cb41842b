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
import numpy as np
import pytest

from seg_node.tools.replay import tally
from seg_node.tools.replay.tally import LATE_NS, Lateness, Tally

durations = strategies.lists(strategies.integers(0, 10**11), min_size=1, max_size=200)


@given(durations)
def test_lateness_is_that_of_numpy(values: list[int]) -> None:
    lateness = Lateness()
    for value in values:
        lateness.add(value)
    assert lateness.mean_ns == pytest.approx(np.mean(values))
    assert lateness.max_ns == max(values)
    assert lateness.percentiles_ns.p95 == pytest.approx(np.percentile(values, 95))


def test_the_newest_are_kept(monkeypatch) -> None:
    monkeypatch.setattr(tally, 'KEPT', 3)
    lateness = Lateness()
    for value in (10**9, 10**9, 1, 2, 3):
        lateness.add(value)
    assert lateness.percentiles_ns.p50 == 2
    assert (lateness.count, lateness.max_ns) == (5, 10**9)


def test_none_is_zero() -> None:
    assert Lateness().mean_ns == 0
    assert Tally().lines() == []


def test_everything_that_was_not_as_it_should_be_is_told_by_topic() -> None:
    tally = Tally()
    good, bad = tally.topic('/good', 'a/msg/A'), tally.topic('/bad', 'a/msg/A')
    assert tally.topic('/good', 'a/msg/A') is good
    tally.sent(good, 0, True)
    tally.sent(bad, LATE_NS + 1, False)
    tally.sent(bad, LATE_NS, True)
    tally.sent(bad, None, True)
    bad.failed, bad.error, bad.missing = 2, 'out of memory', 3
    first, told_bad, told_good = tally.lines()
    assert (tally.total, tally.failed) == (4, 2)
    assert '6.67 ms on average' in first
    assert 'at most 10.00 ms' in first
    assert told_good.endswith('1 sent')
    for part in ('3 sent', '1 late', '1 while nobody', '2 NOT SENT (out of memory)', '3 MISSING'):
        assert part in told_bad


def test_steps_have_no_lateness() -> None:
    tally = Tally()
    tally.sent(tally.topic('/a', 'a/msg/A'), None, True)
    assert len(tally.lines()) == 1
