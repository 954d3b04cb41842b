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

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.scoring.ground_truth import NOT_PATH, path_truth, SOME_PATH, UNKNOWN
from seg_node.scoring.path_score import Interval, iou_interval, PathScore

pixels = st.lists(
    st.tuples(st.booleans(), st.sampled_from([SOME_PATH, NOT_PATH, UNKNOWN])), max_size=40)


def score(pairs):
    predicted = np.array([[guess for guess, _ in pairs]], np.bool_).reshape(1, -1)
    codes = np.array([[code for _, code in pairs]], np.uint8).reshape(1, -1)
    return PathScore.of(predicted, path_truth(codes, ()))


def share(part, whole):
    return part / whole if whole else math.nan


@given(pixels)
def test_the_scores_are_those_of_counting_one_by_one(pairs):
    hit = sum(guess and code == SOME_PATH for guess, code in pairs)
    false = sum(guess and code == NOT_PATH for guess, code in pairs)
    missed = sum(not guess and code == SOME_PATH for guess, code in pairs)
    rest = sum(not guess and code == NOT_PATH for guess, code in pairs)
    found = score(pairs)
    expected = {'iou': share(hit, hit + false + missed), 'precision': share(hit, hit + false),
                'recall': share(hit, hit + missed), 'false_path_rate': share(false, false + rest),
                'f1': share(2 * hit, 2 * hit + false + missed)}
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, nan_ok=True), name


@given(pixels, pixels)
def test_scores_of_images_add_up_to_that_of_both(one, other):
    assert score(one) + score(other) == score(one + other)


def test_sizes_must_agree():
    with pytest.raises(ValueError, match='predicted path'):
        PathScore.of(np.zeros((2, 3), np.bool_), path_truth(np.zeros((3, 2), np.uint8), ()))


def test_the_interval_holds_the_score_and_narrows_with_more_images():
    rng = np.random.default_rng(1)
    images = [PathScore(int(hit), 100, 100, 300) for hit in rng.integers(60, 100, 200)]
    few, many = iou_interval(images[:10]), iou_interval(images)
    assert many.low < sum(images, PathScore()).iou < many.high
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Draw samples of a known population: about 95 of 100 intervals hold its IoU."""
    rng = np.random.default_rng(2)
    everyone = [PathScore(int(hit), 100, 100, 300) for hit in rng.normal(80, 6, 4000)]
    truth = sum(everyone, PathScore()).iou
    inside = 0
    for trial in range(100):
        sample = [everyone[k] for k in rng.integers(0, len(everyone), 60)]
        interval = iou_interval(sample, draws=400, seed=trial)
        inside += interval.low <= truth <= interval.high
    assert 86 <= inside <= 100


def test_equal_images_leave_no_doubt():
    interval = iou_interval([PathScore(3, 4, 4, 9)] * 5)
    assert interval == Interval(0.6, 0.6)


@pytest.mark.parametrize('images', [[], [PathScore(0, 0, 0, 9)]])
def test_no_path_at_all_has_no_interval(images):
    assert math.isnan(iou_interval(images).low)
