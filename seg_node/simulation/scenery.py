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

"""Scenery beside the road: trees, bushes, houses. None of it blocks the road."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from seg_node.simulation.labels import BACKGROUND
from seg_node.simulation.sprite import Colour, Pen, Sprite


@lru_cache(maxsize=32)
def tree(variant: int) -> Sprite:
    """Draw a leafy tree (mostly) or a conifer."""
    rng = np.random.default_rng(variant)
    if variant % 4 == 3:
        return _conifer(rng, variant)
    width, height = float(rng.uniform(3.6, 5.5)), float(rng.uniform(5.5, 8.0))
    crown = float(rng.uniform(0.30, 0.42)) * height
    pen = Pen(width, height, 46.0)
    bark: Colour = (45, 62, 78)
    lean = float(rng.uniform(-0.2, 0.2))
    pen.limb((0.0, -0.1), (lean, crown + 0.5), 0.36, 0.22, bark)
    pen.limb((lean, crown), (lean - 0.8, crown + 1.3), 0.18, 0.08, bark)
    pen.limb((lean, crown), (lean + 0.8, crown + 1.2), 0.18, 0.08, bark)
    green = np.array([40, 105, 70]) * rng.uniform(0.75, 1.2, 3)
    middle = (crown + height) / 2
    reach_x, reach_z = width / 2 - 0.5, (height - crown) / 2 - 0.4
    # From dark blobs at the back to light ones at the upper left, where the sun stands.
    for layer in range(90):
        angle, radius = rng.uniform(0, 6.28), np.sqrt(rng.uniform(0, 1))
        x, z = radius * reach_x * np.cos(angle), middle + radius * reach_z * np.sin(angle)
        lit = 0.5 + 0.45 * layer / 90 + 0.22 * ((z - middle) / reach_z - 0.6 * x / reach_x)
        size = float(rng.uniform(0.22, 0.55)) * (1.3 - 0.6 * layer / 90)
        colour = green * lit * rng.uniform(0.9, 1.1)
        pen.ellipse((float(x), float(z)), size, size * 0.8, (colour[0], colour[1], colour[2]))
    pen.mottle(variant, 0.16, 32)
    return pen.sprite(BACKGROUND, 1.6)


def _conifer(rng: np.random.Generator, variant: int) -> Sprite:
    height = float(rng.uniform(6.0, 9.0))
    pen = Pen(3.2, height, 46.0)
    pen.rect(-0.14, 0.0, 0.14, 1.5, (40, 52, 66))
    for step in np.linspace(0.0, 1.0, 9).tolist():
        base = 0.7 + step * (height - 1.8)
        half = 1.5 * (1.0 - step) + 0.25
        green = 0.65 + 0.35 * step
        points = [(-half, base), (-half * 0.5, base + 0.12), (0.0, base - 0.1),
                  (half * 0.5, base + 0.12), (half, base), (0.0, base + 1.2)]
        pen.polygon(points, (48 * green, 82 * green, 46 * green))
    pen.mottle(variant, 0.2, 32)
    return pen.sprite(BACKGROUND, 1.2)


@lru_cache(maxsize=16)
def bush(variant: int) -> Sprite:
    """Draw a bush."""
    rng = np.random.default_rng(variant)
    pen = Pen(1.9, 1.25, 110.0)
    green = np.array([42, 112, 78]) * rng.uniform(0.7, 1.25, 3)
    for layer in range(50):
        x, z = rng.uniform(-0.65, 0.65), rng.uniform(0.15, 0.85)
        z *= 1.0 - 0.5 * (x / 0.75) ** 2
        colour = green * (0.5 + 0.35 * layer / 50 + 0.3 * z) * rng.uniform(0.9, 1.1)
        size = float(rng.uniform(0.1, 0.22))
        pen.ellipse((float(x), float(z)), size, size, (colour[0], colour[1], colour[2]))
    pen.mottle(variant, 0.18, 32)
    return pen.sprite(BACKGROUND, 0.9)


@lru_cache(maxsize=16)
def house(variant: int) -> Sprite:
    """Draw the front of a house."""
    rng = np.random.default_rng(variant)
    width, floors = float(rng.uniform(8.0, 13.0)), int(rng.integers(1, 4))
    wall_top = 2.9 * floors + 0.3
    roof = float(rng.uniform(1.2, 2.8))
    pen = Pen(width + 0.8, wall_top + roof, 30.0)
    walls: tuple[Colour, ...] = (
        (190, 205, 215), (150, 185, 210), (95, 110, 165), (205, 205, 200), (150, 165, 150))
    half = width / 2
    pen.rect(-half, 0.0, half, wall_top, walls[int(rng.integers(len(walls)))])
    pen.rect(-half, 0.0, half, 0.5, (120, 122, 125))
    pen.polygon([(-half - 0.4, wall_top), (half + 0.4, wall_top), (half * 0.6, wall_top + roof),
                 (-half * 0.6, wall_top + roof)], (60, 70, 120) if variant % 2 else (80, 78, 76))
    columns = max(2, int(width / 2.4))
    for floor in range(floors):
        for column in range(columns):
            x = -half + (column + 0.5) * width / columns
            z = 0.9 + 2.9 * floor
            if floor == 0 and column == columns // 2:
                pen.rect(x - 0.5, 0.1, x + 0.5, 2.2, (60, 70, 95))
                continue
            pen.rect(x - 0.58, z - 0.08, x + 0.58, z + 1.48, (225, 228, 230))
            pen.rect(x - 0.5, z, x + 0.5, z + 1.4, (95, 80, 66))
            pen.polygon([(x - 0.5, z + 0.5), (x + 0.2, z + 1.4), (x - 0.5, z + 1.4)],
                        (150, 140, 125))
            pen.rect(x - 0.03, z, x + 0.03, z + 1.4, (225, 228, 230))
    pen.mottle(variant, 0.05, 4)
    return pen.sprite(BACKGROUND, 0.0)
