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
"""Random halls and corridors: floors to drive on between walls, by casting rays into a box."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.simulation import obstacles
from seg_node.simulation.billboards import Billboard, draw_things
from seg_node.simulation.camera import Camera
from seg_node.simulation.labels import BACKGROUND, PATH
from seg_node.simulation.lens import LensEffects, Light
from seg_node.simulation.renderer import RenderedFrame
from seg_node.simulation.road import Pose
from seg_node.simulation.sprite import Sprite
from seg_node.simulation.textures import Texture
from training.swatches import FLOORS, Swatches, WALLS

_Rng = np.random.Generator
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Hall:
    """A box: metres to the left and right wall, its height, its end; what it is lined with."""

    left: float
    right: float
    high: float
    end: float
    floor: Texture
    wall: Texture
    ceiling: Texture
    skirting: float
    doors: _Floats
    lamps: float


def random_hall(seed: int, width: int, height: int, swatches: Swatches,
                things: tuple[Sprite, ...]) -> RenderedFrame:
    """Render a hall, uint8 [height, width]; the same seed gives the same frame."""
    rng = np.random.default_rng((seed, 2718))
    camera = Camera.from_fov(
        width, height, math.radians(rng.uniform(55, 100)), float(rng.uniform(0.3, 1.3)),
        math.radians(rng.uniform(-2, 22)))
    wide = float(np.exp(rng.uniform(math.log(1.4), math.log(12.0))))
    left = float(rng.uniform(0.2, 0.8)) * wide
    hall = _Hall(
        left, wide - left, float(rng.uniform(2.3, 5.0)),
        float(np.exp(rng.uniform(math.log(2.5), math.log(40.0)))),
        swatches.draw(FLOORS, rng), swatches.draw(WALLS, rng), swatches.draw(WALLS, rng),
        float(rng.uniform(0.0, 0.15)), rng.uniform(1.0, 30.0, 8), float(rng.uniform(1.5, 4.0)))
    yaw = float(rng.normal(0, 0.15))
    directions = _rays(camera, yaw)
    origin = np.array([0.0, 0.0, camera.height_m])
    color, on_floor, distance = _cast(hall, origin, directions)
    gloss = float(rng.uniform(0.0, 0.45)) if rng.random() < 0.5 else 0.0
    if gloss:
        # What a polished floor mirrors is floor all the same.
        at = origin + directions * distance[..., None]
        up = directions * np.array([1.0, 1.0, -1.0])
        mirrored, _, _ = _cast(hall, at + np.array([0.0, 0.0, 1e-3]), up)
        share = gloss * (1 - np.abs(directions[..., 2]) / np.linalg.norm(directions, axis=-1)) ** 2
        share = (share * on_floor)[..., None]
        color = color * (1 - share) + cv2.blur(mirrored, (3, 9)) * share
    dim = np.exp(-distance / rng.uniform(8.0, 60.0))[..., None]
    image = np.clip(color * (0.35 + 0.65 * dim), 0, 255).astype(np.uint8)
    labels = np.where(on_floor, PATH, BACKGROUND).astype(np.uint8)
    light = Light(gain=tuple(float(v) for v in np.array([0.95, 1.0, 1.05]) ** rng.normal(0, 2)
                             * rng.uniform(0.5, 1.25)), shadow=0.0, haze_m=400.0,
                  noise=float(rng.uniform(0.5, 6.0)), blur_px=float(rng.uniform(0.0, 1.2)))
    standing = []
    for _ in range(int(rng.integers(0, 5))):
        ahead = float(np.exp(rng.uniform(math.log(1.2), math.log(min(15.0, hall.end)))))
        aside = float(rng.uniform(-hall.right, hall.left))
        sprite = (things[int(rng.integers(len(things)))] if things and rng.random() < 0.6
                  else obstacles.box(int(rng.integers(40))))
        standing.append(Billboard(ahead, aside, sprite))
    draw_things(image, labels, tuple(standing), Pose(0.0, 0.0, yaw), camera, light)
    return RenderedFrame(LensEffects(light, width, height).apply(image, seed % 2 ** 32), labels)


def _rays(camera: Camera, yaw: float) -> _Floats:
    """Return each pixel's direction in the hall, float64 [H, W, 3]: x ahead, y left, z up."""
    u, v = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    aside, down = -(u - camera.cx) / camera.focal_px, (v - camera.cy) / camera.focal_px
    cos_p, sin_p = math.cos(camera.pitch_rad), math.sin(camera.pitch_rad)
    ahead, rise = cos_p - down * sin_p, -sin_p - down * cos_p
    cos_y, sin_y = math.cos(yaw), math.sin(yaw)
    return np.stack([ahead * cos_y - aside * sin_y, ahead * sin_y + aside * cos_y, rise], -1)


def _cast(hall: _Hall, origin: _Floats, directions: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Return colours, float [H, W, 3]; where they are floor, bool; and how many rays away."""
    origin = np.broadcast_to(origin, directions.shape)
    x, y, z = (np.where(np.abs(directions[..., k]) < 1e-6, 1e-6, directions[..., k])
               for k in range(3))
    walls = [(-origin[..., 2]) / z, (hall.high - origin[..., 2]) / z,
             (hall.left - origin[..., 1]) / y, (-hall.right - origin[..., 1]) / y,
             (hall.end - origin[..., 0]) / x]
    reach = np.stack([np.where(one > 1e-6, one, np.inf) for one in walls])
    reach = np.where(np.isfinite(reach), reach, 1e3)
    nearest = reach.argmin(0)
    distance = reach.min(0)
    at = origin + directions * distance[..., None]
    floor, ceiling, end = nearest == 0, nearest == 1, nearest == 4
    flat = floor | ceiling
    along = np.where(end, at[..., 1], at[..., 0])
    up = np.where(flat, at[..., 1], at[..., 2])
    wall = _look(hall.wall, along, up, distance)
    door = (np.abs(along[..., None] - hall.doors) < 0.45).any(-1) & (at[..., 2] < 2.05) & ~end
    wall[door] = wall[door] * 0.25 + np.array([40.0, 60.0, 90.0])
    wall[at[..., 2] < hall.skirting] *= 0.5
    color = np.where(floor[..., None], _look(hall.floor, along, up, distance), np.where(
        ceiling[..., None], _look(hall.ceiling, along, up, distance), wall))
    lamp = ceiling & (np.mod(at[..., 0], hall.lamps) < 0.6) & (np.abs(at[..., 1]) < 0.3)
    color[lamp] = 255.0
    return color, floor, distance


def _look(texture: Texture, x: _Floats, y: _Floats, distance: _Floats) -> _Floats:
    """Sample a texture at points of a plane, less sharp the farther off they are."""
    found = np.zeros((*x.shape, 3))
    grade = np.clip(np.log2(np.maximum(distance, 0.5)), 0, len(texture.levels) - 1).astype(int)
    for level in np.unique(grade):
        source = texture.levels[level]
        side = source.shape[0] - 1
        u, v = (np.mod(one / texture.tile_m, 1.0).astype(np.float32) * side for one in (x, y))
        part = cv2.remap(source, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        here = grade == level
        found[here] = part[here]
    return found
