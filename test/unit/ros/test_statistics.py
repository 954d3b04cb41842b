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
"""Counters, rates and percentiles of one camera."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.ros.statistics import CameraStatistics
from seg_node.scoring.percentiles import Percentiles


def test_nothing_measured_is_zero():
    statistics = CameraStatistics()
    assert statistics.counted('malformed') == 0
    assert statistics.rate(100.0) == 0.0
    assert statistics.percentiles('inference') == Percentiles(0.0, 0.0, 0.0, 0.0)


def test_events_are_counted_each_for_itself():
    statistics = CameraStatistics()
    statistics.count('malformed')
    statistics.count('lost', 3)
    statistics.count('lost', 2)
    assert (statistics.counted('malformed'), statistics.counted('lost')) == (1, 5)


def test_the_rate_is_that_of_the_last_seconds():
    statistics = CameraStatistics()
    for index in range(200):
        statistics.arrived(index * 0.04)
    newest = 199 * 0.04
    assert statistics.rate(newest) == pytest.approx(25.0, abs=0.5)
    assert statistics.rate(newest + 1.5) == pytest.approx(12.5, abs=0.5)
    assert statistics.rate(newest + 10.0) == 0.0
    assert statistics.counted('received') == 200


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=300))
def test_percentiles_are_ordered_and_within_what_was_measured(values):
    statistics = CameraStatistics()
    for value in values:
        statistics.took('inference', value)
    found = statistics.percentiles('inference')
    window = values[-200:]
    assert min(window) - 1e-3 <= found.p50 <= found.p95 <= found.p99 <= max(window) + 1e-3


def test_old_durations_are_forgotten():
    statistics = CameraStatistics()
    for value in [1000.0] * 200 + [1.0] * 200:
        statistics.took('decode', value)
    assert statistics.percentiles('decode') == Percentiles(1.0, 1.0, 1.0, 1.0)


def test_no_count_is_lost_between_threads():
    statistics = CameraStatistics()

    def work():
        for _ in range(1000):
            statistics.count('processed')

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statistics.counted('processed') == 4000
