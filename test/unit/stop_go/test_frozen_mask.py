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

"""A network whose answer does not change with what it sees."""

from __future__ import annotations

import numpy as np
import pytest

from seg_node.stop_go.frozen_mask import FrozenMask
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.segmented_image import Inspection, SegmentedImage
from seg_node.stop_go.verdict import Reason

LIMIT = 3
LABELS = np.ones((24, 32), np.uint8)
GRADED = np.arange(24 * 32, dtype=np.uint8).reshape(24, 32)


def answer(labels=LABELS, confidence=GRADED, repeated=False):
    return SegmentedImage(
        32, 24, labels, confidence, Inspection((), Limits(), repeated=repeated))


def answers(watch, count, labels=LABELS, confidence=GRADED, repeated=False, limit=LIMIT):
    return [watch.judge(answer(labels, confidence, repeated), limit) for _ in range(count)]


def test_the_same_answer_to_images_that_differ_is_found_beyond_the_limit():
    told = answers(FrozenMask(), LIMIT + 3)
    assert told[:LIMIT + 1] == [()] * (LIMIT + 1)
    [finding] = told[LIMIT + 1]
    assert finding.reason is Reason.MASK_FROZEN and finding.reason.is_fault
    assert (finding.measured, finding.limit) == (LIMIT + 1, LIMIT)
    assert told[-1][0].measured == LIMIT + 2


@pytest.mark.parametrize('changed', ['labels', 'confidence'])
def test_a_single_pixel_that_changes_clears_it(changed):
    maps = {'labels': LABELS.copy(), 'confidence': GRADED.copy()}
    watch = FrozenMask()
    answers(watch, LIMIT + 1, **maps)
    maps[changed][5, 7] ^= 1
    assert answers(watch, LIMIT + 1, **maps) == [()] * (LIMIT + 1)


def test_a_backend_that_writes_into_the_same_memory_is_not_frozen():
    watch, confidence = FrozenMask(), GRADED.copy()
    for _ in range(3 * LIMIT):
        confidence += 1
        assert watch.judge(answer(confidence=confidence), LIMIT) == ()


def test_an_image_that_repeats_neither_counts_nor_clears():
    watch = FrozenMask()
    answers(watch, LIMIT + 1)
    assert answers(watch, 20, repeated=True) == [()] * 20
    assert answers(watch, 1)[0]


def test_a_network_that_knows_few_confidences_may_repeat_itself():
    assert not any(answers(FrozenMask(), 50, confidence=np.full_like(GRADED, 255)))
    assert not any(answers(FrozenMask(), 50, confidence=GRADED // 32))


def test_an_image_that_nobody_looked_at_says_nothing():
    watch = FrozenMask()
    blind = SegmentedImage(32, 24, LABELS, GRADED)
    assert not any(watch.judge(blind, LIMIT) for _ in range(50))


def test_a_limit_of_0_switches_it_off():
    assert not any(answers(FrozenMask(), 50, limit=0))


def test_another_size_of_answer_is_another_answer():
    watch = FrozenMask()
    answers(watch, LIMIT + 1)
    assert not any(answers(watch, LIMIT + 1, LABELS[::2], GRADED[::2]))
