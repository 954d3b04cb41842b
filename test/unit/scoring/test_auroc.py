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
import pytest

from seg_node.scoring.auroc import auroc

# Few values, so that ties are common.
scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=20)


@given(scores, scores)
def test_it_is_the_chance_that_a_positive_scores_higher(positive, negative):
    wins = sum((one > other) + 0.5 * (one == other) for one in positive for other in negative)
    assert auroc(positive, negative) == pytest.approx(wins / len(positive) / len(negative))


@given(scores, scores)
def test_it_agrees_with_scikit_learn(positive, negative):
    metrics = pytest.importorskip('sklearn.metrics')
    truth = [1] * len(positive) + [0] * len(negative)
    assert auroc(positive, negative) == pytest.approx(
        metrics.roc_auc_score(truth, positive + negative))


def test_one_kind_alone_cannot_be_told_apart():
    assert math.isnan(auroc([], [1.0])) and math.isnan(auroc([1.0], []))
