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

"""The limits of what depth says."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.bounds import bounded, check_bounds


@dataclass(frozen=True)
class DepthLimits:
    """
    What stands up by its depth, and how much depth there has to be.

    :raises ValueError: names the field, its value and the permitted range.
    """

    max_offset: float = bounded(
        0.1, 0.0, 1.0, 'how far the stamps of an image and its depth may lie apart, seconds')
    max_range: float = bounded(
        6.0, 0.5, 100.0, 'farthest depth that counts, metres from the camera')
    min_height: float = bounded(
        0.15, 0.02, 2.0, 'height over the ground from which something stands in the way, metres')
    max_height: float = bounded(
        2.0, 0.1, 20.0, 'height over the ground from which it is driven under, metres')
    max_slope: float = bounded(
        0.05, 0.0, 0.5, 'how much of its height a metre of distance may explain: a ramp, a pitch '
        'that is wrong, the error of the depth')
    min_share: float = bounded(
        0.5, 0.0, 1.0, 'share of the corridor, as far as it must be clear and max_range reaches, '
        'where depth must lie on the ground')

    def __post_init__(self) -> None:
        check_bounds(self)
