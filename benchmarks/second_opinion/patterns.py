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

"""Harmless patterns that lie flat on a road, each drawn where it belongs in the image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.closed_loop.course import Course
from benchmarks.closed_loop.drive import Draw
from benchmarks.closed_loop.label_renderer import ground_labels
from benchmarks.closed_loop.perception import DriveRenderer, Exposure, Image
from benchmarks.second_opinion.swallowing import Paint
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.labels import PATH
from seg_node.simulation.materials import Material

_SHIFT = 4
_NEAREST = 0.4
_ROUND = 24
_GAP = (6.0, 14.0)
Outline = NDArray[np.float64]
"""float64 [N, 2], metres ahead and to the left of the place where a pattern lies."""


class Pattern(Enum):
    """What lies on the road."""

    PLAIN = 'plain'
    SHADOW = 'shadow'
    FLECKS = 'sun flecks'
    CROSSING = 'crossing'
    MARKS = 'lane marks'
    MANHOLE = 'manhole'
    PATCH = 'patch'
    SURFACE = 'change of surface'


@dataclass(frozen=True, eq=False)
class _Decal:
    """A flat outline in the world, float64 [N, 2]: bgr there is bgr * factor + level."""

    outline: Outline
    factor: float
    level: float


def painted(pattern: Pattern, draw: Draw) -> tuple[Draw, Paint | None]:
    """Return the drive with a pattern on its road, and what paints it into the images."""
    rng = np.random.default_rng((draw.seed, 77))
    course = draw.course
    if pattern is Pattern.PLAIN:
        return draw, None
    if pattern is Pattern.CROSSING:
        profile = replace(course.scene.profile, crossings=tuple(_places(rng, course)))
        return _with(draw, course, replace(course.scene, profile=profile)), None
    if pattern is Pattern.SURFACE:
        return draw, _changing(rng, draw)
    make = _DECALS[pattern]
    decals = [decal for s in _places(rng, course)
              for decal in make(rng, course, s, float(rng.uniform(-0.8, 0.8)))]
    return draw, _painter(draw, decals)


def _with(draw: Draw, course: Course, scene: object) -> Draw:
    return replace(draw, course=replace(course, scene=scene))   # type: ignore[arg-type]


def _places(rng: np.random.Generator, course: Course) -> list[float]:
    found, s = [], float(rng.uniform(3.0, 8.0))
    while s < course.goal + 20.0:
        found.append(s)
        s += float(rng.uniform(*_GAP))
    return found


def _changing(rng: np.random.Generator, draw: Draw) -> Paint:
    """Let the surface change every few metres, between two materials."""
    materials = list(rng.choice([material.value for material in (
        Material.WORN_ASPHALT, Material.CONCRETE, Material.GRAVEL, Material.COBBLES,
        Material.SLABS, Material.DIRT)], 1))
    scene = draw.course.scene
    surfaces = Surfaces(Material(materials[0]), scene.surfaces.verge,
                        variant=scene.surfaces.variant)
    other = _with(draw, draw.course, replace(scene, surfaces=surfaces))
    renderer = DriveRenderer(other.course, draw.setup, draw.seed)
    bounds = [s for s in _places(rng, draw.course) for _ in range(1)]

    def paint(bgr: Image, exposure: Exposure) -> Image:
        camera = draw.setup.pitched(exposure.pitch_error)
        foot = draw.setup.camera_foot(exposure.pose)
        where = np.zeros(bgr.shape[:2], bool)
        for end in bounds:
            part = replace(scene, profile=replace(scene.profile, end_s=end, beyond=None))
            where ^= ground_labels(part, camera, foot) == PATH
        where ^= (len(bounds) % 2 == 1) & (ground_labels(scene, camera, foot) == PATH)
        second = renderer.image(exposure)
        return np.where(where[..., None], second, bgr)
    return paint


def _painter(draw: Draw, decals: Sequence[_Decal]) -> Paint:
    def paint(bgr: Image, exposure: Exposure) -> Image:
        camera = draw.setup.pitched(exposure.pitch_error)
        foot = draw.setup.camera_foot(exposure.pose)
        cos, sin = math.cos(foot.yaw), math.sin(foot.yaw)
        height, width = bgr.shape[:2]
        image = bgr.astype(np.float32)
        for decal in decals:
            apart = decal.outline - (foot.x, foot.y)
            ahead, left = apart @ (cos, sin), apart @ (-sin, cos)
            if ahead.max() < _NEAREST or ahead.min() > 60.0:
                continue
            u, v = camera.project(np.maximum(ahead, _NEAREST), left)
            left, right = np.clip([u.min() - 1, u.max() + 2], 0, width).astype(int)
            top, bottom = np.clip([v.min() - 1, v.max() + 2], 0, height).astype(int)
            if left == right or top == bottom:
                continue
            corners = np.rint(np.stack([u - left, v - top], -1) * 2 ** _SHIFT).clip(
                -2 ** 18, 2 ** 18)
            cover = np.zeros((bottom - top, right - left), np.uint8)
            cv2.fillPoly(cover, [corners.astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
            share = cover[..., None].astype(np.float32) / np.float32(255)
            part = image[top:bottom, left:right]
            part += share * (part * np.float32(decal.factor - 1.0) + np.float32(decal.level))
        return np.asarray(np.clip(image, 0, 255), np.uint8)
    return paint


def _lay(course: Course, s: float, d: float, outline: Outline, factor: float, level: float,
         ) -> _Decal:
    at = course.scene.line.pose(s, course.lateral + d)
    cos, sin = math.cos(at.yaw), math.sin(at.yaw)
    turned = outline @ np.array([[cos, sin], [-sin, cos]])
    return _Decal(turned + (at.x, at.y), factor, level)


def _disc(radius_x: float, radius_y: float) -> Outline:
    angle = np.linspace(0.0, 2.0 * math.pi, _ROUND, endpoint=False)
    return np.stack([radius_x * np.cos(angle), radius_y * np.sin(angle)], -1)


def _block(long: float, wide: float, skew: float = 0.0) -> Outline:
    x = np.concatenate([np.linspace(-long / 2, long / 2, 12),
                        np.linspace(long / 2, -long / 2, 12)])
    y = np.repeat([wide / 2, -wide / 2], 12) + skew * x
    return np.stack([x, y], -1)


def _shadow(rng: np.random.Generator, course: Course, s: float, d: float) -> list[_Decal]:
    """Shade the road across, as a tree or a house does, or a post beside it."""
    dark = float(rng.uniform(0.35, 0.65))
    if rng.random() < 0.5:
        outline = _block(float(rng.uniform(0.15, 0.5)), 12.0)
        outline[:, 0] += float(rng.uniform(-1.0, 1.0)) * outline[:, 1]
        return [_lay(course, s, d, outline, dark, 0.0)]
    ragged = _disc(float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.4, 3.0)))
    ragged *= rng.uniform(0.6, 1.2, (len(ragged), 1))
    return [_lay(course, s, d, ragged, dark, 0.0)]


def _flecks(rng: np.random.Generator, course: Course, s: float, d: float) -> list[_Decal]:
    return [_lay(course, s + float(rng.uniform(-1.5, 1.5)), d + float(rng.uniform(-1.0, 1.0)),
                 _disc(*rng.uniform(0.1, 0.45, 2).tolist()), float(rng.uniform(1.2, 1.7)), 10.0)
            for _ in range(6)]


def _marks(rng: np.random.Generator, course: Course, s: float, d: float) -> list[_Decal]:
    """Paint an arrow, and a stop line before it."""
    head = np.array([[0.0, 0.35], [0.9, 0.0], [0.0, -0.35]])
    return [_lay(course, s, d, _block(1.4, 0.14), 0.15, 190.0),
            _lay(course, s + 0.7, d, head, 0.15, 190.0),
            _lay(course, s + 3.0, 0.0, _block(0.4, 3.0), 0.15, 190.0)]


def _manhole(rng: np.random.Generator, course: Course, s: float, d: float) -> list[_Decal]:
    return [_lay(course, s, d, _disc(0.36, 0.36), 0.9, 35.0),
            _lay(course, s, d, _disc(0.31, 0.31), float(rng.uniform(0.3, 0.6)), 8.0)]


def _patch(rng: np.random.Generator, course: Course, s: float, d: float) -> list[_Decal]:
    return [_lay(course, s, d, _block(float(rng.uniform(0.5, 3.0)), float(rng.uniform(0.4, 2.0)),
                                      float(rng.uniform(-0.3, 0.3))),
                 float(rng.uniform(0.45, 0.75)), float(rng.choice([0.0, 70.0])))]


_DECALS: dict[Pattern, Callable[[np.random.Generator, Course, float, float], list[_Decal]]] = {
    Pattern.SHADOW: _shadow, Pattern.FLECKS: _flecks, Pattern.MARKS: _marks,
    Pattern.MANHOLE: _manhole, Pattern.PATCH: _patch}
