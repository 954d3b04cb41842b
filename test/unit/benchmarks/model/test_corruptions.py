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

import numpy as np
import pytest

from benchmarks.model.corruptions import STRENGTHS, SUITE
from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH, UNKNOWN
from seg_node.simulation import demo_drive

IMAGE = demo_drive(160, 120).frame(2.0).bgr
CODES = np.full((120, 160), NOT_PATH, np.uint8)
CODES[60:, 40:120] = SOME_PATH
KINDS = {kind.name: kind for kind in SUITE}
SEEDS = range(6)

every_kind = pytest.mark.parametrize('kind', SUITE, ids=lambda kind: kind.name)


def test_there_are_twelve():
    assert len(KINDS) == len(SUITE) == 12


@every_kind
def test_the_result_is_a_image_of_the_same_size_with_its_labels(kind):
    before = IMAGE.copy()
    for strength in STRENGTHS:
        bgr, codes = kind.apply(IMAGE, CODES, strength, seed=1)
        assert bgr.shape == IMAGE.shape and bgr.dtype == np.uint8
        assert codes.shape == CODES.shape and codes.dtype == np.uint8
        assert not np.shares_memory(codes, CODES) and not np.shares_memory(bgr, IMAGE)
    assert (before == IMAGE).all()


@every_kind
def test_the_same_seed_gives_the_same_image(kind):
    one, two = (kind.apply(IMAGE, CODES, 2, seed=5) for _ in range(2))
    assert np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


@every_kind
@pytest.mark.parametrize('seed', SEEDS)
def test_stronger_is_more_different(kind, seed):
    away = [np.abs(kind.apply(IMAGE, CODES, strength, seed)[0].astype(float) - IMAGE).mean()
            for strength in STRENGTHS]
    assert 0 < away[0] < away[1] < away[2]


@pytest.mark.parametrize('name', sorted(set(KINDS) - {'pitch'}))
def test_labels_stay_where_pixels_stay(name):
    assert (KINDS[name].apply(IMAGE, CODES, 3, seed=0)[1] == CODES).all()


@pytest.mark.parametrize('seed', SEEDS)
def test_labels_move_with_the_pixels(seed):
    """Paint the labels as an image: after the turn they still lie on each other."""
    painted = np.repeat(np.where(CODES == SOME_PATH, 200, 20).astype(np.uint8)[..., None], 3, 2)
    bgr, codes = KINDS['pitch'].apply(painted, CODES, 3, seed)
    known = codes != UNKNOWN
    agree = (bgr[..., 0] > 110) == (codes == SOME_PATH)
    assert agree[known].mean() > 0.99
    assert 0.02 < (~known).mean() < 0.3     # came into view, nobody knows what it is
    assert (codes == CODES).mean() < 0.95


def test_up_and_down_both_occur():
    unknown_on_top = {bool((KINDS['pitch'].apply(IMAGE, CODES, 2, seed)[1][0] == UNKNOWN).all())
                      for seed in range(12)}
    assert unknown_on_top == {True, False}


def test_there_is_no_fourth_strength():
    with pytest.raises(ValueError, match='strength 4'):
        SUITE[0].apply(IMAGE, CODES, 4, seed=0)
