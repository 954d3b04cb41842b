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

"""
What a camera sees of the ground, and from where.

Vehicle frame (REP 103): origin on the ground, x forward, y left, z up, metres. Optical frame
(REP 103): x right, y down, z forward. Pixels: u right, v down, whole numbers are pixel centres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np

from seg_node.perception.images.rotation import Rotation
from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.lens import Lens, Points

_OPTICAL: Points = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""Optical frame from a body frame that looks along x."""


@dataclass(frozen=True)
class Intrinsics:
    """
    A camera's projection: focal lengths and principal point in pixels, and its lens.

    `rotation` is how far the picture has been turned against the lens; all else is of the picture.

    :raises ValueError: names the field, its value and what would fit.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    lens: Lens = Lens()
    rotation: Rotation = Rotation.NONE

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f'size: {self.width}x{self.height} is no image')
        for name in ('fx', 'fy'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f'{name}: {value} is no focal length; calibrate the camera')
        for name, side in (('cx', self.width), ('cy', self.height)):
            value = getattr(self, name)
            if not -side <= value <= 2 * side:
                raise ValueError(f'{name}: {value} is far outside of the image, {side} pixels')

    def scaled(self, width: int, height: int) -> Intrinsics:
        """Return the projection onto the same image resized to width x height pixels."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self, width=width, height=height, fx=self.fx * sx, fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5, cy=(self.cy + 0.5) * sy - 0.5)

    def turned(self, rotation: Rotation) -> Intrinsics:
        """Return the projection onto a camera's picture turned upright."""
        width, height = rotation.size(self.width, self.height)
        fx, fy = (self.fy, self.fx) if rotation.on_side else (self.fx, self.fy)
        middle = np.array([self.width - 1, self.height - 1]) / 2
        aside = rotation.axes @ (np.array([self.cx, self.cy]) - middle)
        return replace(
            self, width=width, height=height, fx=fx, fy=fy, rotation=rotation,
            cx=float(aside[0]) + (width - 1) / 2, cy=float(aside[1]) + (height - 1) / 2)

    def project(self, points: Points) -> Points:
        """
        Project points of the optical frame.

        :param points: float64 [..., 3], metres.
        :returns: float64 [..., 2] pixels (u, v), NaN behind the camera and where the distortion
            is past its calibration (it would fold such points back into the image).
        """
        depth = points[..., 2]
        ahead = depth > 1e-6
        plane = points[..., :2] / np.where(ahead, depth, np.nan)[..., None]
        radius = np.hypot(plane[..., 0], plane[..., 1])
        seen = ahead & (radius < self.lens.valid_radius)
        if self.lens.bends:
            axes = self.rotation.axes
            plane = self.lens.distort(np.where(seen[..., None], plane, 0.0) @ axes) @ axes.T
        pixels: Points = plane * (self.fx, self.fy) + (self.cx, self.cy)
        pixels[~seen] = np.nan
        return pixels

    def unproject(self, pixels: Points) -> Points:
        """
        Return the points float64 [..., 2] at depth 1 of the optical frame that pixels show.

        :param pixels: float64 [..., 2] (u, v).
        :returns: (x, y); NaN where the distortion is past its calibration.
        """
        bent: Points = (pixels - (self.cx, self.cy)) / (self.fx, self.fy)
        if not self.lens.bends:
            return bent
        axes = self.rotation.axes
        return np.asarray(self.lens.undistort(bent @ axes) @ axes.T, np.float64)


@dataclass(frozen=True)
class Mounting:
    """
    Where a camera sits in the vehicle frame: metres and radians, REP 103 signs.

    Turned first by yaw, then pitch, then roll: a positive yaw looks left, a positive pitch looks
    down, a positive roll leans to the right.

    :raises ValueError: names the field, its value and the permitted range.
    """

    height: float = bounded(0.0, 0.0, 20.0, 'lens over the ground, metres; 0: not set')
    pitch: float = bounded(0.0, -1.4, 1.4, 'radians, positive looks down')
    roll: float = bounded(0.0, -0.8, 0.8, 'radians, positive leans to the right')
    yaw: float = bounded(0.0, -3.2, 3.2, 'radians, positive looks left; 3.1416 looks back')
    forward: float = bounded(
        0.0, -20.0, 20.0, 'lens ahead of the origin of the vehicle frame, metres')
    left: float = bounded(
        0.0, -20.0, 20.0, 'lens left of the origin of the vehicle frame, metres')

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, eq=False)
class CameraPose:
    """Optical frame from vehicle frame: p_optical = rotation [3, 3] (p_vehicle - position [3])."""

    rotation: Points
    position: Points

    @classmethod
    def origin(cls) -> CameraPose:
        """Return the pose of a frame in itself."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def from_mounting(cls, mounting: Mounting) -> CameraPose:
        """Make the pose from angles (Rz(yaw) Ry(pitch) Rx(roll), the convention of URDF)."""
        cr, sr = math.cos(mounting.roll), math.sin(mounting.roll)
        cp, sp = math.cos(mounting.pitch), math.sin(mounting.pitch)
        cy, sy = math.cos(mounting.yaw), math.sin(mounting.yaw)
        body = np.array([
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr]])
        return cls(_OPTICAL @ body.T,
                   np.array([mounting.forward, mounting.left, mounting.height]))

    @classmethod
    def from_transform(cls, translation: tuple[float, float, float],
                       quaternion: tuple[float, float, float, float]) -> CameraPose:
        """
        Make the pose from the transform of the optical frame in the vehicle frame, as TF gives it.

        :param translation: x, y, z in metres.
        :param quaternion: x, y, z, w.
        :raises ValueError: for a quaternion without length or a number that is not finite.
        """
        x, y, z, w = quaternion
        norm = math.sqrt(x * x + y * y + z * z + w * w)
        if not (math.isfinite(norm) and norm > 1e-6 and np.isfinite(translation).all()):
            raise ValueError(f'transform: {translation}, {quaternion} is no pose')
        x, y, z, w = x / norm, y / norm, z / norm, w / norm
        turn = np.array([
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
        return cls(turn.T, np.array(translation, np.float64))

    def turned(self, rotation: Rotation) -> CameraPose:
        """Return the pose of the optical frame of a camera's picture turned upright."""
        turn = np.eye(3)
        turn[:2, :2] = rotation.axes
        return CameraPose(turn @ self.rotation, self.position)

    def facing(self, way: float) -> CameraPose:
        """Return the pose in the frame whose x axis is turned `way` radians to the left."""
        cos, sin = math.cos(way), math.sin(way)
        turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
        return CameraPose(self.rotation @ turn, self.position @ turn)

    def on(self, parent: CameraPose) -> CameraPose:
        """Return the pose in the frame in which `parent`, in which this one is, has its pose."""
        return CameraPose(self.rotation @ parent.rotation,
                          parent.position + parent.rotation.T @ self.position)

    def relative_to(self, other: CameraPose) -> CameraPose:
        """Return the pose in the frame that has the pose `other`; both are in one frame now."""
        return CameraPose(self.rotation @ other.rotation.T,
                          other.rotation @ (self.position - other.position))

    def distance(self, other: CameraPose) -> tuple[float, float]:
        """Return how far two poses are apart: metres, and radians of the turn between them."""
        turn = self.rotation @ other.rotation.T
        # Half the length of turn - turn^T is sqrt(2) sin(angle): exact where the cosine is not.
        sine = float(np.linalg.norm(turn - turn.T)) / math.sqrt(8)
        return (float(np.linalg.norm(self.position - other.position)),
                math.atan2(sine, (float(np.trace(turn)) - 1) / 2))

    def to_optical(self, points: Points) -> Points:
        """Return points float64 [..., 3] of the vehicle frame in the optical frame."""
        optical: Points = (points - self.position) @ self.rotation.T
        return optical


@dataclass(frozen=True, eq=False)
class View:
    """A camera with its place on the vehicle."""

    intrinsics: Intrinsics
    pose: CameraPose

    def scaled(self, width: int, height: int) -> View:
        """Return the view of the same image resized to width x height pixels."""
        return View(self.intrinsics.scaled(width, height), self.pose)

    def facing(self, way: float) -> View:
        """Return the view in the frame whose x axis is turned `way` radians to the left."""
        return View(self.intrinsics, self.pose.facing(way))

    def project(self, points: Points) -> Points:
        """Return pixels float64 [..., 2] of points float64 [..., 3] in the vehicle frame."""
        return self.intrinsics.project(self.pose.to_optical(points))
