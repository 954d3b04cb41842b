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

"""Render a scene from a pose: the image and its labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.billboards import Billboard, depth_things, draw_things
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Ground, Surfaces
from seg_node.simulation.lens import LensEffects, Light
from seg_node.simulation.road import CentreLine, Pose, Profile
from seg_node.simulation.sky import draw_sky
from seg_node.simulation.sprite import Sprite
from seg_node.simulation.textures import Image


@dataclass(frozen=True)
class RenderedFrame:
    """An image, BGR uint8 [H, W, 3], and the class id of each pixel, uint8 [H, W]."""

    bgr: Image
    labels: Image


@dataclass(frozen=True)
class Scene:
    """Everything that does not move."""

    line: CentreLine
    profile: Profile
    surfaces: Surfaces
    light: Light = Light()
    things: tuple[Billboard, ...] = ()
    sky: int = 0

    def place(self, s: float, d: float, sprite: Sprite) -> Billboard:
        """Stand a sprite at arc length s, d metres left of the centre line."""
        at = self.line.pose(s, d)
        return Billboard(at.x, at.y, sprite)


class Renderer:
    """Render one scene with one camera; frames do not depend on each other."""

    def __init__(self, scene: Scene, camera: Camera) -> None:
        """Precompute what does not depend on the pose."""
        self.scene = scene
        self.camera = camera
        self._ground = self._ground_for(camera)
        self._lens = LensEffects(scene.light, camera.width, camera.height)

    def render(
        self, pose: Pose, moving: tuple[Billboard, ...] = (), frame: int = 0, nod_rad: float = 0.0
    ) -> RenderedFrame:
        """
        Render the view from a vehicle's pose.

        pose: where the camera's foot stands, and where the vehicle looks. moving: things that
        stand somewhere else in every frame. frame: seeds the camera's noise. nod_rad: how much
        lower than usual the camera looks at this moment.
        """
        camera, ground = self.camera, self._ground
        if nod_rad != 0.0:
            camera = replace(camera, pitch_rad=camera.pitch_rad + nod_rad)
            ground = self._ground_for(camera)
        size = (camera.height, camera.width)
        image = np.zeros((*size, 3), np.uint8)
        labels = np.zeros(size, np.uint8)
        draw_sky(image, camera, self.scene.light, self.scene.sky, pose.yaw)
        ground.draw(image, labels, pose)
        draw_things(
            image, labels, (*self.scene.things, *moving), pose, camera, self.scene.light)
        return RenderedFrame(self._lens.apply(image, frame), labels)

    def depth(self, pose: Pose, moving: tuple[Billboard, ...] = ()) -> NDArray[np.float32]:
        """
        Return the exact depth of what render() shows, float32 [H, W]; NaN for the sky.

        Metres along the optical axis (REP 118).
        """
        camera = self.camera
        depth = np.repeat(camera.ground_depth()[:, None], camera.width, axis=1)
        depth_things(depth, (*self.scene.things, *moving), pose, camera)
        return depth

    def _ground_for(self, camera: Camera) -> Ground:
        scene = self.scene
        return Ground(scene.line, scene.profile, scene.surfaces, scene.light, camera)
