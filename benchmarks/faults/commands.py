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

"""What the tiny model of the fault benchmark can be told, and how it can be wired wrongly."""

from __future__ import annotations

from enum import Enum, IntEnum


class Command(IntEnum):
    """What a cell of the image makes the inference do; the number is the cell's."""

    WORK = 0
    SLOW = 1
    STALL = 2
    HANG = 3
    RAISE = 4
    NAN = 5
    SHIFT_ASIDE = 6
    SHIFT_UP = 7
    FREEZE = 8


class Wiring(Enum):
    """How the graph is wired."""

    RIGHT = 'right'
    SWAPPED = 'channels in another order'
    UNSTABLE = 'labels at random'
