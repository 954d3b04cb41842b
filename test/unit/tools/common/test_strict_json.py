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

"""JSON that every reader takes, whatever came out of a measurement."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from seg_node.tools.common.strict_json import strict_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner))


@given(values)
def test_no_reader_stumbles(content):
    def refuse(constant):
        raise AssertionError(constant)

    json.loads(strict_json(content), parse_constant=refuse)


def test_what_is_no_number_is_null():
    found = json.loads(strict_json({'a': [math.nan, math.inf, 0.1234567], 'b': (1, 'x')}))
    assert found == {'a': [None, None, 0.123457], 'b': [1, 'x']}
    assert json.loads(strict_json([math.nan, 0.1234567], digits=None)) == [None, 0.1234567]
