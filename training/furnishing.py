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
"""What photographed surfaces make of a rendered scene, and what rain makes of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.labels import PATH, SIDEWALK, SPEED_BUMP
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import RenderedFrame
from seg_node.simulation.road import Bump, Profile
from seg_node.simulation.textures import Texture, value_noise
from training.swatches import ROADS, Swatches, VERGES, WALKS

_Rng = np.random.Generator
_BUMP_COLORS = (
    ((40, 180, 225), (45, 45, 48)), ((235, 235, 235), (60, 60, 62)), ((40, 60, 170), (60, 60, 62)),
    ((235, 235, 235), (50, 60, 180)), ((60, 75, 130), (70, 85, 140)),
    ((30, 160, 230), (200, 205, 210)))
"""BGR: rubber, white paint on asphalt, red paint, white and red, bricks, yellow and grey."""


def furnish(profile: Profile, surfaces: Surfaces, swatches: Swatches, rng: _Rng,
            ) -> tuple[Profile, Surfaces]:
    """Return them with most surfaces photographed, and speed bumps of other makes."""
    def maybe(own: Material | Texture, classes: tuple[str, ...]) -> Material | Texture:
        return swatches.draw(classes, rng) if rng.random() < 0.75 else own

    surfaces = replace(surfaces, road=maybe(surfaces.road, ROADS),
                       verge=maybe(surfaces.verge, VERGES),
                       sidewalk=maybe(surfaces.sidewalk, WALKS))
    beyond = profile.beyond
    if beyond is not None:
        kind = rng.random()
        if kind < 0.25:
            beyond = _drop(rng)
        elif kind < 0.6:
            beyond = swatches.draw(VERGES, rng)
    return replace(profile, beyond=beyond, bumps=tuple(
        _painted(bump, rng) for bump in profile.bumps)), surfaces


def _painted(bump: Bump, rng: _Rng) -> Bump:
    return replace(bump, colors=_BUMP_COLORS[int(rng.integers(len(_BUMP_COLORS)))],
                   stripe_m=float(rng.uniform(0.15, 0.7)))


def _drop(rng: _Rng) -> Texture:
    """Return what a quay or a stair looks like from above: dark, and little to be seen."""
    level = rng.uniform(5, 60) * rng.uniform(0.8, 1.2, 3)
    tile = level * (0.8 + 0.4 * value_noise(int(rng.integers(8)), 8, 64)[..., None])
    return Texture.from_tile(np.clip(tile, 0, 255).astype(np.uint8), 6.0)


def wetted(frame: RenderedFrame, camera: Camera, rng: _Rng) -> RenderedFrame:
    """Return the frame after rain: darker ground, and the world mirrored in it."""
    height, width = frame.labels.shape
    ground = np.isin(frame.labels, (PATH, SIDEWALK, SPEED_BUMP)).astype(np.float32)
    rows = np.arange(height)
    # What is far off is mirrored about the horizon.
    source = np.clip(2 * camera.horizon_row - rows, 0, height - 1).astype(int)
    mirror = cv2.GaussianBlur(frame.bgr[source], (0, 0), sigmaX=0.8, sigmaY=4.0)
    below = np.clip((rows - camera.horizon_row) / height, 0.01, 1)[:, None]
    # Water mirrors most at grazing angles.
    share = np.clip(0.08 / below, 0.05, 0.8) * rng.uniform(0.3, 1.0)
    puddles = cv2.resize(value_noise(int(rng.integers(16)), 16, 256), (width, height))
    share = share * np.clip((puddles - rng.uniform(0.0, 0.6)) * 4, 0.15, 1) * ground
    dark = 1 - ground * float(rng.uniform(0.1, 0.45))
    bgr = frame.bgr * dark[..., None]
    bgr += (mirror - bgr) * share[..., None]
    return RenderedFrame(np.clip(bgr, 0, 255).astype(np.uint8), frame.labels)
