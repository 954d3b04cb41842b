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

"""Label codes of the training data: five classes, and what a partial label still knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring import ground_truth
from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH, UNKNOWN

__all__ = ['BACKGROUND', 'CLASSES', 'COMMA10K_COLORS', 'DRIVABLE', 'FROM_LUMS', 'FROM_ROADS',
           'NOT_PATH', 'OBSTACLE', 'PATH', 'SIDEWALK', 'SOME_PATH', 'SPEED_BUMP', 'UNKNOWN',
           'is_path']

CLASSES = ('background', 'path', 'sidewalk', 'obstacle', 'speed_bump')
BACKGROUND, PATH, SIDEWALK, OBSTACLE, SPEED_BUMP = range(5)
DRIVABLE = (PATH, SPEED_BUMP)

# A source that only tells path from not-path says no more than that.
FROM_LUMS = ground_truth.code_table(
    {0: BACKGROUND, 1: OBSTACLE, 2: PATH, 3: SIDEWALK, 4: SPEED_BUMP})
FROM_ROADS = ground_truth.code_table({0: NOT_PATH, 1: SOME_PATH})
COMMA10K_COLORS = {
    (0x40, 0x20, 0x20): SOME_PATH, (0xff, 0, 0): SOME_PATH, (0x80, 0x80, 0x60): NOT_PATH,
    (0, 0xff, 0x66): OBSTACLE}
"""Codes by the masks' RGB colours: road, lane marks, undrivable, movable; no code: own car."""


def is_path(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where labels (class ids or partial labels) are drivable."""
    return ground_truth.is_path(labels, DRIVABLE)
