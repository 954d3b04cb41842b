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

"""What two witnesses that never saw a label say of what the network calls path."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import cv2
import numpy as np

from seg_node.stop_go.corridor.ground_corridor import SweptPath
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.second_opinion.appearance_witness import AppearanceWitness
from seg_node.stop_go.second_opinion.geometry_witness import GeometryWitness
from seg_node.stop_go.second_opinion.level_camera import Image, LevelCamera
from seg_node.stop_go.second_opinion.on_the_way import Ahead, Standing
from seg_node.stop_go.second_opinion.opinion import Doubted, Opinion
from seg_node.stop_go.second_opinion.opinion_limits import OFF, STOP
from seg_node.stop_go.second_opinion.visual_odometry import VisualOdometry
from seg_node.stop_go.second_opinion.witness_frame import WitnessFrame
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Finding, Reason

_TALL = 0.8
"""Metres: how high the mark of a doubt is drawn."""


@dataclass(frozen=True, eq=False)
class _Witnesses:
    """The witnesses of one view, for small images of one size."""

    view: View
    size: tuple[int, int]
    camera: LevelCamera
    odometry: VisualOdometry
    geometry: GeometryWitness
    appearance: AppearanceWitness


class SecondOpinion:
    """
    Ask the witnesses about the frames of one camera, in their order. Not thread-safe.

    It can only find something that speaks against GO.
    """

    def __init__(self, limits: Limits, direction: Direction) -> None:
        self._limits = limits
        self._ahead = math.pi if direction is Direction.REVERSE else 0.0
        self._witnesses: _Witnesses | None = None
        self._last = Opinion()

    def ask(self, look: WitnessFrame) -> Opinion:
        """Return what the witnesses say of a frame; what they doubted stands where they cannot."""
        try:
            asked = self._asked(look)
            level = asked.camera.image(look.small)
            grey = np.asarray(cv2.cvtColor(level, cv2.COLOR_BGR2GRAY), np.uint8)
            motion = look.motion or asked.odometry.motion(grey, look.stamp_ns * 1e-9)
            if motion is None:
                return replace(self._last, silent=(f'no odometry: {asked.odometry.silent}',))
            self._last = self._ask(look, asked, level, grey, motion)
        except ValueError as error:
            return replace(self._last, silent=(f'{error}',))
        return self._last

    def _ask(self, look: WitnessFrame, asked: _Witnesses, level: Image, grey: Image,
             motion: Motion) -> Opinion:
        limits = self._limits.second_opinion
        ahead = self._ahead_of(look, asked.camera)
        said = [(limits.stands_up, Reason.STANDS_UP, limits.min_score, asked.geometry.look(
            grey, look.stamp_ns * 1e-9, motion, ahead), asked.geometry.silent)]
        if limits.looks_different != OFF:
            said.append((limits.looks_different, Reason.LOOKS_DIFFERENT, limits.min_difference,
                         asked.appearance.look(level, grey, asked.geometry, ahead),
                         asked.appearance.silent))
        doubted: list[Doubted] = []
        findings: list[Finding] = []
        for mode, reason, limit, standing, _ in said:
            if mode == OFF:
                continue
            places = [self._doubt(one, reason, limit, look, asked.camera) for one in standing]
            doubted += places
            findings += [_finding(place, look.needed) for place in places
                         if place.stops and mode == STOP][:1]
        return Opinion(tuple(doubted), tuple(findings), tuple(
            f'{reason.value}: {silent}' for mode, reason, _, _, silent in said
            if silent and mode != OFF))

    def _asked(self, look: WitnessFrame) -> _Witnesses:
        size = look.small.shape[1], look.small.shape[0]
        asked = self._witnesses
        if asked is None or asked.view is not look.view or asked.size != size:
            limits = self._limits.second_opinion
            camera = LevelCamera.build(look.view.facing(self._ahead), size)
            half = self._limits.vehicle.width_along(look.way) / 2
            asked = self._witnesses = _Witnesses(
                look.view, size, camera, VisualOdometry(camera, self._ahead),
                GeometryWitness(camera, limits, half, self._ahead),
                AppearanceWitness(camera, limits))
        return asked

    def _ahead_of(self, look: WitnessFrame, camera: LevelCamera) -> Ahead:
        vehicle = self._limits.vehicle
        bumper = vehicle.bumper_along(look.way)
        from_foot = bumper - camera.ahead
        return Ahead(
            SweptPath(vehicle.width_along(look.way), bumper, look.way.curvature),
            math.remainder(look.way.angle - self._ahead, 2 * math.pi),
            from_foot + look.start, from_foot + look.needed, look.needed)

    def _doubt(self, one: Standing, reason: Reason, limit: float, look: WitnessFrame,
               camera: LevelCamera) -> Doubted:
        half = self._limits.second_opinion.min_width / 2
        corners = look.view.facing(self._ahead).project(np.array([
            [one.x + camera.ahead, one.y + camera.aside + side * half, high]
            for side in (1, -1) for high in (0.0, _TALL)]))
        size = np.array([look.view.intrinsics.width, look.view.intrinsics.height])
        shares = np.clip(np.nan_to_num((corners + 0.5) / size), 0.0, 1.0)
        left, top = shares.min(0).tolist()
        right, bottom = shares.max(0).tolist()
        return Doubted(reason, one.distance, one.score, limit, (left, top, right, bottom),
                       one.stops, one.distance < look.free)


def _finding(place: Doubted, needed: float) -> Finding:
    says = 'stands up' if place.reason is Reason.STANDS_UP else 'looks unlike the ground'
    return Finding(place.reason, f'something {says} on the path at {place.distance:.2f} m, '
                   f'needed {needed:.2f}', place.distance, needed)
