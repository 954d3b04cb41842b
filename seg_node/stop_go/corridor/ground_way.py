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

"""The corridor on the ground, frame after frame: laid anew only where the one before fails."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.corridor.corridor import Corridor
from seg_node.stop_go.corridor.ground_corridor import build_ground_corridor, SweptPath
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.vehicle import Way

_ASIDE = 0.03
"""Metres that the corridor may lie beside the way now driven; part of the side margin."""


@dataclass(frozen=True, eq=False)
class _Laid:
    """A corridor with what it was built for."""

    view: View
    way: Way
    corridor: Corridor


class GroundWay:
    """
    Lay the corridor of one camera. Not thread-safe.

    :param width: of the label map, px; height likewise.
    """

    def __init__(self, width: int, height: int, limits: Limits) -> None:
        self._size = width, height
        self._limits = limits
        self._laid: _Laid | None = None

    def corridor(self, view: View, way: Way, beyond: float) -> Corridor:
        """
        Return the corridor along a way, the same object as long as it fits.

        :param beyond: how far it matters beyond its beginning, metres.
        :raises ValueError: when the camera does not see the way.
        """
        vehicle, laid = self._limits.vehicle, self._laid
        bumper = vehicle.bumper_along(way)
        if laid and laid.view is view:
            reach = bumper + laid.corridor.start + beyond
            # Two arcs lie difference * d^2 / 2 apart at distance d; building costs milliseconds.
            if (abs(way.angle - laid.way.angle) * reach
                    + abs(way.curvature - laid.way.curvature) * reach ** 2 / 2) <= _ASIDE:
                return laid.corridor
        path = SweptPath(vehicle.width_along(way), bumper, way.curvature)
        self._laid = _Laid(view, way, build_ground_corridor(
            view.facing(way.angle).scaled(*self._size), path, self._limits.ground))
        return self._laid.corridor
