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

import math

from hypothesis import given
from hypothesis import strategies as st

from seg_node.scoring.percentiles import Percentiles


@given(st.lists(st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf])))
def test_they_are_ordered_and_within_the_finite_values(values):
    found = Percentiles.of(values)
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        assert all(math.isnan(value) for value in vars(found).values())
        return
    room = 1e-9 * max(map(abs, finite))
    ordered = [min(finite), found.p50, found.p95, found.p99, found.max]
    assert all(low <= high + room for low, high in zip(ordered, ordered[1:], strict=False))
    assert found.max == max(finite)
