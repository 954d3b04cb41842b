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

from seg_node.scoring.confusion import Confusion
from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH, UNKNOWN

CLASSES = 3
pixels = st.lists(st.tuples(
    st.sampled_from([0, 1, 2, 255]),
    st.sampled_from([0, 1, 2, SOME_PATH, NOT_PATH, UNKNOWN])), max_size=60)


def maps(pairs):
    values = np.array(pairs, np.uint8).reshape(-1, 2)
    return values[:, :1], values[:, 1:]


@given(pixels)
def test_ious_are_those_of_sets_of_pixels(pairs):
    ious = Confusion.of(*maps(pairs), CLASSES).ious
    for index in range(CLASSES):
        known = [(guess, code) for guess, code in pairs if code < CLASSES]
        either = sum(index in pair for pair in known)
        both = sum(pair == (index, index) for pair in known)
        assert ious[index] == pytest.approx(both / either if either else math.nan, nan_ok=True)


@given(pixels, pixels)
def test_images_add_up(one, other):
    total = Confusion.of(*maps(one), CLASSES) + Confusion.of(*maps(other), CLASSES)
    assert (total.counts == Confusion.of(*maps(one + other), CLASSES).counts).all()


def test_classes_that_are_not_there_do_not_count():
    confusion = Confusion.of(*maps([(0, 0), (1, 1), (1, 0)]), CLASSES)
    assert np.isnan(confusion.ious[2])
    assert confusion.mean_iou == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert math.isnan(Confusion.empty(CLASSES).mean_iou)


def test_an_unlabelled_pixel_is_a_miss_of_its_class_alone():
    confusion = Confusion.of(*maps([(0, 0), (255, 0)]), CLASSES)
    assert confusion.ious[0] == 0.5
    assert confusion.counts[0, CLASSES] == 1


def test_it_agrees_with_scikit_learn():
    metrics = pytest.importorskip('sklearn.metrics')
    rng = np.random.default_rng(0)
    labels, codes = rng.integers(0, CLASSES, (2, 20, 20)).astype(np.uint8)
    ours = Confusion.of(labels, codes, CLASSES)
    assert (ours.counts[:, :-1] == metrics.confusion_matrix(codes.ravel(), labels.ravel())).all()
    assert ours.ious == pytest.approx(
        metrics.jaccard_score(codes.ravel(), labels.ravel(), average=None))


def test_sizes_must_agree():
    with pytest.raises(ValueError, match='labels'):
        Confusion.of(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8), CLASSES)
