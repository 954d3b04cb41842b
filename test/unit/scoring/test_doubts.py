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

"""A doubt held against the truth."""

from __future__ import annotations

import numpy as np
import pytest

from seg_node.scoring.doubts import is_right
from seg_node.scoring.ground_truth import NOT_PATH, UNKNOWN

BOX = (0.4, 0.2, 0.6, 0.8)


@pytest.mark.parametrize(('rows', 'code', 'right'), [
    ((0, 65), NOT_PATH, False),        # all but its foot
    ((65, 80), NOT_PATH, True), ((65, 69), NOT_PATH, False), ((65, 70), NOT_PATH, True),
    ((65, 80), UNKNOWN, None), ((65, 70), UNKNOWN, False)])
def test_what_is_at_the_foot_counts(rows, code, right):
    codes = np.ones((100, 100), np.uint8)
    codes[slice(*rows)] = code
    assert is_right(BOX, codes, [1]) is right


def test_what_is_not_in_the_image_is_not_known():
    assert is_right((1.0, 0.2, 1.0, 0.8), np.ones((10, 10), np.uint8), [1]) is None
