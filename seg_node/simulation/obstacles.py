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

"""Things that block a vehicle: people, posts, cones, boxes, cars, barriers."""

from __future__ import annotations

from functools import lru_cache
import math

import numpy as np

from seg_node.simulation.labels import OBSTACLE
from seg_node.simulation.sprite import Colour, Pen, Sprite

_SKIN = ((150, 180, 225), (120, 160, 210), (80, 110, 160), (50, 75, 115))
_CLOTHES: tuple[Colour, ...] = (
    (60, 50, 45), (120, 60, 40), (50, 50, 170), (40, 120, 200), (70, 110, 60), (200, 200, 205),
    (90, 40, 90), (150, 130, 60), (30, 30, 30), (40, 190, 220), (130, 140, 150),
)
PHASES = 12


def _darker(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def _leg(pen: Pen, hip: tuple[float, float], swing: float, colour: Colour, shoe: Colour) -> None:
    # The knee bends while the leg swings through.
    knee = (hip[0] + 0.44 * math.sin(swing), hip[1] - 0.44 * math.cos(swing))
    lower = swing - 0.55 * max(0.0, 0.35 - abs(swing)) - (0.25 if swing < 0 else 0.0)
    foot = (knee[0] + 0.43 * math.sin(lower), max(0.06, knee[1] - 0.43 * math.cos(lower)))
    pen.limb(hip, knee, 0.2, 0.14, colour)
    pen.limb(knee, foot, 0.14, 0.10, colour)
    pen.limb((foot[0] - 0.03, 0.05 + foot[1] - 0.06), (foot[0] + 0.14, 0.04 + foot[1] - 0.06),
             0.09, 0.07, shoe)


@lru_cache(maxsize=256)
def pedestrian(variant: int, phase: int, facing: int) -> Sprite:
    """
    Draw a person who walks across the view.

    phase: 0 to PHASES - 1, one full stride; -1 stands. facing: 1 walks to the right, -1 to the
    left.
    """
    rng = np.random.default_rng(variant)
    skin: Colour = _SKIN[int(rng.integers(len(_SKIN)))]
    top, trousers, shoe = (_CLOTHES[i] for i in rng.choice(len(_CLOTHES), 3, replace=False))
    hair = _darker((40, 50, 70), float(rng.uniform(0.3, 1.6)))
    tall = float(rng.uniform(0.92, 1.05))
    bag = bool(rng.random() < 0.4)
    swing = 0.0 if phase < 0 else 0.5 * math.sin(2 * math.pi * phase / PHASES)
    # The hip sinks as the legs spread, so that the feet stay on the ground.
    rise = -0.8 * (1.0 - math.cos(swing))
    pen = Pen(1.2, 1.85, 190.0)
    hip = (0.0, 0.92 + rise)
    neck = (0.02, 1.45 + rise)
    _leg(pen, hip, -swing if phase >= 0 else -0.05, _darker(trousers, 0.75), _darker(shoe, 0.7))
    elbow = (neck[0] + 0.3 * math.sin(swing), neck[1] - 0.06 - 0.29 * math.cos(swing))
    hand = (elbow[0] + 0.26 * math.sin(swing + 0.3), elbow[1] - 0.25 * math.cos(swing + 0.3))
    pen.limb((neck[0], neck[1] - 0.06), elbow, 0.12, 0.10, _darker(top, 0.7))
    pen.limb(elbow, hand, 0.10, 0.07, _darker(top, 0.7))
    pen.ellipse(hand, 0.045, 0.05, _darker(skin, 0.8))
    _leg(pen, hip, swing if phase >= 0 else 0.05, trousers, shoe)
    pen.polygon(
        [(-0.15, 0.86 + rise), (0.15, 0.86 + rise), (0.17, 1.2 + rise), (0.15, 1.44 + rise),
         (0.0, 1.5 + rise), (-0.14, 1.42 + rise), (-0.16, 1.15 + rise)], top)
    pen.polygon(
        [(-0.15, 0.86 + rise), (-0.04, 0.86 + rise), (-0.06, 1.44 + rise), (-0.14, 1.42 + rise),
         (-0.16, 1.15 + rise)], _darker(top, 0.8))
    if bag:
        pen.polygon([(-0.28, 1.0), (-0.12, 0.98), (-0.11, 1.4), (-0.25, 1.36)],
                    _darker(trousers, 0.6))
    pen.limb((0.02, 1.44 + rise), (0.03, 1.54 + rise), 0.12, 0.1, _darker(skin, 0.85))
    pen.ellipse((0.04, 1.63 + rise), 0.095, 0.125, skin)
    pen.ellipse((0.0, 1.675 + rise), 0.105, 0.10, hair)
    pen.ellipse((-0.045, 1.62 + rise), 0.06, 0.10, hair)
    elbow = (neck[0] - 0.3 * math.sin(swing), neck[1] - 0.06 - 0.29 * math.cos(swing))
    hand = (elbow[0] - 0.26 * math.sin(swing - 0.3), elbow[1] - 0.25 * math.cos(swing - 0.3))
    pen.limb((neck[0], neck[1] - 0.07), elbow, 0.13, 0.105, _darker(top, 0.9))
    pen.limb(elbow, hand, 0.105, 0.07, _darker(top, 0.9))
    pen.ellipse(hand, 0.045, 0.055, skin)
    pen.mottle(variant, 0.05)
    return pen.sprite(OBSTACLE, 0.45).scaled(tall).flipped(facing < 0)


@lru_cache(maxsize=64)
def post(variant: int) -> Sprite:
    """Draw a bollard or a marker post, with or without bands."""
    rng = np.random.default_rng(variant)
    height, width = float(rng.uniform(0.7, 1.3)), float(rng.uniform(0.07, 0.2))
    colours: tuple[Colour, ...] = (
        (215, 220, 225), (60, 60, 60), (50, 60, 190), (70, 100, 130), (40, 170, 220))
    pen = Pen(width, height, 220.0)
    pen.rect(-width / 2, 0.0, width / 2, height, colours[variant % len(colours)])
    bands = int(rng.integers(0, 4))
    for band in range(bands):
        bottom = height * (0.9 - 0.2 * band)
        pen.rect(-width / 2, bottom - 0.08, width / 2, bottom, ((40, 40, 45), (40, 40, 210),
                                                                (235, 235, 235))[variant % 3])
    pen.mottle(variant, 0.08)
    pen.round_off()
    return pen.sprite(OBSTACLE, width * 1.6)


@lru_cache(maxsize=64)
def pole(width_m: float, height_m: float, variant: int = 0) -> Sprite:
    """Draw a plain pole of an exact width."""
    pen = Pen(width_m, height_m, 220.0)
    shades: tuple[Colour, ...] = ((60, 60, 62), (205, 210, 214), (50, 60, 190), (70, 100, 130))
    pen.rect(-width_m / 2, 0.0, width_m / 2, height_m, shades[variant % len(shades)])
    pen.mottle(variant, 0.08)
    pen.round_off()
    return pen.sprite(OBSTACLE, width_m * 1.6)


@lru_cache(maxsize=16)
def cone(variant: int) -> Sprite:
    """Draw a traffic cone."""
    rng = np.random.default_rng(variant)
    high, half = float(rng.uniform(0.45, 0.8)), 0.19
    orange: Colour = (20, float(rng.uniform(70, 110)), 235)
    pen = Pen(2 * half, high, 260.0)

    def band(low: float, top: float, colour: Colour) -> None:
        wide, narrow = 0.15 * (1 - low / high) + 0.03, 0.15 * (1 - top / high) + 0.03
        pen.polygon([(-wide, low), (wide, low), (narrow, top), (-narrow, top)], colour)

    band(0.03, high, orange)
    band(high * 0.35, high * 0.55, (230, 232, 235))
    if variant % 2:
        band(high * 0.7, high * 0.85, (230, 232, 235))
    pen.round_off(0.55)
    pen.rect(-half, 0.0, half, 0.045, _darker(orange, 0.6) if variant % 3 else (40, 40, 40))
    pen.mottle(variant, 0.06)
    return pen.sprite(OBSTACLE, 0.4)


@lru_cache(maxsize=48)
def box(variant: int) -> Sprite:
    """Draw a carton, a crate or a dustbin."""
    rng = np.random.default_rng(variant)
    width, height = float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.3, 1.1))
    colours: tuple[Colour, ...] = (
        (100, 145, 185), (80, 120, 160), (60, 110, 50), (70, 70, 75), (140, 90, 40),
        (40, 150, 200))
    body = colours[int(rng.integers(len(colours)))]
    pen = Pen(width, height, 200.0)
    edge = width * float(rng.uniform(-0.25, 0.25))
    pen.rect(-width / 2, 0.0, width / 2, height, body)
    pen.rect(edge, 0.0, width / 2, height, _darker(body, 0.72))
    pen.rect(-width / 2, height * 0.86, width / 2, height, _darker(body, 1.2))
    if variant % 2:
        pen.rect(-width * 0.06 + edge / 2, height * 0.2, width * 0.04 + edge / 2, height * 0.86,
                 _darker(body, 1.35))
    pen.mottle(variant, 0.07)
    return pen.sprite(OBSTACLE, width * 0.8)


@lru_cache(maxsize=48)
def car(variant: int) -> Sprite:
    """Draw a car from behind (even variants) or from its side (odd ones)."""
    rng = np.random.default_rng(variant)
    paints: tuple[Colour, ...] = (
        (200, 200, 205), (40, 40, 42), (110, 105, 100), (50, 40, 150), (130, 70, 30),
        (235, 235, 235), (90, 120, 60), (60, 150, 200))
    paint = paints[int(rng.integers(len(paints)))]
    glass: Colour = (70, 60, 50)
    tyre: Colour = (28, 28, 28)
    if variant % 2 == 0:
        pen = Pen(1.85, float(rng.uniform(1.42, 1.6)), 130.0)
        pen.rect(-0.82, 0.0, -0.56, 0.4, tyre)
        pen.rect(0.56, 0.0, 0.82, 0.4, tyre)
        pen.polygon([(-0.88, 0.26), (0.88, 0.26), (0.9, 0.85), (0.78, 1.0), (0.6, 1.4),
                     (-0.6, 1.4), (-0.78, 1.0), (-0.9, 0.85)], paint)
        pen.polygon([(-0.66, 0.98), (0.66, 0.98), (0.53, 1.32), (-0.53, 1.32)], glass)
        pen.polygon([(-0.5, 1.02), (-0.1, 1.02), (-0.2, 1.3), (-0.46, 1.3)], (120, 110, 100))
        pen.rect(-0.88, 0.24, 0.88, 0.5, _darker(paint, 0.72))
        for side in (-1, 1):
            pen.rect(min(side * 0.85, side * 0.6), 0.72, max(side * 0.85, side * 0.6), 0.92,
                     (40, 40, 200))
        pen.rect(-0.26, 0.56, 0.26, 0.68, (225, 230, 230))
    else:
        pen = Pen(4.3, 1.5, 110.0)
        pen.polygon([(-2.1, 0.3), (2.1, 0.3), (2.12, 0.7), (1.9, 0.85), (1.05, 0.95), (0.55, 1.42),
                     (-1.1, 1.45), (-1.75, 0.95), (-2.1, 0.85)], paint)
        pen.polygon([(0.9, 0.95), (0.5, 1.34), (-0.2, 1.36), (-0.2, 0.95)], glass)
        pen.polygon([(-0.3, 0.95), (-0.3, 1.36), (-1.05, 1.36), (-1.5, 0.95)], glass)
        pen.rect(-2.1, 0.28, 2.1, 0.42, _darker(paint, 0.6))
        for x in (-1.3, 1.3):
            pen.ellipse((x, 0.33), 0.34, 0.33, tyre)
            pen.ellipse((x, 0.33), 0.19, 0.19, (150, 150, 150))
    pen.mottle(variant, 0.04, 4)
    return pen.sprite(OBSTACLE, 1.6)


@lru_cache(maxsize=32)
def barrier(variant: int, width_m: float) -> Sprite:
    """Draw something that closes a road: striped boards, a wall or a fence."""
    pen = Pen(width_m, 1.05, max(30.0, min(140.0, 900.0 / width_m)))
    half = width_m / 2
    kind = variant % 3
    if kind == 0:
        feet = max(2, round(width_m / 2.0) + 1)
        for x in np.linspace(-half + 0.15, half - 0.15, feet).tolist():
            pen.rect(x - 0.05, 0.0, x + 0.05, 1.0, (90, 90, 95))
            pen.rect(x - 0.15, 0.0, x + 0.15, 0.07, (50, 50, 50))
        for bottom in (0.28, 0.7):
            pen.rect(-half, bottom, half, bottom + 0.26, (232, 234, 236))
            for x in np.arange(-half, half, 0.5).tolist():
                pen.polygon([(x, bottom), (min(x + 0.25, half), bottom),
                             (min(x + 0.4, half), bottom + 0.26),
                             (min(x + 0.15, half), bottom + 0.26)], (40, 40, 205))
    elif kind == 1:
        pen.rect(-half, 0.0, half, 1.0, (150, 156, 160))
        for z in np.arange(0.0, 1.0, 0.25).tolist():
            pen.rect(-half, z, half, z + 0.015, (105, 110, 114))
        pen.rect(-half, 0.95, half, 1.05, (175, 180, 184))
    else:
        for x in np.arange(-half + 0.06, half, 0.22).tolist():
            pen.rect(x - 0.06, 0.0, x + 0.06, 1.0, (70, 100, 125))
        for bottom in (0.25, 0.72):
            pen.rect(-half, bottom, half, bottom + 0.1, (60, 88, 112))
    pen.mottle(variant, 0.07, 8)
    return pen.sprite(OBSTACLE, 0.5)
