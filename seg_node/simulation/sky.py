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

"""The sky, with clouds, hills and a line of trees on the horizon."""

from __future__ import annotations

from functools import lru_cache
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.camera import Camera
from seg_node.simulation.lens import Light
from seg_node.simulation.textures import fractal_noise, Image, TILE_PX, to_bytes

_PX_PER_RAD = 1536 / (2 * math.pi)
_TOP_RAD = 0.9
_BELOW_PX = 4
_KINDS = (
    # zenith, horizon (BGR), share of clouds
    ((196, 138, 84), (226, 206, 182), 0.5),
    ((200, 150, 105), (224, 214, 200), 1.0),
    ((196, 192, 188), (214, 212, 210), 2.5),
    ((150, 110, 84), (150, 182, 226), 0.7),
)


def _ridge(seed: int, columns: int, roughness: float) -> NDArray[np.float32]:
    """Return a wrapping skyline, mean 0, deviation 1."""
    rng = np.random.default_rng(seed)
    waves = np.arange(1, 120)
    phase = rng.uniform(0, 2 * math.pi, waves.size)
    size = rng.normal(0, 1, waves.size) / waves ** roughness
    angle = np.linspace(0, 2 * math.pi, columns, endpoint=False)
    line = (size[:, None] * np.sin(waves[:, None] * angle + phase[:, None])).sum(0)
    return np.asarray(line / line.std(), np.float32)


@lru_cache(maxsize=48)
def panorama(variant: int, haze: tuple[float, float, float]) -> Image:
    """Paint (once) the full circle of sky; the horizon is `_BELOW_PX` rows above the bottom."""
    rng = np.random.default_rng(9000 + variant)
    columns, above = round(2 * math.pi * _PX_PER_RAD), round(_TOP_RAD * _PX_PER_RAD)
    zenith, horizon, cloudy = _KINDS[variant % len(_KINDS)]
    up = np.linspace(1.0, 0.0, above, dtype=np.float32)[:, None, None]
    sky = np.asarray(horizon, np.float32) + (up ** 0.7) * (
        np.asarray(zenith, np.float32) - np.asarray(horizon, np.float32))
    sky = np.repeat(sky, columns, 1)
    noise = fractal_noise(500 + variant, 2, 64, 0.62)
    # Clouds lie in a plane: squeeze them towards the horizon.
    rows = np.clip(TILE_PX * 0.32 / (up[:, 0, 0] + 0.18), 0, 4 * TILE_PX).astype(int) % TILE_PX
    cols = (np.arange(columns) * TILE_PX // columns * 2) % TILE_PX
    cover = np.clip((noise[rows][:, cols] + cloudy - 1.3) * 0.9, 0, 1)
    cover = np.asarray(cv2.GaussianBlur(cover, (5, 3), 0), np.float32)[..., None]
    lit = np.asarray(horizon, np.float32) * 0.3 + 0.7 * np.array([246, 246, 246], np.float32)
    sky += cover * np.float32(0.85) * (lit - sky)
    below = np.broadcast_to(np.asarray(haze, np.float32), (_BELOW_PX, columns, 3))
    image = np.concatenate([sky, below])
    height_px = above - np.arange(above + _BELOW_PX)[:, None]
    for layer in range(3):
        green = np.array([62, 92, 72], np.float32) * np.float32(rng.uniform(0.8, 1.1))
        fog = np.float32((0.75, 0.55, 0.25)[layer])
        colour = green + fog * (np.asarray(haze, np.float32) - green)
        high = (13.0, 8.0, 5.0)[layer] * rng.uniform(0.4, 1.5)
        line = high + (5.0, 3.0, 1.3)[layer] * _ridge(
            variant * 10 + layer, columns, (1.8, 1.4, 0.7)[layer])
        inside = (height_px < line[None, :]) & (height_px >= 0)
        image[inside] = colour
    leaves = fractal_noise(800 + variant, 64, 256, 0.8)
    low = image[above - 30:above]
    low *= (1.0 + 0.04 * leaves[:30, np.arange(columns) % TILE_PX])[..., None]
    return to_bytes(image)


def draw_sky(image: Image, camera: Camera, light: Light, variant: int, yaw: float) -> None:
    """Paint the rows above the ground (in place) as seen at a yaw."""
    rows = min(camera.height, math.ceil(camera.horizon_row) + 2)
    if rows <= 0:
        return
    source = panorama(variant, light.haze)
    columns = source.shape[1]
    bearing = np.arctan((camera.cx - np.arange(camera.width)) / camera.focal_px) + yaw
    u = ((-bearing / (2 * math.pi)) % 1.0) * columns
    slope = (np.arange(rows) - camera.cy) / camera.focal_px
    elevation = np.arctan(-slope) - camera.pitch_rad
    v = np.clip(source.shape[0] - _BELOW_PX - elevation * _PX_PER_RAD, 0, source.shape[0] - 1)
    wide = np.concatenate([source, source[:, :1]], 1)
    cv2.remap(
        wide, np.repeat(u.astype(np.float32)[None], rows, 0),
        np.repeat(v.astype(np.float32)[:, None], camera.width, 1), cv2.INTER_LINEAR,
        dst=image[:rows], borderMode=cv2.BORDER_REPLICATE)
