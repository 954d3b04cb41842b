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

"""Tileable noise textures with mip levels, sampled at ground coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_PX = 512

Image = NDArray[np.uint8]
Field = NDArray[np.float32]


@lru_cache(maxsize=64)
def value_noise(seed: int, cells: int, size: int = TILE_PX) -> Field:
    """Return smooth tileable noise, float32 [size, size], uniform 0..1 at the cell corners."""
    grid = np.random.default_rng((seed, cells)).random((cells, cells), dtype=np.float32)
    if cells >= size:
        return grid
    padded = np.pad(grid, 2, mode='wrap')
    scale = size // cells
    big: Any = cv2.resize(padded, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(big[2 * scale:2 * scale + size, 2 * scale:2 * scale + size], np.float32)


@lru_cache(maxsize=64)
def fractal_noise(seed: int, first: int, last: int, gain: float = 0.6) -> Field:
    """Sum value noise from `first` to `last` cells a tile; zero mean, unit deviation."""
    total = np.zeros((TILE_PX, TILE_PX), np.float32)
    weight, cells = 1.0, first
    while cells <= last:
        total += np.float32(weight) * (value_noise(seed, cells) - np.float32(0.5))
        weight *= gain
        cells *= 2
    total -= total.mean()
    return np.asarray(total / np.float32(total.std()))


def wrapped_lines(
    rng: np.random.Generator, count: int, steps: int, thickness: int
) -> Field:
    """Draw random walks (cracks, twigs) that wrap at the tile's edges; float32 0..1."""
    canvas = np.zeros((TILE_PX, TILE_PX), np.uint8)
    for _ in range(count):
        heading = np.cumsum(rng.normal(0.0, 0.12, steps)) + rng.uniform(0.0, 6.3)
        heading += rng.normal(0.0, 0.6, steps)
        step = rng.uniform(4.0, 9.0)
        path = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1) * step, 0)
        path += rng.uniform(0, TILE_PX, 2)
        for dx in (-TILE_PX, 0, TILE_PX):
            for dy in (-TILE_PX, 0, TILE_PX):
                points = np.round(path + (dx, dy)).astype(np.int32)
                cv2.polylines(canvas, [points], False, 255, thickness, cv2.LINE_AA)
    return np.asarray(canvas.astype(np.float32) / np.float32(255.0))


def to_bytes(image: NDArray[Any]) -> Image:
    """Clip to 0..255 and convert to uint8."""
    return np.asarray(np.clip(image, 0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Texture:
    """
    A square tile that repeats over the ground, with its mip levels.

    levels: uint8 [n + 1, n + 1, C], n halving; the extra row and column repeat the first ones.
    tile_m: side of the tile on the ground, in metres.
    """

    levels: tuple[Image, ...]
    tile_m: float

    @classmethod
    def from_tile(cls, tile: Image, tile_m: float) -> Texture:
        """Build the mip levels of a square tile whose side is a power of two."""
        levels: list[Image] = []
        while True:
            wrap = ((0, 1), (0, 1), (0, 0)) if tile.ndim == 3 else ((0, 1), (0, 1))
            levels.append(np.pad(tile, wrap, mode='wrap'))
            side = tile.shape[0] // 2
            if side < 2:
                return cls(tuple(levels), tile_m)
            tile = np.asarray(cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA))

    def sample(self, x: Field, y: Field, footprint_m: Field) -> Image:
        """
        Sample at ground points.

        x, y: float32 [R, W], metres. footprint_m: float32 [R], the size of a pixel on the ground,
        falling from the first row to the last. Returns uint8 [R, W] or [R, W, 3].
        """
        texel = self.tile_m / (self.levels[0].shape[0] - 1)
        level = np.clip(np.log2(np.maximum(footprint_m, 1e-6) / texel), 0, len(self.levels) - 1)
        level = np.round(level).astype(int)
        u = x * np.float32(1.0 / self.tile_m)
        u -= np.floor(u)
        v = y * np.float32(1.0 / self.tile_m)
        v -= np.floor(v)
        bounds = [0, *(np.flatnonzero(np.diff(level)) + 1).tolist(), len(level)]
        parts: list[Any] = []
        for start, stop in pairwise(bounds):
            source = self.levels[level[start]]
            side = np.float32(source.shape[0] - 1)
            parts.append(cv2.remap(
                source, u[start:stop] * side, v[start:stop] * side, cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE))
        return np.concatenate(parts) if parts else np.zeros((*x.shape, 3), np.uint8)


def shades(gray: Field, dark: Sequence[float], light: Sequence[float]) -> Field:
    """Map -2..2 of a noise field to colours from `dark` to `light` (BGR); float32 [H, W, 3]."""
    mix = np.clip(gray * np.float32(0.25) + np.float32(0.5), 0, 1)[..., None]
    low, high = np.asarray(dark, np.float32), np.asarray(light, np.float32)
    return np.asarray(low + mix * (high - low))
