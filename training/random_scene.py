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

"""Random scenes for training: wide variety, each a function of its seed alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.simulation import obstacles, scenery
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.labels import OBSTACLE
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material, ROADS, VERGES
from seg_node.simulation.renderer import RenderedFrame, Renderer, Scene
from seg_node.simulation.road import Bump, CentreLine, PaintedLine, Profile, SideRoad, Sidewalk
from seg_node.simulation.sprite import Sprite
from training.furnishing import furnish, wetted
from training.swatches import Swatches

_Rng = np.random.Generator


@dataclass(frozen=True)
class _Share:
    """How often rare things come."""

    no_road: float = 0.04
    end: float = 0.28
    bump: float = 0.4
    cut_bump: float = 0.35
    side_road: float = 0.15
    sidewalk: float = 0.35
    wet: float = 0.15


_SHARE = _Share()
_ASPHALT, _GRASS = 0.4, 0.4
"""How often a road is of asphalt, and a verge of grass, whatever the others are."""
_SIDEWALKS = (Material.SLABS, Material.ASPHALT, Material.CONCRETE, Material.COBBLES)


@dataclass(frozen=True)
class Stock:
    """Real things to render with: photographed surfaces, and cut-outs that stand about."""

    swatches: Swatches
    things: tuple[Sprite, ...] = ()


def random_scene(seed: int, width: int, height: int, stock: Stock | None = None) -> RenderedFrame:
    """
    Render a random scene, uint8 [height, width].

    The same seed, size and stock give the same frame. About 4 % of the scenes have no road, 28 % a
    road that ends ahead, 40 % a speed bump.
    """
    if width < 8 or height < 8:
        raise ValueError(f'random scene: size {width}x{height}, needs at least 8x8')
    rng = np.random.default_rng((seed, 4711))
    camera = Camera.from_fov(
        width, height, math.radians(rng.uniform(50.0, 100.0)),
        float(np.exp(rng.uniform(math.log(0.4), math.log(2.0)))),
        math.radians(rng.uniform(-2.0, 24.0) if rng.random() < 0.85 else rng.uniform(24.0, 38.0)))
    line = _line(rng)
    profile = _profile(rng, _nearest(camera))
    surfaces = _surfaces(rng)
    scene = Scene(line, profile, surfaces, _light(rng), sky=int(rng.integers(16)))
    lateral, yaw = _stance(rng, profile)
    things = [scene.place(s, d, sprite) for s, d, sprite in (
        *_scenery(rng, profile), *_obstacles(rng, profile, lateral))]
    if stock is not None:
        profile, surfaces = furnish(profile, surfaces, stock.swatches, rng)
        things = [replace(thing, sprite=stock.things[int(rng.integers(len(stock.things)))])
                  if stock.things and thing.sprite.label == OBSTACLE and rng.random() < 0.5
                  else thing for thing in things]
    scene = Scene(line, profile, surfaces, scene.light, tuple(things), scene.sky)
    frame = Renderer(scene, camera).render(line.pose(0.0, lateral, yaw), frame=seed % 2 ** 32)
    wet = stock is not None and rng.random() < _SHARE.wet
    return wetted(frame, camera, rng) if wet else frame


def _pick(rng: _Rng, choices: tuple[Material, ...]) -> Material:
    return choices[int(rng.integers(len(choices)))]


def _surfaces(rng: _Rng) -> Surfaces:
    road = Material.ASPHALT if rng.random() < _ASPHALT else _pick(rng, ROADS)
    verge = Material.GRASS if rng.random() < _GRASS else _pick(rng, VERGES)
    # A sidewalk that looks like its road could not be told from it.
    sidewalk = _pick(rng, tuple(material for material in _SIDEWALKS if material is not road))
    return Surfaces(road, verge, sidewalk, int(rng.integers(4)))


def _line(rng: _Rng) -> CentreLine:
    base = rng.normal(0.0, 0.008) if rng.random() < 0.7 else rng.normal(0.0, 0.04)
    swing, wave = rng.normal(0.0, 0.012), rng.uniform(25.0, 90.0)
    phase = rng.uniform(0.0, 2 * math.pi)

    def curvature(s: NDArray[np.float64]) -> NDArray[np.float64]:
        bend = base + swing * np.sin(2 * math.pi * s / wave + phase)
        return np.asarray(np.clip(bend, -0.12, 0.12))

    return CentreLine.from_curvature(curvature, -15.0, 260.0)


def _nearest(camera: Camera) -> float:
    """Return how far ahead the picture's lower edge shows the ground, m."""
    forward, _ = camera.pixel_to_ground(camera.cx, camera.height - 0.5)
    return float(forward)


def _bump(rng: _Rng, nearest: float) -> Bump:
    """Lay a speed bump anywhere ahead, or right where the picture's lower edge cuts it."""
    length, striped = rng.uniform(0.4, 1.6), bool(rng.random() < 0.7)
    if rng.random() < _SHARE.cut_bump:
        # A vehicle that stands before its last rows stands there for good if they look wrong.
        return Bump(nearest + length * rng.uniform(-0.45, 0.5), length, striped)
    # Many close before the camera all the same.
    return Bump(float(np.exp(rng.uniform(math.log(0.7), math.log(30.0)))), length, striped)


def _profile(rng: _Rng, nearest: float) -> Profile:
    if rng.random() < _SHARE.no_road:
        return Profile(0.0)
    width = float(np.exp(rng.uniform(math.log(1.3), math.log(14.0))))
    walks = tuple(
        Sidewalk(side, float(rng.uniform(1.0, 3.5)), float(rng.uniform(0.1, 0.25)))
        for side in (-1, 1) if rng.random() < _SHARE.sidewalk)
    lines: list[PaintedLine] = []
    half = width / 2
    if rng.random() < 0.4:
        lines += [PaintedLine(sign * (half - rng.uniform(0.1, 0.3)), 0.12) for sign in (-1, 1)]
    if width > 4.0 and rng.random() < 0.6:
        lines.append(PaintedLine(
            0.0, 0.12, 3.0, 0.0 if rng.random() < 0.3 else rng.uniform(2.0, 6.0)))
    if width > 9.0 and rng.random() < 0.6:
        lines += [PaintedLine(sign * half / 2, 0.12, 3.0, 4.0) for sign in (-1, 1)]
    side_roads = tuple(
        SideRoad(rng.uniform(4.0, 40.0), rng.uniform(3.0, 8.0), side)
        for side in (-1, 1) if rng.random() < _SHARE.side_road)
    bumps = (_bump(rng, nearest),)
    end = float(rng.uniform(1.5, 30.0)) if rng.random() < _SHARE.end else math.inf
    beyond = (None, Material.WATER, Material.WATER, Material.SOIL, Material.SAND, Material.GRASS)
    return Profile(
        width, float(rng.uniform(0.0, 0.06) if walks or lines else rng.uniform(0.02, 0.22)),
        end_s=end, beyond=beyond[int(rng.integers(len(beyond)))], lines=tuple(lines),
        paint_bgr=(225, 228, 230) if rng.random() < 0.75 else (60, 185, 225),
        wear=float(rng.uniform(0.2, 0.9)),
        crossings=(float(rng.uniform(3.0, 25.0)),) if rng.random() < 0.1 else (),
        sidewalks=walks, side_roads=side_roads,
        bumps=bumps if rng.random() < _SHARE.bump else ())


def _light(rng: _Rng) -> Light:
    kind = rng.random()
    tint = rng.uniform(0.93, 1.07, 3) * rng.uniform(0.75, 1.25)
    gamma, noise, glare, shadow = rng.uniform(0.85, 1.2), rng.uniform(0.5, 6.0), 0.0, 0.0
    cover = rng.uniform(0.05, 0.6)
    if kind < 0.45:  # sun
        shadow = rng.uniform(0.25, 0.65)
    elif kind < 0.55:  # low sun ahead
        shadow, glare = rng.uniform(0.2, 0.6), rng.uniform(0.3, 1.0)
    elif kind < 0.7:  # dusk
        tint = np.array([1.15, 0.95, 0.85]) * rng.uniform(0.4, 0.75)
        gamma, noise = rng.uniform(1.0, 1.25), rng.uniform(4.0, 10.0)
    # Few haze colours: the painted skies are kept from scene to scene.
    haze = np.array([205.0, 200.0, 194.0]) * (0.85, 0.97, 1.1)[int(rng.integers(3))]
    return Light(
        haze=(round(haze[0]), round(haze[1]), round(haze[2])),
        haze_m=float(np.exp(rng.uniform(math.log(40.0), math.log(500.0)))),
        shadow=float(shadow), shadow_cover=float(cover),
        gain=(float(tint[0]), float(tint[1]), float(tint[2])), gamma=float(gamma),
        vignette=float(rng.uniform(0.0, 0.5)), glare=float(glare),
        glare_at=(float(rng.uniform(0.0, 1.0)), float(rng.uniform(0.0, 0.35))),
        blur_px=float(rng.uniform(0.0, 1.3)), noise=float(noise))


def _stance(rng: _Rng, profile: Profile) -> tuple[float, float]:
    """Where the vehicle stands: lateral offset in metres, yaw to the road in radians."""
    free = max(0.0, profile.width_m / 2.0 - 0.6)
    lateral = float(rng.uniform(-free, free))
    yaw = rng.normal(0.0, 0.08) if rng.random() < 0.8 else rng.uniform(-0.5, 0.5)
    return lateral, float(yaw)


_Item = tuple[float, float, Sprite]


def _scenery(rng: _Rng, profile: Profile) -> list[_Item]:
    items: list[_Item] = []
    kind = rng.random()
    for side in (-1, 1):
        edge = profile.width_m / 2 + max(
            (walk.width_m + walk.kerb_m for walk in profile.sidewalks if walk.side == side),
            default=0.0)
        s = rng.uniform(3.0, 14.0)
        spacing = rng.uniform(5.0, 25.0)
        houses = kind < 0.3
        while s < 110.0:
            d = side * (edge + rng.uniform(1.2, 7.0) + (4.0 if houses else 0.0))
            at_junction = any(
                road.side == side and abs(road.s - s) < road.width_m / 2 + 7.0
                for road in profile.side_roads)
            pick = rng.random()
            variant = int(rng.integers(12))
            if not at_junction and kind < 0.9:
                if houses and pick < 0.5:
                    items.append((s, d + side * 4.0, scenery.house(variant)))
                elif pick < 0.75:
                    items.append((s, d, scenery.tree(variant).scaled(rng.uniform(0.6, 1.3))))
                else:
                    items.append((s, side * (edge + rng.uniform(1.3, 3.0)), scenery.bush(variant)))
            s += spacing * rng.uniform(0.5, 1.5)
    return items


def _obstacles(rng: _Rng, profile: Profile, lateral: float) -> list[_Item]:
    items: list[_Item] = []
    half = max(profile.width_m / 2.0, 2.0)
    for _ in range(int(rng.integers(0, 7))):
        s = float(np.exp(rng.uniform(math.log(1.6), math.log(35.0))))
        d = float(rng.uniform(-half - 1.5, half + 1.5))
        variant = int(rng.integers(1000))
        kind = rng.random()
        if kind < 0.4:
            phase = int(rng.integers(-1, obstacles.PHASES))
            facing = 1 if rng.random() < 0.5 else -1
            items.append((s, d, obstacles.pedestrian(variant % 40, phase, facing)))
        elif kind < 0.55:
            height = float(rng.choice([0.7, 1.0, 1.3]))
            items.append((s, d, obstacles.post(variant % 60) if rng.random() < 0.6
                          else obstacles.pole(0.1, height, variant % 4)))
        elif kind < 0.68:
            items.append((s, d, obstacles.cone(variant % 12)))
        elif kind < 0.82:
            items.append((s, d, obstacles.box(variant % 40)))
        elif kind < 0.93:
            items.append((max(s, 5.0), d, obstacles.car(variant % 40)))
        else:
            wide = float(rng.choice([1.5, 2.5, 4.0]))
            items.append((max(s, 3.0), d, obstacles.barrier(variant % 6, wide)))
    if math.isfinite(profile.end_s) and rng.random() < 0.6:
        wide = float(math.ceil(profile.width_m))
        items.append((profile.end_s - 0.2, 0.0, obstacles.barrier(int(rng.integers(6)), wide)))
    return items
