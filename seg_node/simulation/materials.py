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

"""Ground materials: what roads, sidewalks and verges are made of."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import cv2
import numpy as np

from seg_node.simulation.textures import (
    Field,
    fractal_noise,
    shades,
    Texture,
    TILE_PX,
    to_bytes,
    value_noise,
    wrapped_lines,
)


class Material(Enum):
    """A kind of ground."""

    ASPHALT = 'asphalt'
    WORN_ASPHALT = 'worn asphalt'
    CONCRETE = 'concrete'
    GRAVEL = 'gravel'
    DIRT = 'dirt'
    COBBLES = 'cobbles'
    SLABS = 'slabs'
    GRASS = 'grass'
    DRY_GRASS = 'dry grass'
    SOIL = 'soil'
    SAND = 'sand'
    SNOW = 'snow'
    WATER = 'water'


ROADS = (
    Material.ASPHALT, Material.WORN_ASPHALT, Material.CONCRETE, Material.GRAVEL, Material.DIRT,
    Material.COBBLES,
)
VERGES = (Material.GRASS, Material.DRY_GRASS, Material.SOIL, Material.SAND, Material.SNOW)

# Mean dark and light colours (BGR) and the tile's side in metres.
_COLOURS: dict[Material, tuple[tuple[int, int, int], tuple[int, int, int], float]] = {
    Material.ASPHALT: ((66, 66, 66), (128, 126, 122), 5.0),
    Material.WORN_ASPHALT: ((78, 80, 82), (152, 150, 146), 6.0),
    Material.CONCRETE: ((140, 148, 152), (188, 196, 200), 6.0),
    Material.GRAVEL: ((88, 100, 112), (186, 196, 204), 3.0),
    Material.DIRT: ((56, 82, 108), (118, 150, 180), 5.0),
    Material.COBBLES: ((70, 76, 82), (142, 148, 152), 2.4),
    Material.SLABS: ((128, 136, 144), (182, 188, 194), 2.4),
    Material.GRASS: ((22, 58, 40), (62, 152, 112), 4.0),
    Material.DRY_GRASS: ((48, 92, 100), (108, 172, 182), 4.0),
    Material.SOIL: ((30, 46, 64), (80, 104, 128), 4.0),
    Material.SAND: ((120, 158, 184), (168, 204, 226), 5.0),
    Material.SNOW: ((206, 200, 196), (252, 248, 246), 6.0),
    Material.WATER: ((92, 74, 50), (158, 138, 108), 6.0),
}


def _stones(rng: np.random.Generator, across: int, along: int, joint_px: int) -> tuple[
        Field, Field]:
    """Return each stone's shade (-1..1) in a running bond, and the joints (0..1)."""
    shade = np.zeros((TILE_PX, TILE_PX), np.float32)
    joint = np.ones((TILE_PX, TILE_PX), np.float32)
    height, width = TILE_PX // along, TILE_PX // across
    for row in range(along):
        shift = (row % 2) * width // 2
        for col in range(across):
            top, left = row * height, col * width + shift
            rows = np.arange(top + joint_px, top + height) % TILE_PX
            cols = np.arange(left + joint_px, left + width) % TILE_PX
            window = np.ix_(rows, cols)
            shade[window] = rng.normal(0.0, 0.8)
            joint[window] = 0.0
    return shade, np.asarray(cv2.GaussianBlur(joint, (0, 0), 1.5), np.float32)


@lru_cache(maxsize=96)
def texture(material: Material, variant: int = 0) -> Texture:
    """Build (once) the texture of a material; variants differ in pattern and tint."""
    seed = 1000 * variant + 17 * list(Material).index(material)
    rng = np.random.default_rng(seed)
    dark, light, tile_m = _COLOURS[material]
    fine = value_noise(seed + 1, TILE_PX) - np.float32(0.5)
    grain = fractal_noise(seed + 2, 64, 256, 0.9)
    broad = fractal_noise(seed + 3, 2, 32, 0.6)
    cracks: Field | None = None
    joint: Field | None = None
    if material is Material.ASPHALT:
        gray = 0.35 * broad + 0.45 * grain + 1.6 * fine
    elif material is Material.WORN_ASPHALT:
        patches = np.clip((fractal_noise(seed + 4, 2, 16, 0.4) - 0.9) * 4.0, 0, 1)
        gray = 0.5 * broad + 0.5 * grain + 1.6 * fine - 1.2 * patches
        cracks = wrapped_lines(rng, int(rng.integers(3, 9)), 40, 1)
    elif material is Material.CONCRETE:
        gray = 0.7 * broad + 0.3 * grain + 0.8 * fine
        cracks = wrapped_lines(rng, int(rng.integers(0, 3)), 40, 1)
        joint = np.zeros_like(gray)
        joint[:4] = 1.0
    elif material is Material.GRAVEL:
        pebbles = fractal_noise(seed + 5, 128, 256, 1.0)
        gray = 0.4 * broad + 1.0 * pebbles + 1.8 * fine
    elif material is Material.DIRT:
        gray = 0.8 * broad + 0.5 * grain + 1.0 * fine
    elif material in (Material.COBBLES, Material.SLABS):
        count = (8, 24) if material is Material.COBBLES else (4, 8)
        shade, joint = _stones(rng, count[0] * 2 if count[0] == 8 else 4, count[1], 5)
        gray = 0.9 * shade + 0.3 * broad + 0.3 * grain + 0.8 * fine
    elif material in (Material.GRASS, Material.DRY_GRASS):
        blades = np.asarray(cv2.blur(fractal_noise(seed + 6, 128, 256, 1.0), (1, 5)), np.float32)
        gray = 0.6 * broad + 0.8 * grain + 0.7 * blades + 1.0 * fine
    elif material is Material.SNOW:
        gray = 0.8 * broad + 0.2 * grain + 0.3 * fine
    elif material is Material.WATER:
        gray = np.asarray(cv2.blur(fractal_noise(seed + 7, 16, 128, 0.8), (31, 3)), np.float32)
        gray = 1.6 * gray
    else:
        gray = 0.7 * broad + 0.6 * grain + 1.0 * fine
    colour = shades(np.asarray(gray, np.float32), dark, light)
    colour *= rng.uniform(0.96, 1.04, 3).astype(np.float32) * np.float32(rng.uniform(0.82, 1.18))
    if material in (Material.GRASS, Material.DRY_GRASS):
        # Yellowish and bluish tufts: grass is never one green.
        tuft = np.clip(fractal_noise(seed + 8, 4, 64, 0.7), -1.5, 1.5)[..., None]
        colour *= 1.0 + tuft * np.array([0.02, 0.05, 0.13], np.float32)
    if cracks is not None:
        colour *= (1.0 - np.float32(0.55) * cracks)[..., None]
    if joint is not None:
        colour *= (1.0 - np.float32(0.5) * joint)[..., None]
    return Texture.from_tile(to_bytes(colour), tile_m)


@lru_cache(maxsize=8)
def variation(variant: int = 0) -> Texture:
    """Build (once) the wide noise: channels edge roughness, brightness, tree shadow (0..255)."""
    seed = 77_000 + variant
    edge = fractal_noise(seed, 8, 128, 0.55)
    bright = fractal_noise(seed + 1, 2, 64, 0.7)
    crowns = fractal_noise(seed + 2, 8, 16, 0.6)
    leaves = fractal_noise(seed + 3, 64, 256, 0.9)
    shadow = crowns + 0.35 * leaves
    channels = [128.0 + 42.0 * field for field in (edge, bright, shadow)]
    return Texture.from_tile(to_bytes(np.stack(channels, -1)), 31.0)
