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

"""Values as JSON has them, and as the node takes them."""

from __future__ import annotations

import pytest

from seg_node.errors import UserError
from seg_node.tools.view.tuning import Tunable


def accept(kind, value):
    return Tunable('a.b', kind, 0, '').accept(value)


@pytest.mark.parametrize(('kind', 'value', 'taken'), [
    ('switch', True, True), ('integer', 3, 3), ('number', 3, 3.0), ('number', 0.5, 0.5),
    ('text', 'word', 'word'), ('texts', ['a', ''], ['a', '']), ('texts', [], [])])
def test_values_are_taken_in_the_type_of_the_parameter(kind, value, taken):
    found = accept(kind, value)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(('kind', 'value'), [
    ('switch', 1), ('switch', 'true'), ('switch', None), ('integer', True), ('integer', 1.5),
    ('integer', 10**30), ('number', '1'), ('number', True), ('number', float('nan')),
    ('number', 10**400), ('number', None), ('text', 1), ('text', 'a\0b'), ('text', '\ud800'),
    ('texts', 'a'), ('texts', [1]), ('texts', {'a': 1}), ('texts', ['a\nb'])])
def test_values_of_another_kind_are_refused_and_name_the_parameter(kind, value):
    with pytest.raises(UserError, match=r'a\.b: '):
        accept(kind, value)
