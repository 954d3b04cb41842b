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

"""Images that show no road, made without data, and how sure a network is of path in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.model.contender import Answer, Contender
from seg_node.perception.labels import drivable_lut
from seg_node.simulation.camera import Camera
from seg_node.simulation.lens import Light
from seg_node.simulation.sky import draw_sky
from seg_node.simulation.textures import fractal_noise, TILE_PX
from seg_node.stop_go.corridor.trapezoid import build_image_corridor, Trapezoid

Array = NDArray[np.uint8]
WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True)
class CorridorReading:
    """
    What a network says of the corridor, 0 to 1.

    confidence: mean probability of path, which a network that is sure of no path lowers, too.
    coverage: share that it calls path.
    """

    confidence: float
    coverage: float


class CorridorJudge:
    """Measure the node's corridor, as it lies in images of cameras of which nothing is known."""

    def __init__(self, contender: Contender) -> None:
        """Lay the corridor on the contender's label map."""
        corridor = build_image_corridor(
            Trapezoid(), contender.facts.width, contender.facts.height)
        self._samples = corridor.rows, corridor.cols
        self._drivable = drivable_lut(contender.classes).astype(bool)

    def read(self, answer: Answer) -> CorridorReading:
        """Measure an answer."""
        path = self._drivable[answer.labels[self._samples]]
        sure = answer.confidence[self._samples] / 255
        return CorridorReading(float(np.where(path, sure, 1 - sure).mean()), float(path.mean()))


@dataclass(frozen=True)
class RoadOrNot:
    """
    How well confidence that the corridor is path tells roads from what is none.

    road and no_road: mean confidence. kinds: that of each kind of no road. auroc: chance that a
    road has more than an image without. called_path: share of the corridor called path where
    there is no road.
    """

    road: float
    no_road: float
    kinds: dict[str, float]
    auroc: float
    called_path: float


def tell_apart(roads: Sequence[CorridorReading],
               no_roads: dict[str, list[CorridorReading]]) -> RoadOrNot:
    """Sum up the readings at images of roads, and at those without by kind."""
    others = [look for readings in no_roads.values() for look in readings]
    return RoadOrNot(
        _confidence(roads), _confidence(others),
        {kind: _confidence(readings) for kind, readings in no_roads.items()},
        _auroc(roads, others),
        sum(look.coverage for look in others) / len(others) if others else math.nan)


def no_road_images(count: int, seed: int = 0) -> dict[str, list[Array]]:
    """Return `count` images, BGR uint8 [480, 640, 3], of each kind; same seed, same images."""
    return {kind: [paint(np.random.default_rng((seed, number, index))) for index in range(count)]
            for number, (kind, paint) in enumerate(_KINDS.items())}


def _cover(rng: np.random.Generator) -> Array:
    """Paint a lens cap or a sheet: one colour, darker to the corners, with a little noise."""
    color = rng.uniform(4, 235) * rng.uniform(0.8, 1.2, 3)
    rows, cols = np.mgrid[-1:1:HEIGHT * 1j, -1:1:WIDTH * 1j]
    fall = 1.0 - rng.uniform(0.0, 0.4) * (rows ** 2 + cols ** 2) / 2
    return _image(color * fall[..., None] + rng.normal(0, rng.uniform(0.5, 4), (
        HEIGHT, WIDTH, 3)))


def _noise(rng: np.random.Generator) -> Array:
    """Paint noise of any grain, grey or coloured."""
    grain = int(rng.choice((1, 2, 4, 12, 40)))
    channels = int(rng.choice((1, 3)))
    small = rng.normal(rng.uniform(60, 190), rng.uniform(15, 60),
                       (HEIGHT // grain + 1, WIDTH // grain + 1, channels))
    big = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return _image(np.broadcast_to(big.reshape(HEIGHT, WIDTH, channels), (HEIGHT, WIDTH, 3)))


def _sky(rng: np.random.Generator) -> Array:
    """Look up into the sky."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    camera = Camera.from_fov(WIDTH, HEIGHT, rng.uniform(0.4, 0.75), 1.0, rng.uniform(-0.5, -0.45))
    draw_sky(image, camera, Light(), int(rng.integers(24)), rng.uniform(0, 2 * math.pi))
    return image


def _blur(rng: np.random.Generator) -> Array:
    """Hold a hand or a cloth before the lens: soft patches of similar colours."""
    base = np.array([(90, 120, 175), (60, 70, 90), (120, 110, 105), (70, 95, 70)])[
        rng.integers(4)] * rng.uniform(0.4, 1.3)
    patches = _tile(fractal_noise(int(rng.integers(40)), 2, 8), rng)
    soft = cv2.GaussianBlur(patches, (0, 0), rng.uniform(8, 40))
    return _image(base * (1.0 + rng.uniform(0.15, 0.5) * soft[..., None])
                  + rng.normal(0, 2, (HEIGHT, WIDTH, 3)))


def _room(rng: np.random.Generator) -> Array:
    """Stand before the corner of a room: two walls that fill the image."""
    corner = rng.uniform(0.15, 0.85) * WIDTH
    squeeze = rng.uniform(0.0, 0.25, 2) * HEIGHT      # how much a wall recedes to the corner
    lamp = rng.uniform(0.65, 1.15, 2)
    paint = _wall(rng)
    image = np.zeros((HEIGHT, WIDTH, 3), np.float64)
    source = np.array([[0, 0], [TILE_PX, 0], [TILE_PX, TILE_PX], [0, TILE_PX]], np.float32)
    for side, edge in enumerate((0.0, float(WIDTH))):
        near, far = 0.8 * HEIGHT + squeeze[side], 0.8 * HEIGHT
        quad = np.array([[edge, HEIGHT / 2 - near], [corner, HEIGHT / 2 - far],
                         [corner, HEIGHT / 2 + far], [edge, HEIGHT / 2 + near]], np.float32)
        view = cv2.getPerspectiveTransform(source, quad)
        shown = cv2.warpPerspective(paint, view, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        cols = np.arange(WIDTH) < corner if side == 0 else np.arange(WIDTH) >= corner
        image[:, cols] = shown[:, cols] * lamp[side]
    return _image(image + rng.normal(0, 2.5, image.shape))


def _wall(rng: np.random.Generator) -> NDArray[np.float64]:
    """Paint a wall: plaster, bricks, boards, tiles or striped paper."""
    kind = int(rng.integers(5))
    color = rng.uniform(70, 225) * rng.uniform(0.85, 1.15, 3)
    rows, cols = np.mgrid[:TILE_PX, :TILE_PX]
    grain = fractal_noise(int(rng.integers(40)), 4, 256)
    wall = np.repeat(1.0 + 0.05 * grain[..., None], 3, axis=2) * color
    high, wide = {1: (32, 96), 2: (TILE_PX, 48), 3: (64, 64)}.get(kind, (0, 0))
    if high:
        shift = (rows // high % 2) * (wide // 2) if kind == 1 else 0
        stone = rng.uniform(0.75, 1.2, (TILE_PX // high + 1, TILE_PX // wide + 2))
        wall *= stone[rows // high, (cols + shift) // wide][..., None]
        joint = (rows % high < 3) | ((cols + shift) % wide < 3)
        wall[joint] = color * rng.uniform(0.5, 1.3)
    elif kind == 4:
        wall[cols // 24 % 2 == 0] *= rng.uniform(0.7, 0.95)
    return np.asarray(wall)


def _tile(field: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    top, left = rng.integers(0, TILE_PX, 2)
    rows, cols = np.arange(HEIGHT) + top, np.arange(WIDTH) + left
    return field[rows % TILE_PX][:, cols % TILE_PX]


def _image(values: NDArray[np.floating]) -> Array:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _auroc(roads: Sequence[CorridorReading], others: Sequence[CorridorReading]) -> float:
    if not roads or not others:
        return math.nan
    from sklearn.metrics import roc_auc_score
    return float(roc_auc_score([1] * len(roads) + [0] * len(others),
                               [look.confidence for look in (*roads, *others)]))


def _confidence(readings: Sequence[CorridorReading]) -> float:
    return sum(look.confidence for look in readings) / len(readings) if readings else math.nan


_KINDS: dict[str, Callable[[np.random.Generator], Array]] = {
    'cover': _cover, 'noise': _noise, 'sky': _sky, 'blur': _blur, 'room': _room}
