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

"""How long, and how exactly, the vehicle remembers."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.bounds import bounded, check_bounds


@dataclass(frozen=True)
class MemoryLimits:
    """
    How long, and how exactly, the vehicle remembers.

    :raises ValueError: names the field, its value and the permitted range.
    """

    seconds: float = bounded(
        10.0, 0.0, 600.0, 'how long what left the picture is taken to be still there, seconds; '
        '0: nothing is remembered')
    drift: float = bounded(
        0.03, 0.0, 1.0, 'error of odometry, as a share of the distance driven')

    def __post_init__(self) -> None:
        check_bounds(self)
