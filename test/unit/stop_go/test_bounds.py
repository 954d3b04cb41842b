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

"""Numbers with a permitted range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from seg_node.stop_go.bounds import Bound, bounded, bounds_of, check_bounds, switch


@dataclass(frozen=True)
class Settings:
    share: float = bounded(0.5, 0.0, 1.0, 'a share')
    count: int = bounded(2, 1, 10, 'a count')
    loud: bool = switch(False, 'whether it is loud')
    free: str = 'anything'

    def __post_init__(self) -> None:
        check_bounds(self)


def test_defaults_and_bounds():
    assert (Settings().share, Settings().count, Settings().loud) == (0.5, 2, False)
    assert bounds_of(Settings) == bounds_of(Settings()) == {
        'share': Bound(0.0, 1.0, 'a share'), 'count': Bound(1, 10, 'a count'),
        'loud': Bound(0, 1, 'whether it is loud')}


@pytest.mark.parametrize('change', [
    {'share': 0}, {'share': 1.0}, {'share': np.float64(0.3)}, {'count': 1}, {'count': 10},
    {'count': np.int64(3)}, {'loud': True}, {'free': None}])
def test_what_fits_is_taken(change):
    [(name, value)] = change.items()
    assert getattr(Settings(**change), name) is value


@pytest.mark.parametrize(('change', 'message'), [
    ({'share': 1.001}, 'share: 1.001 is not a number from 0 to 1 .a share.'),
    ({'share': -0.001}, 'share: -0.001'), ({'share': float('nan')}, 'share: nan'),
    ({'share': float('inf')}, 'share: inf'), ({'share': '0.5'}, "share: '0.5'"),
    ({'share': None}, 'share: None'), ({'share': True}, 'share: True'),
    ({'count': 0}, 'count: 0 is not a whole number from 1 to 10'), ({'count': 11}, 'count: 11'),
    ({'count': 2.0}, 'count: 2.0'), ({'count': True}, 'count: True'),
    ({'loud': 1}, 'loud: 1 is not true or false .whether it is loud.'),
    ({'loud': 'false'}, "loud: 'false'"), ({'loud': None}, 'loud: None')])
def test_what_does_not_fit_is_refused_by_name(change, message):
    with pytest.raises(ValueError, match=f'^{message}'):
        Settings(**change)
