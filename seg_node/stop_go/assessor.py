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
from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.actions import blocking_table, class_rules, ClassRule
from seg_node.stop_go.corridor.corridor import Corridor
from seg_node.stop_go.corridor.ground_way import GroundWay
from seg_node.stop_go.corridor.horizon import HorizonGrid
from seg_node.stop_go.corridor.measure import CorridorMeasure, CorridorMeter, MeasureLimits
from seg_node.stop_go.corridor.trapezoid import build_image_corridor
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.mounting_check import PathHeight
from seg_node.stop_go.resumption import Doubt
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.second_opinion.opinion import Opinion
from seg_node.stop_go.thresholds import assess
from seg_node.stop_go.vehicle import Motion, Way
from seg_node.stop_go.verdict import Finding, Reason

_LOOKS_AHEAD = math.pi / 4
"""Radians off its way up to which a trapezoid in the image counts as the way."""
NO_INFO = Finding(Reason.NO_CAMERA_INFO, 'no camera_info has arrived')


@dataclass(frozen=True, eq=False)
class Observation:
    """
    What is known about one frame.

    labels (class ids) and confidence (255 = 1.0) are uint8 [h, w] at the network's size. `view`
    is None without a usable camera_info or mounting; `no_view` then says why. `motion` is None
    without fresh odometry. `inference` is the time the network took, in seconds. `doubt` is what a
    vehicle that was stopped must see to be free.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    view: View | None = None
    motion: Motion | None = None
    inference: float = 0.0
    no_view: Finding = NO_INFO
    doubt: Doubt | None = None


@dataclass(frozen=True, eq=False)
class Assessment:
    """
    What a frame says, held against `limits`.

    view is None where there is none, corridor and measure where there is no corridor to look at,
    sight and doubt where the corridor does not lie on the ground; doubt too where `motion` is
    None: without odometry. `way` is the way that was judged, None where there is no view; `place`
    is where the vehicle was, None without poses of odometry. depth is what was judged beside the
    labels, None for none. opinion is None where nobody else was asked.
    """

    findings: tuple[Finding, ...]
    limits: Limits
    view: View | None = None
    corridor: Corridor | None = None
    measure: CorridorMeasure | None = None
    sight: PathHeight | None = None
    motion: Motion | None = None
    doubt: Doubt | None = None
    way: Way | None = None
    place: Place | None = None
    depth: DepthImage | None = None
    opinion: Opinion | None = None


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
        self.paths = ~blocking_table(rules)
        """Which labels are path, bool [256]."""
        self._way, self._doubted_way = (
            GroundWay(width, height, limits) for _ in range(2))
        self._doubted_meter = CorridorMeter(rules)
        self._horizon: tuple[View, HorizonGrid] | None = None

    def restart(self) -> None:
        """Forget the frames before."""
        self._meter.restart()
        self._doubted_meter.restart()

    def assess(self, seen: Observation) -> Assessment:
        """Judge one frame."""
        findings = self._judge_time(seen.inference)
        if self._fixed is None and seen.view is None:
            return Assessment((*findings, seen.no_view), self.limits)
        way = self.limits.vehicle.way_of(seen.motion, self._direction)
        try:
            corridor = self._corridor(seen, way)
        except ValueError as error:
            return Assessment(
                (*findings, _out_of_view(way, str(error))), self.limits, seen.view, way=way)
        measure = self._measure(
            self._meter, corridor, seen, self._required(corridor, seen.motion))
        blind = self.limits.ground.max_blind
        if self._fixed is None and not corridor.start <= blind:
            findings += (_out_of_view(
                way, f'the way comes into view at {corridor.start:.2f} m, limit {blind:.2f} m',
                corridor.start, blind),)
        if self._fixed is not None and abs(way.heading) > _LOOKS_AHEAD:
            findings += (_out_of_view(way, 'the trapezoid lies straight ahead', abs(way.heading),
                                      _LOOKS_AHEAD),)
        return Assessment(
            (*findings, *assess(measure, self.limits.stop_go), *self._judge_doubt(seen, measure)),
            self.limits, seen.view, corridor, measure, self._sight(seen, corridor, way),
            seen.motion, self._doubt_of(seen, measure, way), way)

    def _judge_time(self, inference: float) -> tuple[Finding, ...]:
        limit = self.limits.stop_go.max_inference
        if inference <= limit:
            return ()
        return (Finding(Reason.OVER_BUDGET,
                        f'inference took {inference:.3f} s, limit {limit:.3f} s',
                        inference, limit),)

    def _measure(self, meter: CorridorMeter, corridor: Corridor, seen: Observation,
                 required: float) -> CorridorMeasure:
        return meter.measure(corridor, seen.labels, seen.confidence, required, MeasureLimits(
            self.limits.ground.obstacle_rows, self.limits.stop_go.min_slow_share))

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

    def _judge_doubt(self, seen: Observation, measure: CorridorMeasure) -> tuple[Finding, ...]:
        """Find that what the vehicle was stopped for may still be there, as far as it sees."""
        doubt = seen.doubt
        if doubt is None or seen.view is None or not measure.required < doubt.distance:
            self._doubted_meter.restart()
            return ()
        try:
            corridor = self._doubted_way.corridor(seen.view, doubt.way, doubt.distance)
        except ValueError as error:
            return (Finding(Reason.BEYOND_RANGE, str(error)),)
        # Not farther than the camera sees: a vehicle that was too fast for it may go on, slower.
        found = self._measure(self._doubted_meter, corridor, seen,
                              min(doubt.distance, corridor.length))
        return assess(replace(found, stopped_for=True), self.limits.stop_go)

    def _doubt_of(self, seen: Observation, measure: CorridorMeasure, way: Way) -> Doubt | None:
        """Return what a stop in this frame would be for."""
        if self._fixed is not None or seen.view is None or seen.motion is None:
            return None
        limits, vehicle = self.limits, self.limits.vehicle
        ahead, _, height = seen.view.facing(way.angle).pose.position.tolist()
        bumper = vehicle.bumper_along(way)
        behind = bumper - ahead
        near = max(behind + min(measure.free_distance, measure.required), 1e-3)
        # Distances are the shortest possible, the more so the farther: a thing that is measured
        # anew from nearby must not seem to have gone.
        fall = height / near - limits.ground.pitch_error
        far = height / fall - behind if fall > 0 else math.inf
        return Doubt(far + vehicle.resume_margin, way)

    def _corridor(self, seen: Observation, way: Way) -> Corridor:
        if self._fixed is not None:
            return self._fixed
        assert seen.view is not None
        vehicle = self.limits.vehicle
        return self._way.corridor(
            seen.view, way, vehicle.stopping_distance(vehicle.speed_of(seen.motion)))

    def _sight(self, seen: Observation, corridor: Corridor, way: Way) -> PathHeight | None:
        """Return how far up path is seen, where the corridor lies on the ground."""
        if self._fixed is not None or seen.view is None:
            return None
        if self._horizon is None or self._horizon[0] is not seen.view:
            self._horizon = seen.view, HorizonGrid.build(seen.view.scaled(*self._size))
        bumper = self.limits.vehicle.bumper_along(way)
        ahead, _, height = seen.view.facing(way.angle).pose.position.tolist()
        path = cv2.LUT(seen.labels, self.paths.view(np.uint8)).view(np.bool_)
        return PathHeight(self._horizon[1].top(path),
                          -math.atan2(height, bumper + corridor.length - ahead), height)


def _out_of_view(way: Way, why: str, measured: float = 0.0, limit: float = 0.0) -> Finding:
    """Find that the way cannot be seen, or that the vehicle drives where nothing looks."""
    if not way.heading:
        return Finding(Reason.BEYOND_RANGE, why, measured, limit)
    hand = 'left' if way.heading > 0 else 'right'
    return Finding(
        Reason.UNWATCHED, f'driving {abs(math.degrees(way.heading)):.0f} degrees to the {hand}, '
        f'where this camera does not look: {why}', measured, limit)


def _check_no_metres(rules: Sequence[ClassRule]) -> None:
    for rule in rules:
        if rule.distance:
            raise ValueError(
                f'class_actions: {rule.name}={rule.action.value}@{rule.distance:g}: a distance in '
                'metres needs geometry: ground')
