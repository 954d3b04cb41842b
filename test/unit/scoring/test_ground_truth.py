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

from seg_node.scoring.ground_truth import (
    code_table,
    is_path,
    NOT_PATH,
    path_truth,
    SOME_PATH,
    UNKNOWN,
)

CODES = np.array([[0, 1, 2, SOME_PATH, NOT_PATH, UNKNOWN]], np.uint8)


def test_partial_labels_and_drivable_classes_are_path():
    assert is_path(CODES, (1,)).tolist() == [[False, True, False, True, False, False]]
    assert is_path(CODES, (0, 2)).tolist() == [[True, False, True, True, False, False]]


def test_a_source_of_partial_labels_needs_no_classes():
    truth = path_truth(CODES, ())
    assert truth.path.tolist() == [[False, False, False, True, False, False]]
    assert truth.known.tolist() == [[True, True, True, True, True, False]]


def test_ids_without_a_code_are_unknown():
    table = code_table({0: NOT_PATH, 7: SOME_PATH})
    assert table[[0, 7, 1, 255]].tolist() == [NOT_PATH, SOME_PATH, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize('index', [SOME_PATH, UNKNOWN, -1])
def test_a_class_id_that_is_a_code_is_refused(index):
    with pytest.raises(ValueError, match=f'drivable class id {index}'):
        path_truth(CODES, (index,))


def test_maps_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r'confidence: \[2, 2\], the truth is \[1, 6\]'):
        path_truth(CODES, ()).check_size('confidence', np.zeros((2, 2)))
