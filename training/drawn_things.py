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
"""Things that lie or stand on roads and that no detector knows, drawn: each by its variant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seg_node.simulation.labels import OBSTACLE
from seg_node.simulation.sprite import Colour, Pen, Sprite

_WOOD: tuple[Colour, ...] = ((90, 130, 165), (70, 105, 140), (110, 150, 180), (60, 80, 105))
_STONE: tuple[Colour, ...] = ((150, 155, 160), (120, 122, 125), (90, 95, 100), (175, 178, 180))
_PAINTS: tuple[Colour, ...] = (
    (40, 40, 42), (70, 72, 75), (200, 205, 208), (50, 60, 190), (40, 110, 60), (35, 160, 220))


def bollard(variant: int) -> Sprite:
    """Draw a slender bollard, from 5 to 12 cm."""
    rng, pen, height, width = _begin(variant, (0.6, 1.2), (0.05, 0.12))
    pen.rect(-width / 2, 0, width / 2, height, _pick(rng, _PAINTS))
    if variant % 2:
        band = height * float(rng.uniform(0.7, 0.9))
        pen.rect(-width / 2, band - 0.06, width / 2, band, _pick(rng, _PAINTS))
    return _finish(pen, variant, width * 1.6, rounded=True)


def pallet(variant: int) -> Sprite:
    """Draw pallets, one or a stack of them."""
    rng = np.random.default_rng((variant, 1))
    count = int(rng.integers(1, 6))
    width, each = 1.2, 0.144
    pen = Pen(width, each * count, 160.0)
    wood = _pick(rng, _WOOD)
    for level in range(count):
        base = level * each
        for x in (-width / 2, -0.07, width / 2 - 0.14):
            pen.rect(x, base + 0.02, x + 0.14, base + 0.12, _shade(wood, 0.6))
        pen.rect(-width / 2, base, width / 2, base + 0.025, _shade(wood, 0.85))
        pen.rect(-width / 2, base + 0.115, width / 2, base + 0.14, wood)
    return _finish(pen, variant, 0.9)


def kerb_stone(variant: int) -> Sprite:
    """Draw a kerb stone or a block that was left lying."""
    rng, pen, height, width = _begin(variant, (0.1, 0.3), (0.4, 1.2))
    stone = _pick(rng, _STONE)
    pen.rect(-width / 2, 0, width / 2, height, _shade(stone, 0.75))
    pen.rect(-width / 2, height * 0.65, width / 2, height, stone)
    return _finish(pen, variant, 0.3)


def tyre(variant: int) -> Sprite:
    """Draw a tyre, lying or standing."""
    rng = np.random.default_rng((variant, 2))
    size = float(rng.uniform(0.55, 0.75))
    black: Colour = (32, 32, 34)
    if variant % 2:
        pen = Pen(size, size, 220.0)
        pen.ellipse((0, size / 2), size / 2, size / 2, black)
        pen.ellipse((0, size / 2), size / 4, size / 4, (90, 92, 95))
    else:
        pen = Pen(size, 0.2, 220.0)
        pen.rect(-size / 2, 0.02, size / 2, 0.17, black)
        pen.rect(-size / 2 + 0.03, 0.14, size / 2 - 0.03, 0.19, (55, 55, 58))
    return _finish(pen, variant, 0.5)


def barrel(variant: int) -> Sprite:
    """Draw a barrel or a drum of works."""
    rng, pen, height, width = _begin(variant, (0.7, 1.1), (0.4, 0.65))
    body = _pick(rng, (*_PAINTS, (20, 100, 235)))
    pen.rect(-width / 2, 0, width / 2, height, body)
    for band in (0.3, 0.6):
        pen.rect(-width / 2, height * band, width / 2, height * (band + 0.12),
                 (225, 228, 230) if variant % 2 else _shade(body, 0.7))
    pen.rect(width * 0.15, 0, width / 2, height, _shade(body, 0.6))
    return _finish(pen, variant, 0.6)


def animal(variant: int) -> Sprite:
    """Draw a dog or a cat from its side."""
    rng = np.random.default_rng((variant, 3))
    scale = float(rng.uniform(0.35, 0.9))
    fur = _pick(rng, ((40, 45, 50), (60, 90, 130), (180, 190, 200), (110, 130, 150),
                      (30, 50, 80)))
    pen = Pen(1.3 * scale, 0.95 * scale, 240.0)
    for x in (-0.33, -0.22, 0.2, 0.31):
        swing = float(rng.uniform(-0.08, 0.08))
        pen.limb((x * scale, 0.45 * scale), ((x + swing) * scale, 0.03 * scale), 0.11 * scale,
                 0.07 * scale, _shade(fur, 0.8))
    pen.limb((-0.33 * scale, 0.5 * scale), (0.3 * scale, 0.52 * scale), 0.3 * scale,
             0.28 * scale, fur)
    pen.limb((0.3 * scale, 0.55 * scale), (0.45 * scale, 0.75 * scale), 0.2 * scale,
             0.16 * scale, fur)
    pen.limb((0.42 * scale, 0.78 * scale), (0.6 * scale, 0.72 * scale), 0.2 * scale,
             0.1 * scale, fur)
    pen.limb((-0.42 * scale, 0.58 * scale), (-0.6 * scale, 0.75 * scale), 0.07 * scale,
             0.04 * scale, fur)
    return _finish(pen, variant, 0.6 * scale)


def branch(variant: int) -> Sprite:
    """Draw a branch that fell."""
    rng, pen, height, width = _begin(variant, (0.15, 0.5), (0.8, 1.8))
    bark: Colour = (50, 70, 90)
    pen.limb((-width / 2, 0.04), (width / 2, 0.06), 0.09, 0.04, bark)
    for _ in range(14):
        x = float(rng.uniform(-width / 2, width / 2))
        tip = (x + float(rng.uniform(-0.25, 0.25)), float(rng.uniform(0.03, height)))
        pen.limb((x, 0.05), tip, 0.03, 0.015, bark)
        pen.ellipse(tip, 0.06, 0.04, (40, float(rng.uniform(70, 130)), 60))
    return _finish(pen, variant, 0.4)


def table(variant: int) -> Sprite:
    """Draw a chair or a table of thin legs, as cafes put out."""
    rng, pen, height, width = _begin(variant, (0.45, 0.8), (0.4, 0.9))
    frame = _pick(rng, (*_PAINTS, *_WOOD))
    for x in (-width / 2 + 0.02, width / 2 - 0.06, -width / 4, width / 4):
        pen.rect(x, 0, x + 0.035, height, _shade(frame, 0.8))
    pen.rect(-width / 2, height - 0.06, width / 2, height, frame)
    return _finish(pen, variant, width)


KINDS: dict[str, Callable[[int], Sprite]] = {
    'bollard': bollard, 'pallet': pallet, 'kerb_stone': kerb_stone, 'tyre': tyre,
    'barrel': barrel, 'animal': animal, 'branch': branch, 'table': table}


def _begin(variant: int, heights: tuple[float, float], widths: tuple[float, float],
           ) -> tuple[np.random.Generator, Pen, float, float]:
    rng = np.random.default_rng((variant, 0))
    height, width = float(rng.uniform(*heights)), float(rng.uniform(*widths))
    return rng, Pen(width, height, 200.0), height, width


def _finish(pen: Pen, variant: int, shadow_m: float, rounded: bool = False) -> Sprite:
    pen.mottle(variant, 0.08)
    if rounded:
        pen.round_off()
    return pen.sprite(OBSTACLE, shadow_m)


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _shade(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
