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

"""The demo drive: twenty seconds on a road, rendered with ground truth."""

from __future__ import annotations

from itertools import pairwise
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.simulation import obstacles, scenery
from seg_node.simulation.billboards import Billboard
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import RenderedFrame, Renderer, Scene
from seg_node.simulation.road import CentreLine, PaintedLine, Pose, Profile, Sidewalk

_DURATION_S = 20.0
_FPS = 20.0
_ROAD_M = 4.6
_STOP_GAP_M = 4.8
_END_GAP_M = 3.0
_STRIDE_M = 1.4

# (time s, value): between the times the value moves along a smooth S.
_Keys = tuple[tuple[float, float], ...]
_SPEED: _Keys = (
    (0.0, 6.0), (4.6, 6.0), (7.0, 0.0), (10.2, 0.0), (12.2, 6.0), (15.8, 5.6),
    (18.4, 0.0), (_DURATION_S, 0.0),
)
# Lateral position of the pedestrian: comes from the right, hesitates, leaves to the left.
_WALK: _Keys = (
    (0.0, -5.4), (2.6, -5.4), (6.7, -0.1), (8.3, 0.1), (12.6, 5.2), (_DURATION_S, 5.2))


def _between(keys: _Keys, t: float) -> float:
    for (t0, v0), (t1, v1) in pairwise(keys):
        if t <= t1:
            share = min(1.0, max(0.0, (t - t0) / (t1 - t0)))
            return v0 + (v1 - v0) * share * share * (3.0 - 2.0 * share)
    return keys[-1][1]


def _distance(keys: _Keys, t: float) -> float:
    """Integrate the speed in closed form: an S of length T covers (v0 + v1) T / 2 in all."""
    total = 0.0
    for (t0, v0), (t1, v1) in pairwise(keys):
        share = min(1.0, max(0.0, (t - t0) / (t1 - t0)))
        total += (t1 - t0) * (v0 * share + (v1 - v0) * (share ** 3 - 0.5 * share ** 4))
    return total


class Drive:
    """
    A drive along a road; frames are a function of the time alone.

    A pedestrian blocks the way from about 6 to 9 s and the vehicle waits; at the end the road ends
    at a barrier and the vehicle stands before it.
    """

    def __init__(self, width: int = 640, height: int = 360) -> None:
        """Build the world and its renderer for images of one size."""
        self.camera = Camera.from_fov(
            width, height, math.radians(72.0), height_m=1.2, pitch_rad=math.radians(3.0))
        self._pedestrian_s = self.position(8.0) + _STOP_GAP_M
        self._renderer = Renderer(self._scene(), self.camera)

    @property
    def duration(self) -> float:
        """Length of the drive in seconds."""
        return _DURATION_S

    @property
    def fps(self) -> float:
        """Frames per second the drive is meant to be played at."""
        return _FPS

    @property
    def scene(self) -> Scene:
        """The world without what moves."""
        return self._renderer.scene

    def speed(self, t: float) -> float:
        """Speed of the vehicle at time t, m/s."""
        return _between(_SPEED, t)

    def yaw_rate(self, t: float) -> float:
        """Yaw rate of the vehicle at time t, rad/s, over a tenth of a second."""
        before, after = self.pose(t - 0.05).yaw, self.pose(t + 0.05).yaw
        return math.remainder(after - before, 2.0 * math.pi) / 0.1

    def position(self, t: float) -> float:
        """Arc length of the vehicle along the road at time t, metres."""
        return _distance(_SPEED, t)

    def pose(self, t: float) -> Pose:
        """Pose of the vehicle in the world at time t."""
        s = self.position(t)
        # Nobody drives exactly on the centre line.
        return self.scene.line.pose(
            s, 0.10 * math.sin(s / 9.0), 0.10 / 9.0 * math.cos(s / 9.0))

    def pedestrian(self, t: float) -> tuple[float, float]:
        """Place of the pedestrian at time t: metres ahead of the vehicle, metres left of it."""
        at = self._pedestrian(t)
        pose = self.pose(t)
        dx, dy = at.x - pose.x, at.y - pose.y
        cos_y, sin_y = math.cos(pose.yaw), math.sin(pose.yaw)
        return dx * cos_y + dy * sin_y, dy * cos_y - dx * sin_y

    def frame(self, t: float) -> RenderedFrame:
        """Render the view at time t (seconds); times outside the drive give its ends."""
        if not math.isfinite(t):
            raise ValueError(f'demo drive: time {t} s, needs a finite number')
        t = min(max(t, 0.0), self.duration)
        return self._renderer.render(
            self.pose(t), (self._pedestrian(t),), frame=round(t * self.fps))

    def depth(self, t: float) -> NDArray[np.float32]:
        """Return the depth of the view at time t, see :meth:`Renderer.depth`."""
        return self._renderer.depth(self.pose(t), (self._pedestrian(t),))

    def _pedestrian(self, t: float) -> Billboard:
        d = _between(_WALK, t)
        pace = _between(_WALK, t + 0.05) - _between(_WALK, t - 0.05)
        phase = -1 if abs(pace) < 0.03 else int(
            (d + 50.0) / _STRIDE_M * obstacles.PHASES) % obstacles.PHASES
        return self.scene.place(
            self._pedestrian_s, d, obstacles.pedestrian(variant=7, phase=phase, facing=-1))

    def _scene(self) -> Scene:
        end = self.position(_DURATION_S) + _END_GAP_M
        line = CentreLine.from_curvature(_curvature, -20.0, end + 140.0)
        half = _ROAD_M / 2
        profile = Profile(
            _ROAD_M, edge_m=0.03, end_s=end, beyond=Material.GRASS,
            lines=(PaintedLine(half - 0.22, 0.12), PaintedLine(0.22 - half, 0.12)), wear=0.45,
            sidewalks=(Sidewalk(1, 1.7),))
        surfaces = Surfaces(Material.ASPHALT, Material.GRASS, Material.SLABS, variant=2)
        light = Light(
            shadow=0.4, shadow_cover=0.36, haze_m=300.0, gain=(1.04, 1.07, 1.10), gamma=0.88)
        bare = Scene(line, profile, surfaces, light)
        return Scene(line, profile, surfaces, light, _things(bare, end), sky=0)


def _curvature(s: NDArray[np.float64]) -> NDArray[np.float64]:
    bends = 0.016 * np.sin(2.0 * math.pi * (s - 4.0) / 62.0)
    return np.asarray(np.where(s < 4.0, 0.0, bends))


def _things(scene: Scene, end: float) -> tuple[Billboard, ...]:
    rng = np.random.default_rng(20)
    half = _ROAD_M / 2
    things: list[Billboard] = []
    for side, nearest in ((1, half + 2.8), (-1, half + 1.9)):
        s = 5.0 + 4.0 * side
        while s < end + 60.0:
            d = side * (nearest + rng.uniform(0.0, 3.5))
            things.append(scene.place(
                s, d, scenery.tree(int(rng.integers(12))).scaled(rng.uniform(0.85, 1.3))))
            if rng.random() < 0.6:
                things.append(scene.place(
                    s + rng.uniform(2.0, 5.0), side * (nearest + rng.uniform(0.0, 1.0)),
                    scenery.bush(int(rng.integers(8)))))
            s += rng.uniform(6.0, 12.0)
    for index, s in enumerate(np.arange(14.0, end + 90.0, 19.0).tolist()):
        things.append(scene.place(s, 15.0 + 3.0 * (index % 2), scenery.house(index)))
        if index % 2:
            things.append(scene.place(s + 7.0, -18.0, scenery.house(index + 7)))
    # Behind the barrier the way is closed by trees and a house.
    for d in (-9.0, -4.5, 3.5, 8.0):
        things.append(scene.place(end + 14.0 + d, d, scenery.tree(int(rng.integers(12)))))
    things.append(scene.place(end + 26.0, -2.0, scenery.house(4)))
    things.append(scene.place(27.0, -half - 1.5, obstacles.car(2)))
    things.append(scene.place(58.0, -half - 0.5, obstacles.cone(1)))
    things.append(scene.place(59.2, -half - 0.8, obstacles.cone(2)))
    things.append(scene.place(end, 0.0, obstacles.barrier(0, 5.0)))
    return tuple(things)


def demo_drive(width: int = 640, height: int = 360) -> Drive:
    """Return the demo drive for images of a size."""
    return Drive(width, height)
