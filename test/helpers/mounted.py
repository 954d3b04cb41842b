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

"""Rendered pictures of a camera whose mounting is known, roll and yaw included."""

from __future__ import annotations

import math

import cv2
import numpy as np

from seg_node.simulation import scenery
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import Renderer, Scene
from seg_node.simulation.road import CentreLine, PaintedLine, Pose, Profile
from seg_node.stop_go import CameraPose, Intrinsics, Mounting, View

SIZE, FOV = (640, 360), 1.2


def world(things: bool = True) -> Scene:
    """Return a straight road with dashes, noise of the camera and, if wanted, trees beside it."""
    line = CentreLine.from_curvature(np.zeros_like, -20.0, 120.0)
    profile = Profile(5.0, edge_m=0.03, lines=(
        PaintedLine(2.2, 0.12, 3.0, 6.0), PaintedLine(-2.2, 0.12)))
    surfaces, light = Surfaces(Material.ASPHALT, Material.GRASS), Light(noise=2.0)
    bare = Scene(line, profile, surfaces, light)
    trees = tuple(bare.place(5.0 + 7.0 * index, side * (5.0 + index % 3), scenery.tree(index % 4))
                  for index in range(12) for side in (1, -1)) if things else ()
    return Scene(line, profile, surfaces, light, trees)


class MountedCamera:
    """
    Pictures from a camera with a mounting.

    The renderer knows neither roll nor yaw: a wider picture of the same place is turned into
    that of the camera, which is exact, for both see along the same rays.
    """

    def __init__(self, mounting: Mounting, scene: Scene | None = None) -> None:
        width, height = SIZE
        focal = width / 2 / math.tan(FOV / 2)
        self.mounting = mounting
        self.view = View(Intrinsics(width, height, focal, focal, (width - 1) / 2,
                                    (height - 1) / 2), CameraPose.from_mounting(mounting))
        wide = FOV + 2 * abs(mounting.yaw) + abs(mounting.roll) + 0.04
        base = Camera.from_fov(int(width * math.tan(wide / 2) / math.tan(FOV / 2)),
                               int(1.1 * height * math.tan(wide / 2) / math.tan(FOV / 2)), wide,
                               mounting.height, mounting.pitch)
        self._renderer = Renderer(scene or world(), base)
        level = CameraPose.from_mounting(Mounting(mounting.height, mounting.pitch))
        self._turn = (matrix(focal, self.view.intrinsics.cx, self.view.intrinsics.cy)
                      @ self.view.pose.rotation @ level.rotation.T
                      @ np.linalg.inv(matrix(base.focal_px, base.cx, base.cy)))

    def picture(self, x: float = 0.0, yaw: float = 0.0, number: int = 0, nod: float = 0.0,
                y: float = 0.0) -> np.ndarray:
        """Return the picture, BGR, from a place of the vehicle."""
        wide = self._renderer.render(Pose(x, y, yaw), (), number, nod).bgr
        return np.asarray(cv2.warpPerspective(wide, self._turn, SIZE))

    def board(self, squares: tuple[int, int], side: float, ahead: float, turned: float = 0.0,
              upright: bool = False) -> np.ndarray:
        """Return the picture, BGR, of a checkerboard on a grey floor, or one that stands."""
        scale, (columns, rows) = 40, squares
        grid = np.add.outer(np.arange(rows), np.arange(columns)) % 2
        drawn = np.pad(np.kron(235 - 215 * grid, np.ones((scale, scale))), scale,
                       constant_values=235).astype(np.uint8)
        height, width = drawn.shape
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
        across = (width / 2 - corners[:, 0]) / scale * side
        along = (height - corners[:, 1]) / scale * side
        cos, sin = math.cos(turned), math.sin(turned)
        x, y = ahead + cos * along - sin * across, sin * along + cos * across
        places = np.stack([np.full(4, ahead), y, along] if upright else [x, y, 0 * x], axis=1)
        seen = self.view.project(places).astype(np.float32)
        turn = cv2.getPerspectiveTransform((corners - 0.5).astype(np.float32), seen)
        flat = cv2.warpPerspective(drawn, turn, SIZE, borderValue=120, flags=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(flat, cv2.COLOR_GRAY2BGR))


def matrix(focal: float, cx: float, cy: float) -> np.ndarray:
    """Return the matrix of a pinhole."""
    return np.array([[focal, 0.0, cx], [0.0, focal, cy], [0.0, 0.0, 1.0]])
