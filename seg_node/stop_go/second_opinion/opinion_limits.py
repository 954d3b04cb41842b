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

"""What is asked beside the network, and from when on that is a doubt."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.bounds import bounded, check_bounds, choice

OFF, REPORT, STOP = 'off', 'report', 'stop'
_MODES = (OFF, REPORT, STOP)


@dataclass(frozen=True)
class OpinionLimits:
    """
    The witnesses of the second opinion: each off, reported, or a reason to stop.

    :raises ValueError: names the field, its value and the permitted ones.
    """

    stands_up: str = choice(
        REPORT, _MODES, "what follows where the ground's motion shows that something stands on "
        'what the network calls path; needs geometry: ground, and should have odometry')
    looks_different: str = choice(
        REPORT, _MODES, 'what follows where something on what the network calls path looks '
        'unlike the ground just driven over')
    min_width: float = bounded(
        0.3, 0.05, 5.0, 'width of the narrowest thing that must be found standing, metres')
    min_height: float = bounded(
        0.15, 0.02, 2.0, 'height of the lowest thing that must be found standing, metres')
    min_score: float = bounded(
        5.0, 1.0, 100.0, 'how much better a standing thing than the ground must explain two '
        'images, in standard deviations of what does not fit')
    min_difference: float = bounded(
        5.0, 1.0, 100.0, 'how far a colour must be from that of the ground just driven over, in '
        'standard deviations of that')

    def __post_init__(self) -> None:
        check_bounds(self)

    @property
    def asks(self) -> bool:
        """Whether any witness is asked."""
        return self.stands_up != OFF or self.looks_different != OFF

    @property
    def stops(self) -> bool:
        """Whether any witness may stop, so that all are asked before the decision."""
        return STOP in (self.stands_up, self.looks_different)
