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

"""From the network's answer to findings: the corridor, its measure, and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.actions import blocking_table, class_rules, ClassRule
from seg_node.stop_go.corridor.corridor import Corridor
from seg_node.stop_go.corridor.ground_corridor import build_ground_corridor, SweptPath
from seg_node.stop_go.corridor.horizon import HorizonGrid
from seg_node.stop_go.corridor.measure import CorridorMeasure, CorridorMeter, MeasureLimits
from seg_node.stop_go.corridor.trapezoid import build_image_corridor
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.mounting_check import Sight
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.thresholds import assess
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Finding, Reason

_ASIDE = 0.03
"""Metres that the corridor may lie beside the way now driven; part of the side margin."""


@dataclass(frozen=True, eq=False)
class Observation:
    """
    What is known about one frame.

    labels (class ids) and confidence (255 = 1.0) are uint8 [h, w] at the network's size. `view`
    is None without a usable camera_info; `no_view` then says why. `motion` is None without fresh
    odometry. `inference` is the time the network took, in seconds.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    view: View | None = None
    motion: Motion | None = None
    inference: float = 0.0
    no_view: str = 'no camera_info has arrived'


@dataclass(frozen=True, eq=False)
class Assessment:
    """
    What a frame says, held against `limits`.

    view is None where there is none, corridor and measure where there is no corridor to look at,
    sight where the corridor does not lie on the ground.
    """

    findings: tuple[Finding, ...]
    limits: Limits
    view: View | None = None
    corridor: Corridor | None = None
    measure: CorridorMeasure | None = None
    sight: Sight | None = None


class Assessor:
    """
    Judge the frames of one camera. Not thread-safe.

    :param classes: of the model, in the order of its label ids.
    :param geometry: where the corridor lies.
    :param direction: which way the vehicle drives when this camera counts.
    :raises ValueError: names the limit that does not fit the model or the geometry.
    """

    def __init__(self, classes: Sequence[ClassInfo], width: int, height: int, limits: Limits,
                 geometry: Geometry = Geometry.GROUND,
                 direction: Direction = Direction.FORWARD) -> None:
        self.limits = limits
        self._size = width, height
        self._direction = direction
        rules = class_rules(classes, limits.class_actions)
        self._fixed: Corridor | None = None
        if geometry is Geometry.TRAPEZOID:
            _check_no_metres(rules)
            self._fixed = build_image_corridor(limits.trapezoid, width, height)
        elif limits.vehicle.unset:
            names = ' and '.join(f'vehicle.{name}' for name in limits.vehicle.unset)
            raise ValueError(
                f'{names}: not set; measure the vehicle, or choose geometry: trapezoid')
        self._meter = CorridorMeter(rules)
        self._paths = ~blocking_table(rules)
        self._built: _Built | None = None
        self._horizon: tuple[View, HorizonGrid] | None = None

    def restart(self) -> None:
        """Forget the frames before."""
        self._meter.restart()

    def assess(self, seen: Observation) -> Assessment:
        """Judge one frame."""
        findings = self._judge_time(seen.inference)
        if self._fixed is None and seen.view is None:
            return Assessment(
                (*findings, Finding(Reason.NO_CAMERA_INFO, seen.no_view)), self.limits)
        try:
            corridor = self._corridor(seen.view, seen.motion)
        except ValueError as error:
            return Assessment(
                (*findings, Finding(Reason.BEYOND_RANGE, str(error))), self.limits, seen.view)
        measure = self._meter.measure(
            corridor, seen.labels, seen.confidence, self._required(corridor, seen.motion),
            MeasureLimits(self.limits.ground.obstacle_rows, self.limits.stop_go.min_slow_share))
        if self._fixed is None and not corridor.start <= self.limits.ground.max_blind:
            findings += (Finding(
                Reason.BEYOND_RANGE,
                f'the way comes into view at {corridor.start:.2f} m, limit '
                f'{self.limits.ground.max_blind:.2f} m', corridor.start,
                self.limits.ground.max_blind),)
        return Assessment(
            (*findings, *assess(measure, self.limits.stop_go)), self.limits, seen.view, corridor,
            measure, self._sight(seen, corridor))

    def _judge_time(self, inference: float) -> tuple[Finding, ...]:
        limit = self.limits.stop_go.max_inference
        if inference <= limit:
            return ()
        return (Finding(Reason.OVER_BUDGET,
                        f'inference took {inference:.3f} s, limit {limit:.3f} s',
                        inference, limit),)

    def _required(self, corridor: Corridor, motion: Motion | None) -> float:
        """
        Return the distance that must be clear.

        On the ground it is the stopping distance beyond what the camera cannot see below it: an
        obstacle is still in view when the vehicle stands before it, and cannot be forgotten.
        """
        if self._fixed is not None:
            return self.limits.trapezoid.min_free_distance
        vehicle = self.limits.vehicle
        return corridor.start + vehicle.stopping_distance(vehicle.speed_of(motion))

    def _corridor(self, view: View | None, motion: Motion | None) -> Corridor:
        if self._fixed is not None:
            return self._fixed
        assert view is not None
        vehicle = self.limits.vehicle
        curvature = vehicle.curvature_of(motion)
        driven, bumper = self._way(view)
        if self._built and self._built.serves(view, curvature, bumper + self._required(
                self._built.corridor, motion)):
            return self._built.corridor
        way = SweptPath(vehicle.width + 2 * vehicle.side_margin, bumper, curvature)
        self._built = _Built(view, curvature, build_ground_corridor(
            driven.scaled(*self._size), way, self.limits.ground))
        return self._built.corridor

    def _way(self, view: View) -> tuple[View, float]:
        """Return the view in the frame of the way driven, and the bumper ahead of its origin."""
        vehicle = self.limits.vehicle
        if self._direction is Direction.REVERSE:
            return view.backwards(), vehicle.rear
        return view, vehicle.front

    def _sight(self, seen: Observation, corridor: Corridor) -> Sight | None:
        """Return how far up path is seen, where the corridor lies on the ground."""
        if self._fixed is not None or seen.view is None:
            return None
        if self._horizon is None or self._horizon[0] is not seen.view:
            self._horizon = seen.view, HorizonGrid.build(seen.view.scaled(*self._size))
        driven, bumper = self._way(seen.view)
        ahead, _, height = driven.pose.position.tolist()
        path = cv2.LUT(seen.labels, self._paths.view(np.uint8)).view(np.bool_)
        speed = self.limits.vehicle.speed_of(seen.motion) if seen.motion else None
        return Sight(self._horizon[1].top(path),
                     -math.atan2(height, bumper + corridor.length - ahead), height, speed)


@dataclass(frozen=True, eq=False)
class _Built:
    """A corridor with what it was built for."""

    view: View
    curvature: float
    corridor: Corridor

    def serves(self, view: View, curvature: float, reach: float) -> bool:
        """Tell whether it still fits, up to that arc length: building one costs milliseconds."""
        # Two arcs lie difference * d^2 / 2 apart at distance d.
        aside = abs(curvature - self.curvature) * reach ** 2 / 2
        return view is self.view and aside <= _ASIDE


def _check_no_metres(rules: Sequence[ClassRule]) -> None:
    for rule in rules:
        if rule.distance:
            raise ValueError(
                f'class_actions: {rule.name}={rule.action.value}@{rule.distance:g}: a distance in '
                'metres needs geometry: ground')
