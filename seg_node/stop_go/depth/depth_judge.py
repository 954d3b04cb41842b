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

"""What stands up in the corridor by its depth, and whether there is depth to go by."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.corridor.corridor import Corridor
from seg_node.stop_go.corridor.ground_corridor import SweptPath, turned
from seg_node.stop_go.corridor.measure import CorridorMeasure
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.depth.rays import Depth, DepthRays
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.resumption import Doubt
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.vehicle import Way
from seg_node.stop_go.verdict import Finding, Reason

_BLOCK = np.ones((2, 2), np.uint8)
"""Pixels that must stand together: a single one is the noise of the sensor."""


@dataclass(frozen=True, eq=False)
class _Standing:
    """Points that stand up: x and y in the vehicle frame, float64 [N, 2], and heights [N]."""

    places: NDArray[np.float64]
    heights: Depth

    def nearest(self, way: Way, limits: Limits) -> tuple[float, float]:
        """Return the distance from the bumper along a way, and the height; inf for nothing."""
        vehicle = limits.vehicle
        path = SweptPath(vehicle.width_along(way), vehicle.bumper_along(way), way.curvature)
        along, across = path.locate(turned(self.places, -way.angle))
        # What lies behind the bumper is the vehicle itself.
        ahead = np.where((np.abs(across) <= path.width / 2) & (along >= path.bumper),
                         along - path.bumper, math.inf)
        if not len(ahead) or not math.isfinite(ahead.min()):
            return math.inf, 0.0
        first = int(ahead.argmin())
        return float(ahead[first]), float(self.heights[first])


class DepthJudge:
    """Judge the depth that comes with a camera's images. Not thread-safe."""

    def __init__(self, limits: Limits, direction: Direction) -> None:
        self._limits = limits
        self._direction = direction
        self._rays: tuple[View, DepthRays] | None = None
        self._before: tuple[int, Depth] | None = None
        self._identical = 0

    def judge(self, depth: DepthImage | Finding | None, found: Assessment, doubt: Doubt | None,
              ) -> Assessment:
        """
        Add to an assessment what depth says.

        It adds what speaks against GO, and takes nothing away.

        :param depth: upright, at the image's size; or why there is none; None: not asked for.
        :param doubt: what a vehicle that was stopped must see to be free.
        :raises ValueError: for depth of another size.
        """
        if isinstance(depth, Finding):
            return replace(found, findings=(*found.findings, depth))
        view, corridor, measure = found.view, found.corridor, found.measure
        if depth is None or view is None or corridor is None or measure is None:
            return found
        rays = self._rays_of(view, depth.metres)
        metres = rays.sample(depth.metres)
        frozen = self._judge_change(depth.stamp_ns, metres)
        height = rays.height(metres)
        limits = self._limits.depth_camera
        allowed = metres * (rays.away * np.float32(limits.max_slope)) + np.float32(
            limits.min_height)
        reached = metres <= limits.max_range
        stands = reached & (height > allowed) & (height < limits.max_height)
        stands = cv2.erode(stands.view(np.uint8), _BLOCK).view(np.bool_)
        standing = _Standing(rays.places(metres, stands), height[stands])
        way = self._limits.vehicle.way_of(found.motion, self._direction)
        nearest, tall = standing.nearest(way, self._limits)
        findings = [*frozen, *_judge_distance(nearest, tall, measure.required)]
        if doubt is not None:
            nearest_doubted, tall = standing.nearest(doubt.way, self._limits)
            findings += _judge_distance(nearest_doubted, tall, doubt.distance, ' to go on')
        on_ground = reached & (np.abs(height) <= allowed)
        findings += self._judge_share(on_ground, rays, corridor, measure, nearest)
        if nearest < measure.free_distance:
            measure = replace(measure, free_distance=nearest, blocked=True)
        return replace(
            found, findings=(*found.findings, *findings), measure=measure, depth=depth)

    def _rays_of(self, view: View, metres: Depth) -> DepthRays:
        size = view.intrinsics.height, view.intrinsics.width
        if metres.shape != size:
            raise ValueError(f'depth: {list(metres.shape)} is not the size of the image, '
                             f'{list(size)}')
        if self._rays is None or self._rays[0] is not view:
            self._rays = view, DepthRays.build(view)
        return self._rays[1]

    def _judge_change(self, stamp_ns: int, metres: Depth) -> tuple[Finding, ...]:
        """Find that one depth image after the other is the same."""
        before = self._before
        if before is None or before[0] != stamp_ns:
            same = before is not None and np.array_equal(before[1], metres, equal_nan=True)
            self._identical = self._identical + 1 if same else 0
            self._before = stamp_ns, metres.copy()
        limit = self._limits.camera_health.max_identical
        if not limit or self._identical < limit:
            return ()
        return (Finding(
            Reason.NO_DEPTH, f'the depth image has not changed in {self._identical} images, '
            f'limit {limit}', self._identical, limit),)

    def _judge_share(self, on_ground: NDArray[np.bool_], rays: DepthRays, corridor: Corridor,
                     measure: CorridorMeasure, nearest: float) -> tuple[Finding, ...]:
        """Find that depth does not show the ground where it should."""
        limits = self._limits.depth_camera
        near = corridor.distance < min(measure.required, nearest)
        if not near.any():      # something stands right here
            return ()
        height, width = on_ground.shape
        rows = ((corridor.rows[near] + 0.5) * (height / corridor.height)).astype(np.intp)
        cols = ((corridor.cols[near] + 0.5) * (width / corridor.width)).astype(np.intp)
        within = rays.ground[rows, cols] <= limits.max_range
        share = float(on_ground[rows, cols][within].mean()) if within.any() else 0.0
        if share >= limits.min_share:
            return ()
        return (Finding(
            Reason.NO_DEPTH, f'depth lies on the ground in {share:.0%} of the corridor, limit '
            f'{limits.min_share:.0%}; is it aligned to the image, and is the mounting right?',
            share, limits.min_share),)


def _judge_distance(nearest: float, tall: float, needed: float, why: str = '',
                    ) -> tuple[Finding, ...]:
    if nearest >= needed:
        return ()
    return (Finding(
        Reason.BLOCKED_BY_DEPTH, f'depth shows something {tall:.2f} m high at {nearest:.2f} m, '
        f'needed {needed:.2f}{why}', nearest, needed),)
