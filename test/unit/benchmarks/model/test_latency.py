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

"""Timing in turns, on a clock of the test's own."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.model.latency import Latency, race, summarize, Timing

IMAGES = [np.full((4, 4, 3), value, np.uint8) for value in (1, 2, 3)]


class Clock:
    """Time that passes only when somebody works."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Worker:
    """A contender that takes a known time, most of it in its network."""

    def __init__(self, name, clock, seconds, log):
        self.name, self.clock, self.seconds, self.log = name, clock, seconds, log
        self.inference_s = 0.0
        self.mask_seconds = 0.001

    def segment(self, bgr):
        self.log.append((self.name, int(bgr[0, 0, 0])))
        self.clock.now += self.seconds
        self.inference_s = self.seconds
        return self

    @property
    def mask(self):
        self.clock.now += self.mask_seconds
        return np.zeros((4, 4), np.uint8)


def rounds_of(*seconds, rounds, warm_up=0):
    clock, log = Clock(), []
    workers = [Worker(name, clock, each, log)
               for name, each in zip('ABC', seconds, strict=False)]
    return list(race(workers, IMAGES, rounds, warm_up, clock)), log


def test_contenders_take_turns_on_the_same_image():
    found, log = rounds_of(0.01, 0.02, 0.03, rounds=40)
    assert [image for _, image in log] == [1 + k // 3 % 3 for k in range(120)]
    rounds = [''.join(name for name, _ in log[k:k + 3]) for k in range(0, 120, 3)]
    # Each in its turn, in every order, and told in the order of the contenders.
    assert set(rounds) == {'ABC', 'ACB', 'BAC', 'BCA', 'CAB', 'CBA'}
    assert all([each.inference for each in one] == [0.01, 0.02, 0.03] for one in found)
    assert log == rounds_of(0.01, 0.02, 0.03, rounds=40)[1]


def test_the_rounds_of_the_warm_up_do_not_count():
    found, log = rounds_of(0.01, 0.02, rounds=3, warm_up=2)
    assert len(found) == 3 and len(log) == 10


def test_the_mask_belongs_to_the_time_of_the_frame():
    [[first, second]], _ = rounds_of(0.01, 0.02, rounds=1)
    assert first.frame == pytest.approx(0.011) and first.inference == 0.01
    assert second.frame == pytest.approx(0.021) and second.inference == 0.02


def test_the_ratio_is_that_of_each_round():
    """The machine gets four times slower for half of the rounds: the ratio does not notice."""
    rounds = [(Timing(0.01 * slow, 0.01), Timing(0.04 * slow, 0.04)) for slow in (1, 4) * 10]
    found = summarize(rounds, 0, reference=1)
    assert found.ratio == pytest.approx(0.25)
    assert found.ratio_low == pytest.approx(0.25) == found.ratio_high
    assert found.median_ms == pytest.approx(25.0)
    assert summarize(rounds, 1, reference=1).ratio == 1.0


def test_a_single_slow_frame_shows_in_neither_median():
    rounds = [(Timing(0.01, 0.01),)] * 99 + [(Timing(1.0, 1.0),)]
    assert summarize(rounds, 0, None) == Latency(
        pytest.approx(10.0), pytest.approx(10.0), pytest.approx(10.0), None, None, None)
