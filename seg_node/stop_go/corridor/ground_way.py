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
from seg_node.stop_go.roles import Direction

_ASIDE = 0.03
"""Metres that the corridor may lie beside the way now driven; part of the side margin."""


def seen_from(view: View, limits: Limits, direction: Direction) -> tuple[View, float]:
    """Return the view in the frame of the way driven, and the bumper ahead of its origin."""
    if direction is Direction.REVERSE:
        return view.backwards(), limits.vehicle.rear
    return view, limits.vehicle.front


@dataclass(frozen=True, eq=False)
class _Laid:
    """A corridor with what it was built for."""

    view: View
    curvature: float
    corridor: Corridor


class GroundWay:
    """
    Lay the corridor of one camera. Not thread-safe.

    :param width: of the label map, px; height likewise.
    """

    def __init__(self, width: int, height: int, limits: Limits, direction: Direction) -> None:
        self._size = width, height
        self._limits = limits
        self._direction = direction
        self._laid: _Laid | None = None

    def corridor(self, view: View, curvature: float, beyond: float) -> Corridor:
        """
        Return the corridor along an arc, the same object as long as it fits.

        :param curvature: of the arc, 1/m.
        :param beyond: how far it matters beyond its beginning, metres.
        :raises ValueError: when the camera does not see the way.
        """
        driven, bumper = seen_from(view, self._limits, self._direction)
        laid = self._laid
        if laid and laid.view is view:
            reach = bumper + laid.corridor.start + beyond
            # Two arcs lie difference * d^2 / 2 apart at distance d; building costs milliseconds.
            if abs(curvature - laid.curvature) * reach ** 2 / 2 <= _ASIDE:
                return laid.corridor
        vehicle = self._limits.vehicle
        way = SweptPath(vehicle.width + 2 * vehicle.side_margin, bumper, curvature)
        self._laid = _Laid(view, curvature, build_ground_corridor(
            driven.scaled(*self._size), way, self._limits.ground))
        return self._laid.corridor
