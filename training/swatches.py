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
"""Photographed surfaces for rendered scenes: DATA/textures/CLASS, swatches of a few metres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from seg_node.simulation.textures import Texture, to_bytes

ROADS = ('Asphalt', 'Asphalt', 'Asphalt', 'Road', 'Concrete', 'PavingStones', 'PavingStones',
         'Gravel', 'Ground', 'Bricks', 'Snow')
WALKS = ('PavingStones', 'PavingStones', 'Tiles', 'Concrete', 'Terrazzo', 'Asphalt')
VERGES = ('Grass', 'Grass', 'Ground', 'Moss', 'PineNeedles', 'ScatteredLeaves', 'Snow', 'Rocks',
          'WoodChips', 'Gravel')
FLOORS = ('WoodFloor', 'Carpet', 'Tiles', 'Terrazzo', 'Marble', 'Concrete', 'Planks', 'Granite')
WALLS = ('Plaster', 'Wallpaper', 'Bricks', 'Paint', 'WoodSiding', 'Concrete', 'Travertine')
_TILE_M = (1.5, 4.0)
"""How much ground one swatch shows, in metres: most do not say."""


@dataclass(frozen=True)
class Swatches:
    """The swatches of a folder, by class."""

    folder: Path

    def draw(self, classes: tuple[str, ...], rng: np.random.Generator) -> Texture:
        """Return one of one of the classes, at a size and in a shade of its own."""
        files = _files(self.folder, classes[int(rng.integers(len(classes)))])
        image = _read(files[int(rng.integers(len(files)))])
        # They do not tile: a swatch beside its mirror images does.
        tile = np.concatenate([image, image[:, ::-1]], 1)
        tile = np.concatenate([tile, tile[::-1]], 0)
        tile = cv2.resize(tile, (256, 256), interpolation=cv2.INTER_AREA)
        shade = rng.uniform(0.7, 1.25) * rng.uniform(0.95, 1.05, 3)
        return Texture.from_tile(to_bytes(tile * shade), 2 * float(rng.uniform(*_TILE_M)))


@lru_cache(maxsize=64)
def _files(folder: Path, name: str) -> tuple[Path, ...]:
    files = tuple(sorted((folder / name).glob('*.jpg')))
    if not files:
        raise FileNotFoundError(f'{folder / name}: no swatches in it')
    return files


@lru_cache(maxsize=256)
def _read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f'{path}: not a readable image')
    return image
