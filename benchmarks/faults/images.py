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

"""Images for the fault benchmark: a rendered road, coloured for the tiny model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import count
import math
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.simulation import obstacles, scenery
from seg_node.simulation.billboards import Billboard
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import RenderedFrame, Renderer, Scene
from seg_node.simulation.road import CentreLine, PaintedLine, Profile
from seg_node.simulation.sprite import Sprite

Pixels = NDArray[np.uint8]

CAMERA = Camera.from_fov(640, 360, math.radians(72.0), height_m=1.2, pitch_rad=math.radians(3.0))
ROAD_M = 4.6
STEP_M = 0.06
"""Metres between two images: 1.5 m/s at 25 images a second."""
FRAMES, SHORT = 32, 10
"""Images of a clip, and of one that is shown for a second."""
END_M = 60.0
_START_S = 20.0
_PATH, _OBSTACLE = 1, 3
# How class colours change the grey of an image, BGR. Each adds up to a luma of about zero, so
# that brightness, contrast and sharpness stay what they were.
_OTHER_TINT = (60, -8, -8)
_TINTS = {_PATH: (-40, 30, -40), 4: (-40, 30, -40), _OBSTACLE: (-22, -22, 52)}

CELL = 24
"""Side of a command cell in pixels; see models.py."""
COMMAND_COLOR = (255, 0, 255)


class Film(Protocol):
    """Images that go on without end."""

    def frame(self, number: int) -> Pixels:
        """Return image number 0, 1, 2 and so on."""

    def changed(self, change: Callable[[Pixels], Pixels]) -> Film:
        """Return the same with every image changed."""


@dataclass(frozen=True)
class Clip:
    """Images that are shown forwards and backwards, without end and without a jump."""

    frames: tuple[Pixels, ...]

    def frame(self, number: int) -> Pixels:
        """Return image number 0, 1, 2 and so on."""
        last = len(self.frames) - 1
        if last < 1:
            return self.frames[0]
        turn = number % (2 * last)
        return self.frames[min(turn, 2 * last - turn)]

    def changed(self, change: Callable[[Pixels], Pixels]) -> Clip:
        """Return the clip with every image changed."""
        return Clip(tuple(change(frame) for frame in self.frames))


class Road:
    """
    A straight road, rendered from a vehicle on its centre line.

    :param end: where it ends, and `length` of the world, metres.
    """

    def __init__(self, end: float = END_M, length: float = 220.0) -> None:
        """Build the world."""
        line = CentreLine.from_curvature(np.zeros_like, -20.0, length)
        half = ROAD_M / 2
        profile = Profile(
            ROAD_M, edge_m=0.03, end_s=end, beyond=Material.GRASS,
            lines=(PaintedLine(half - 0.22), PaintedLine(0.22 - half)))
        surfaces = Surfaces(Material.ASPHALT, Material.GRASS, Material.SLABS, variant=2)
        light = Light(shadow=0.3, gain=(1.04, 1.07, 1.10), gamma=0.88)
        bare = Scene(line, profile, surfaces, light)
        beside = tuple(_beside_the_road(bare, length - 100.0))
        scene = Scene(line, profile, surfaces, light, beside)
        self._renderer = Renderer(scene, CAMERA)

    @property
    def scene(self) -> Scene:
        """What there is."""
        return self._renderer.scene

    def render(self, s: float, things: tuple[Billboard, ...], frame: int) -> RenderedFrame:
        """Render an image from `s` metres along the road."""
        return self._renderer.render(self.scene.line.pose(s), things, frame=frame)

    def clip(self, *things: tuple[float, float, Sprite], frames: int = FRAMES,
             start: float = _START_S) -> list[RenderedFrame]:
        """
        Render a short drive.

        :param things: what goes ahead of the vehicle: metres ahead, metres to the left, sprite.
        """
        scene = self.scene
        rendered = []
        for index in range(frames):
            s = start + index * STEP_M
            moving: tuple[Billboard, ...] = tuple(
                scene.place(s + ahead, aside, sprite) for ahead, aside, sprite in things)
            rendered.append(self.render(s, moving, index))
        return rendered


def tinted(rendered: list[RenderedFrame]) -> Clip:
    """Colour path green, obstacles red and all else blue, for a model that knows colours."""
    return Clip(tuple(tint(frame.bgr, frame.labels) for frame in rendered))


def plain(rendered: list[RenderedFrame]) -> Clip:
    """Keep the images as the camera sees them, for a trained network."""
    return Clip(tuple(frame.bgr for frame in rendered))


def tint(bgr: Pixels, labels: Pixels) -> Pixels:
    """Colour an image, BGR uint8 [H, W, 3], by the class ids, uint8 [H, W], of its pixels."""
    table = np.tile(np.array(_OTHER_TINT, np.int16), (256, 1))
    for label, shift in _TINTS.items():
        table[label] = shift
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.int16)
    return np.clip(grey[..., None] + table[labels], 0, 255).astype(np.uint8)


def thin_post() -> Sprite:
    """Return a post that is about 0.1 m wide."""
    return min((obstacles.post(variant) for variant in range(20)),
               key=lambda sprite: abs(sprite.width_m - 0.1))


class Clips:
    """The clips of the benchmark, rendered when they are first asked for."""

    @cached_property
    def _road(self) -> Road:
        return Road()

    @cached_property
    def _free(self) -> list[RenderedFrame]:
        return self._road.clip()

    @cached_property
    def free(self) -> Clip:
        """A free road for the tiny model."""
        return tinted(self._free)

    @cached_property
    def free_plain(self) -> Clip:
        """A free road for a trained network."""
        return plain(self._free)

    @cached_property
    def obstacle(self) -> Clip:
        """A box in the way, 5 m ahead, for the tiny model."""
        return tinted(self._road.clip((5.0, 0.0, obstacles.box(1)), frames=SHORT))

    @cached_property
    def far_obstacle(self) -> Clip:
        """A box in the way, 8 m ahead, for the tiny model."""
        return tinted(self._road.clip((8.0, 0.0, obstacles.box(1)), frames=SHORT))

    @cached_property
    def obstacle_plain(self) -> Clip:
        """A car in the way, 4.5 m ahead, for a trained network."""
        return plain(self._road.clip((4.5, 0.0, obstacles.car(2)), frames=SHORT))

    @cached_property
    def post(self) -> Clip:
        """A post of 0.1 m in the way, 5 m ahead, for the tiny model."""
        return tinted(self._road.clip((5.0, 0.2, thin_post()), frames=SHORT))

    @cached_property
    def _end(self) -> list[RenderedFrame]:
        return self._road.clip(frames=SHORT, start=END_M - 5.0)

    @cached_property
    def end(self) -> Clip:
        """The end of the road, 5 m ahead, for the tiny model."""
        return tinted(self._end)

    @cached_property
    def end_plain(self) -> Clip:
        """The end of the road, 5 m ahead, for a trained network."""
        return plain(self._end)

    @cached_property
    def flooded(self) -> Pixels:
        """Obstacle everywhere but far ahead: most of the mask has changed."""
        free = self._free[0]
        labels = free.labels.copy()
        labels[round(0.55 * free.labels.shape[0]):] = _OBSTACLE
        return tint(free.bgr, labels)

    def all_of(self, label: int) -> Clip:
        """Return images coloured as one class everywhere."""
        return Clip(tuple(
            tint(frame.bgr, np.full_like(frame.labels, label)) for frame in self._free))


def with_command(cell: int) -> Callable[[Pixels], Pixels]:
    """Return what paints a command cell for the graph of graph.py into the sky."""
    def paint(image: Pixels) -> Pixels:
        painted = image.copy()
        painted[:CELL, cell * CELL:(cell + 1) * CELL] = COMMAND_COLOR
        return painted
    return paint


def _beside_the_road(scene: Scene, up_to: float) -> list[Billboard]:
    """Trees, bushes and houses on both sides."""
    rng = np.random.default_rng(20)
    things = []
    for number, s in zip(count(), np.arange(4.0, up_to, 7.0)):
        side = 1 if number % 2 else -1
        d = side * (ROAD_M / 2 + rng.uniform(2.0, 5.0))
        things.append(scene.place(float(s), d, scenery.tree(number % 12)))
        things.append(scene.place(float(s) + 3.0, -d, scenery.bush(number % 8)))
        if number % 3 == 0:
            things.append(scene.place(float(s), side * 15.0, scenery.house(number)))
    return things
