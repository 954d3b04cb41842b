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

"""What one camera adds to the vehicle's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.corridor.ground_corridor import GroundLimits, SweptPath, turned
from seg_node.stop_go.corridor.measure import standing
from seg_node.stop_go.geometry import View
from seg_node.stop_go.ground_rays import GroundRays, RayRanges
from seg_node.stop_go.memory.grid import HALF, Numbers, RESOLUTION
from seg_node.stop_go.memory.memory import Gone, Memory, Moment
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.memory.ray_fan import RayFan
from seg_node.stop_go.vehicle import Vehicle
from seg_node.stop_go.verdict import Finding

_BLURRED = 0.2
"""Metres on the ground that an error of the pitch, or a pixel, may make: farther off is vague."""
_EDGE = 0.5
"""Metres beyond the lower edge of the picture within which all counts, however vague."""
_PROBE = 0.45
"""Metres beyond the edge at which the ground is looked at for whether it was free all around."""


@dataclass(frozen=True, eq=False)
class _Eye:
    """
    The rays of a view.

    `edge` [A]: where the ground is sure to be in view, metres; what lies beyond `vague`, and not
    at the edge, is too uncertain to be remembered.
    """

    rays: GroundRays
    edge: NDArray[np.float32]
    vague: float

    @classmethod
    def build(cls, view: View, size: tuple[int, int], limits: GroundLimits, reach: float) -> _Eye:
        """Lay the rays; ValueError where no ground is in view."""
        height = float(view.pose.position[2])
        scaled = view.scaled(*size)
        rays = GroundRays.build(scaled, replace(limits, max_range=max(reach, 1.0)))
        pixel = 1 / max(scaled.intrinsics.fx, scaled.intrinsics.fy)
        late = limits.pitch_error * (rays.start ** 2 + height ** 2) / height
        vague = math.sqrt(max(height * _BLURRED / (limits.pitch_error + pixel) - height ** 2, 0.0))
        return cls(rays, (rays.start + late).astype(np.float32), vague)


class CameraMemory:
    """
    Put into the memory what the frames of one camera show, and ask it about the camera's way.

    Not thread-safe; one thread works on the frames of all cameras.

    :param paths: bool [256], which labels are path; `size`: width and height of the label map.
    """

    def __init__(self, memory: Memory, paths: NDArray[np.bool_], size: tuple[int, int]) -> None:
        self._memory = memory
        self.paths = paths
        self._size = size
        self._laid: tuple[View, GroundLimits, _Eye | None] | None = None
        self._saw = math.inf
        self._let_drive = -math.inf

    def recall(self, stamp: float, assessment: Assessment, drives: bool) -> tuple[Finding, ...]:
        """
        Find what lies in the way of a frame and has left the picture.

        :param stamp: of the frame, seconds.
        :param drives: whether the vehicle is let drive.
        """
        limits, vehicle = assessment.limits, assessment.limits.vehicle
        if drives:
            self._let_drive = stamp
        self._memory.follow(Moment(
            stamp, assessment.place, self._fastest(stamp, assessment, vehicle)))
        way, measure = assessment.way, assessment.measure
        if way is None or measure is None or assessment.view is None:
            return ()
        # As what is seen must reach into the corridor by its own width to count.
        room = vehicle.width_along(way) - 2 * min(limits.ground.min_obstacle, vehicle.side_margin)
        return self._memory.judge(
            assessment.place, way, vehicle, room, measure.required, self._saw)

    def remember(self, labels: NDArray[np.uint8], confidence: NDArray[np.uint8],
                 assessment: Assessment, findings: Sequence[Finding]) -> None:
        """
        Take in what a frame shows, after recall().

        Nothing where the camera or the system is at fault; where only the network is in doubt,
        what stands somewhere, and not what is free.

        :param labels: class ids, uint8 [height, width]; confidence likewise, 255 = 1.0.
        :param findings: all of the frame.
        """
        view, place, way = assessment.view, assessment.place, assessment.way
        doubts = [each.reason for each in findings if each.reason.doubts_frame]
        if view is None or place is None or way is None or not all(
                reason.is_road for reason in doubts) or not self._memory.limits.seconds > 0:
            return
        limits, vehicle = assessment.limits.ground, assessment.limits.vehicle
        eye = self._eye_of(view, limits)
        if eye is None:
            return
        path = cv2.LUT(labels, self.paths.view(np.uint8)).view(np.bool_)
        sure = confidence >= round(assessment.limits.stop_go.min_confidence_low * 255)
        found = eye.rays.measure(path & sure, standing(~path, limits.obstacle_rows))
        swept = SweptPath(vehicle.width_along(way), vehicle.bumper_along(way), way.curvature)
        feet, edge = _feet(eye, found)
        guesses = np.concatenate([edge, self._hidden(eye, found, swept, way.angle, place)])
        fan = None
        if not doubts:
            x, y = place.from_vehicle(eye.rays.origin).tolist()
            begin = place.yaw + float(eye.rays.azimuth[0]) - eye.rays.increment / 2
            fan = RayFan(x, y, begin, eye.rays.increment, eye.edge, found.free)
        gone = self._memory.see(fan, place.from_vehicle(feet), place.from_vehicle(guesses))
        if gone is not None:
            self._follow_below(eye, gone, swept, way.angle, place)
        self._saw = self._memory.clock

    def _hidden(self, eye: _Eye, found: RayRanges, way: SweptPath, angle: float, place: Place,
                ) -> Numbers:
        """
        Return all that something may stand on whose foot is below the picture, [N, 2].

        Its body hides the nearest ground that the picture shows: the foot lies there, or nearer.
        Beside the way that may be the verge; where all was free before, somebody has come.
        """
        hidden = np.flatnonzero(found.foot <= eye.rays.start)
        if not len(hidden):
            return np.empty((0, 2))
        ring = _along(eye.rays, hidden, eye.rays.start[hidden])
        probe = _along(eye.rays, hidden, eye.edge[hidden] + _PROBE)
        known = _in_way(ring, way, angle) | self._memory.was_free(place.from_vehicle(probe))
        return _blind(eye, hidden[known], way, angle)

    def _follow_below(self, eye: _Eye, gone: Gone, way: SweptPath, angle: float, place: Place,
                      ) -> None:
        """
        Hold all that somebody may stand on who went below the picture unseen.

        Whose place is seen to be free, and who can have reached the lower edge since, may have
        gone on below it between two frames, or in those that the network got wrong.
        """
        points = place.to_vehicle(gone.points)
        edge = _along(eye.rays, np.arange(len(eye.edge)), eye.edge)
        known = _in_way(points, way, angle) | gone.came
        apart = np.linalg.norm(points[known, None] - edge, axis=-1)
        # A foot at the edge was marked beyond it.
        reached = apart <= gone.walked[known, None] + 2 * HALF
        if reached.any():
            below = _blind(eye, np.flatnonzero(reached.any(axis=0)), way, angle)
            self._memory.hold(
                place.from_vehicle(below), float(gone.seen[known][reached.any(axis=1)].max()))

    def _eye_of(self, view: View, limits: GroundLimits) -> _Eye | None:
        """Return the rays of a view, None where none of them sees the ground near the vehicle."""
        if self._laid is None or self._laid[0] is not view or self._laid[1] != limits:
            try:
                eye = _Eye.build(view, self._size, limits, self._memory.reach)
            except ValueError:      # the way does not come into view then, which is a STOP
                eye = None
            self._laid = view, limits, eye
        return self._laid[2]

    def _fastest(self, stamp: float, assessment: Assessment, vehicle: Vehicle) -> float:
        """Return the highest speed since the frame before, m/s; 0 only where it must stand."""
        braking = vehicle.reaction_time + vehicle.max_speed / vehicle.deceleration
        if assessment.motion is None and not abs(stamp - self._let_drive) <= braking:
            return 0.0
        return vehicle.speed_of(assessment.motion)


def _feet(eye: _Eye, found: RayRanges) -> tuple[Numbers, Numbers]:
    """
    Return where things are seen to stand, and at the edge of the picture, [N, 2] each.

    In the vehicle frame. A foot at the lower edge is put to where the ground can be seen to be
    free again; else it could never be cleared.
    """
    clearable = eye.edge + 2 * HALF
    near = found.foot <= np.maximum(eye.vague, eye.edge + _EDGE)
    feet, edge = (np.flatnonzero(near & side) for side in (
        found.foot >= clearable, found.foot < clearable))
    return _along(eye.rays, feet, found.foot[feet]), _along(eye.rays, edge, clearable[edge])


def _in_way(points: Numbers, way: SweptPath, angle: float) -> NDArray[np.bool_]:
    """Tell which points [N, 2] of the vehicle frame lie in the way, before the bumper."""
    along, across = way.locate(turned(points, -angle))
    return np.asarray((along > way.bumper) & (np.abs(across) < way.width / 2))


def _blind(eye: _Eye, hidden: NDArray[np.intp], way: SweptPath, angle: float) -> Numbers:
    """Return points [N, 2] before the bumper, up to where the rays enter the picture."""
    rays = eye.rays
    reach = float(rays.start[hidden].max(initial=0.0)) + RESOLUTION
    steps = np.arange(0.0, reach, RESOLUTION / 2)
    index, step = np.nonzero(steps[None, :] < rays.start[hidden][:, None] + RESOLUTION)
    points = _along(rays, hidden[index], steps[step])
    # What is under the vehicle, or beside it, is not what is seen.
    return points[turned(points, -angle)[:, 0] > way.bumper]


def _along(rays: GroundRays, index: NDArray[np.intp], distance: NDArray[np.floating]) -> Numbers:
    """Return points [N, 2] of the vehicle frame on rays, metres from their origin."""
    azimuth = rays.azimuth[index]
    ahead = np.stack([np.cos(azimuth), np.sin(azimuth)], -1)
    return np.asarray(rays.origin + ahead * distance[:, None], np.float64)
