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

"""The road of one drive and what is on it, drawn at random within the stated limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.closed_loop.actors import Approach, Body, stand, Walk
from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.vehicle_setup import VehicleSetup
from seg_node.simulation import obstacles, scenery
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import Scene
from seg_node.simulation.road import Bump, CentreLine, PaintedLine, Profile
from seg_node.simulation.sprite import Sprite

_Rng = np.random.Generator
_POLE_M = 0.1
_LOOKS = 4
"""Variants of sprites: few, since each is drawn once and kept."""


class Kind(str, Enum):
    """What is met on a drive."""

    FREE = 'free'
    POST = 'post'
    OBSTACLE = 'obstacle'
    GAP = 'gap'
    PEDESTRIAN = 'pedestrian'
    END = 'end of road'
    BUMP = 'speed bump'
    HIDDEN = 'blind zone'


Shares = Mapping[Kind, float]
MIXED: Shares = {
    Kind.FREE: 0.26, Kind.POST: 0.16, Kind.OBSTACLE: 0.08, Kind.GAP: 0.12,
    Kind.PEDESTRIAN: 0.2, Kind.END: 0.1, Kind.BUMP: 0.08}
"""Share of the drives on which each is met."""
BLIND_ZONE: Shares = {Kind.HIDDEN: 1.0}


@dataclass(frozen=True, eq=False)
class Course:
    """
    A road with what is on it.

    lateral: offset of the vehicle from the centre line, m. goal: arc length at which the drive is
    over, m. bodies: what stands; walk: a pedestrian who steps in, `eager` metres earlier than
    must be for a stop to be possible; approach: how the same goes on when the vehicle stands.
    """

    kind: Kind
    scene: Scene
    lateral: float
    goal: float
    bodies: tuple[Body, ...] = ()
    walk: Walk | None = None
    eager: float = 0.0
    approach: Approach | None = None

    @property
    def half_width(self) -> float:
        """Half the width of the road, m."""
        return self.scene.profile.width_m / 2.0


def draw_course(rng: _Rng, setup: VehicleSetup, limits: StatedLimits, straight: float,
                shares: Shares = MIXED) -> Course:
    """
    Draw a road for a vehicle, and what is met on it.

    :param straight: share of the roads that are straight.
    :param shares: of what is met.
    """
    kind = list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]
    speed = setup.vehicle.max_speed
    # The vehicle joins at speed: it needs the time to earn GO before anything is met.
    first = setup.reach + 3.0 * speed + 1.0
    meets = first + float(rng.uniform(0.0, 3.0 + 2.0 * speed))
    goal = meets + 4.0 if kind is not Kind.FREE else float(
        np.clip(12.0 * speed, 10.0, 110.0)) + first
    line = _line(rng, setup, limits, goal, straight)
    narrow = rng.random() < 0.2
    spare = float(rng.uniform(0.5, 0.9) if narrow else rng.uniform(1.2, 5.0))
    width = setup.corridor_width + spare
    room = spare / 2.0 - 0.25
    lateral = float(rng.uniform(-room, room))
    profile = Profile(
        width, edge_m=0.0, end_s=meets if kind is Kind.END else math.inf,
        beyond=(None, Material.WATER, Material.GRASS)[int(rng.integers(3))],
        lines=tuple(PaintedLine(left, 0.1) for left in (width / 2 - 0.15, 0.15 - width / 2))
        if rng.random() < 0.5 else (),
        bumps=(Bump(meets, float(rng.uniform(0.4, 1.2))),) if kind is Kind.BUMP else ())
    surfaces = Surfaces(Material.ASPHALT, Material.GRASS, variant=int(rng.integers(4)))
    scene = Scene(line, profile, surfaces, Light(), sky=int(rng.integers(4)))
    course = Course(kind, scene, lateral, goal)
    fill = _FILL.get(kind)
    return course if fill is None else fill(rng, course, setup, meets)


def _line(rng: _Rng, setup: VehicleSetup, limits: StatedLimits, goal: float, straight: float,
          ) -> CentreLine:
    end = goal + 2.0 * setup.reach + 30.0
    base = swing = 0.0
    length, phase = 100.0, float(rng.uniform(0.0, 2.0 * math.pi))
    if rng.random() >= straight:
        maximum = setup.sharpest(limits)
        swing = float(rng.uniform(0.0, 0.5)) * maximum
        # A sine's slope is its amplitude times 2 pi / length.
        length = max(20.0, 2.0 * math.pi * swing / setup.sharpest_change(limits))
        # No road that comes round to itself.
        base = float(rng.uniform(-0.5, 0.5)) * min(maximum, 5.0 / end)
        swing = min(swing, 2.5 / end)

    def curvature(s: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(base + swing * np.sin(2.0 * math.pi * s / length + phase))

    return CentreLine.from_curvature(curvature, -10.0, end)


def _somewhere(rng: _Rng, course: Course, setup: VehicleSetup, width: float) -> float:
    """Draw an offset: mostly in the vehicle's way, at times beside it."""
    reach = setup.corridor_width / 2.0 + width / 2.0
    if rng.random() < 0.7:
        return course.lateral + float(rng.uniform(-reach, reach))
    return float(rng.uniform(-1.0, 1.0)) * (course.half_width + 0.5)


def _post(rng: _Rng, course: Course, setup: VehicleSetup, meets: float) -> Course:
    sprite = obstacles.pole(
        _POLE_M, float(rng.choice([0.7, 1.0, 1.3])), int(rng.integers(_LOOKS)))
    count = int(rng.integers(1, 3))
    bodies = [stand(course.scene, meets + float(rng.uniform(0.0, 3.0)),
                    _somewhere(rng, course, setup, _POLE_M), sprite, _POLE_M, _POLE_M)
              for _ in range(count)]
    return replace(course, bodies=tuple(bodies))


def _obstacle(rng: _Rng, course: Course, setup: VehicleSetup, meets: float) -> Course:
    make: Callable[[int], Sprite] = (
        obstacles.cone, obstacles.box, obstacles.car)[int(rng.integers(3))]
    sprite = make(int(rng.integers(_LOOKS)))
    # The drawn thing is a little narrower than its image.
    width = sprite.width_m * 0.9
    body = stand(course.scene, meets, _somewhere(rng, course, setup, width), sprite, width,
                 min(width, 2.0))
    return replace(course, bodies=(body,))


def _gap(rng: _Rng, course: Course, setup: VehicleSetup, meets: float) -> Course:
    """Close the road but for a gap, which the vehicle may or may not fit through."""
    gap = float(rng.uniform(0.5 * setup.vehicle.width, setup.corridor_width + 1.0))
    middle = course.lateral + float(rng.uniform(-0.2, 0.2))
    # A whole number of half metres, so that few sprites serve many courses.
    long = math.ceil((course.half_width * 2.0 + 1.0) * 2.0) / 2.0
    sprite = obstacles.barrier(int(rng.integers(_LOOKS)), long)
    bodies = [stand(course.scene, meets, middle + side * (gap + long) / 2.0, sprite, long, 0.3)
              for side in (-1.0, 1.0)]
    return replace(course, bodies=tuple(bodies))


def _pedestrian(rng: _Rng, course: Course, setup: VehicleSetup, meets: float) -> Course:
    side = 1.0 if rng.random() < 0.5 else -1.0
    apart = setup.corridor_width / 2.0 + float(rng.uniform(0.5, 2.0))
    walk = Walk(
        meets, course.lateral + side * apart, course.lateral - side * (apart + 2.0),
        pace=float(rng.uniform(0.7, 2.5)),
        rest_at=course.lateral + float(rng.uniform(-0.5, 0.5)) * setup.corridor_width,
        rest_s=float(rng.choice([0.0, 0.0, rng.uniform(0.3, 3.0)])),
        back=bool(rng.random() < 0.3), variant=int(rng.integers(_LOOKS)))
    return replace(course, walk=walk, eager=float(rng.choice([0.0, rng.uniform(0.0, 6.0)])))


def _hidden(rng: _Rng, course: Course, setup: VehicleSetup, meets: float) -> Course:
    """Let a pedestrian come up to the vehicle that has stopped, below what its camera sees."""
    stepping = _pedestrian(rng, course, setup, meets)
    assert stepping.walk is not None
    half = setup.vehicle.width / 2.0
    corner = rng.random() < 0.5
    aside = float(rng.uniform(half - 0.1, half + 0.1) if corner else rng.uniform(0.0, half - 0.1))
    approach = Approach(
        gap=float(rng.uniform(0.05, max(0.1, min(0.8, setup.blind - 0.4)))),
        d=course.lateral + (aside if rng.random() < 0.5 else -aside),
        pace=float(rng.uniform(0.8, 1.6)))
    walk = replace(stepping.walk, rest_s=math.inf, back=False)
    return replace(stepping, walk=walk, approach=approach)


_FILL: dict[Kind, Callable[[_Rng, Course, VehicleSetup, float], Course]] = {
    Kind.POST: _post, Kind.OBSTACLE: _obstacle, Kind.GAP: _gap, Kind.PEDESTRIAN: _pedestrian,
    Kind.HIDDEN: _hidden}


def with_scenery(course: Course, seed: int) -> Course:
    """Add what an image needs to look like a road: trees, bushes and houses at its sides."""
    rng = np.random.default_rng((seed, 29))
    scene, things = course.scene, []
    for side in (-1, 1):
        s = float(rng.uniform(2.0, 10.0))
        while s < course.goal + 60.0:
            d = side * (course.half_width + float(rng.uniform(2.5, 7.0)))
            sprite = scenery.tree(int(rng.integers(12))) if rng.random() < 0.6 else (
                scenery.bush(int(rng.integers(8))))
            things.append(scene.place(s, d, sprite))
            s += float(rng.uniform(5.0, 14.0))
    return replace(course, scene=replace(scene, things=(*scene.things, *things)))
