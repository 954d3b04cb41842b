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

"""
Ground truth as label codes, and what it says of the path.

A code map is uint8 [H, W]: class ids of a model, or one of the codes below where the truth knows
less than the class. Class ids end before SOME_PATH.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SOME_PATH = 100
"""Drivable, of a class unknown."""
NOT_PATH = 101
"""Not drivable, of a class unknown."""
UNKNOWN = 255
"""Nothing is known, and nothing is scored."""


@dataclass(frozen=True, eq=False)
class PathTruth:
    """
    What is path in an image: `path` and `known`, bool [H, W] each.

    `path` is False wherever `known` is False.
    """

    path: NDArray[np.bool_]
    known: NDArray[np.bool_]

    def check_size(self, name: str, values: NDArray[np.generic]) -> None:
        """Raise ValueError unless a map has the truth's size."""
        if values.shape != self.path.shape:
            raise ValueError(
                f'{name}: {list(values.shape)}, the truth is {list(self.path.shape)}; '
                'both must have the same size')


def code_table(pairs: Mapping[int, int]) -> NDArray[np.uint8]:
    """Return uint8 [256] from the ids in a data set's masks to codes; other ids are UNKNOWN."""
    table = np.full(256, UNKNOWN, np.uint8)
    for source, code in pairs.items():
        table[source] = code
    return table


def is_path(codes: NDArray[np.uint8], drivable_ids: Iterable[int]) -> NDArray[np.bool_]:
    """
    Return where codes, uint8 of any shape, are drivable.

    :param drivable_ids: class ids that are, as Model.drivable_ids gives them.
    """
    return _path_table(drivable_ids)[codes]


def path_truth(codes: NDArray[np.uint8], drivable_ids: Iterable[int]) -> PathTruth:
    """
    Return what codes, uint8 [H, W], say of the path.

    :raises ValueError: for a drivable id that collides with the codes.
    """
    return PathTruth(is_path(codes, drivable_ids), codes != UNKNOWN)


def _path_table(drivable_ids: Iterable[int]) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[SOME_PATH] = True
    for index in drivable_ids:
        if not 0 <= index < SOME_PATH:
            raise ValueError(
                f'drivable class id {index}: must lie below {SOME_PATH}, where the codes of '
                'partial labels begin')
        table[index] = True
    return table
