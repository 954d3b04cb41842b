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

"""What the witnesses are asked about."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.geometry import View
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.second_opinion.level_camera import Image
from seg_node.stop_go.vehicle import Motion, Way


@dataclass(frozen=True)
class WitnessFrame:
    """
    One frame for the witnesses.

    small: what small_image() gives, uint8 [h, w, 3] BGR. start, needed and free: metres from the
    bumper where the corridor comes into view, up to which it must be clear, and up to which the
    network calls it path.
    """

    small: Image
    stamp_ns: int
    view: View
    motion: Motion | None
    way: Way
    start: float
    needed: float
    free: float

    @classmethod
    def of(cls, small: Image, stamp_ns: int, found: Assessment, direction: Direction,
           ) -> WitnessFrame | None:
        """Return what is to be asked of an assessed frame; None where no way is known."""
        if found.view is None or found.corridor is None or found.measure is None:
            return None
        return cls(small, stamp_ns, found.view, found.motion,
                   found.limits.vehicle.way_of(found.motion, direction), found.corridor.start,
                   found.measure.required, found.measure.free_distance)
