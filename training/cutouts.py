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
"""Things to stand on roads: cut out of the pictures of detectors, of lums, and drawn ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import json
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from seg_node.simulation import obstacles
from seg_node.simulation.labels import OBSTACLE
from seg_node.simulation.sprite import Sprite
from training import drawn_things, labels
from training.datasets import Sample
from training.packed import Cutout

HEIGHTS_M = {'vehicle': 1.55, 'person': 1.7, 'bike': 1.4}
"""How tall things of the detectors' kinds are; a bike mostly has its rider on it."""
LUMS_HEIGHT_M = 1.4
SHARE_ALIKE = frozenset({'street', 'street_views'})
"""Sources whose licence asks for itself again: some must do without them."""
HELD_OUT_SHARE = 0.15
_DRAWN = 16
"""Of each kind that is drawn."""
_LONGEST = 320


def collect(labels_folder: Path, lums: Sequence[Sample]) -> list[Cutout]:
    """Return all cut-outs: found, of lums, and drawn."""
    return [*found(labels_folder), *of_lums(lums), *drawn()]


def found(labels_folder: Path) -> Iterator[Cutout]:
    """Yield what was cut out where detectors saw something."""
    folder = labels_folder / 'cutouts'
    for entry in json.loads((folder / 'cutouts.json').read_text()):
        bgra = cv2.imread(str(folder / entry['file']), cv2.IMREAD_UNCHANGED)
        if bgra is None or bgra.shape[2] != 4:
            raise ValueError(f'{folder / entry["file"]}: not an image with alpha')
        yield Cutout(bgra, entry['kind'], HEIGHTS_M[entry['kind']],
                     min(1.0, entry['foot'][1] / bgra.shape[0]), _held_out(entry['file']),
                     entry['source'].partition('/')[0])


def of_lums(samples: Sequence[Sample], minimum: int = 600, most: int = 150) -> list[Cutout]:
    """Cut the obstacles of at least `minimum` pixels, away from the sides, out of samples."""
    cut = []
    for number, sample in enumerate(samples):
        mask = (sample.codes == labels.OBSTACLE).astype(np.uint8)
        _, parts, stats, _ = cv2.connectedComponentsWithStats(mask)
        for index, (x, y, w, h, area) in enumerate(stats.tolist()):
            if index and area >= minimum and h > 20 and w > 8 and x > 0 and x + w < mask.shape[1]:
                box = np.s_[y:y + h, x:x + w]
                alpha = cv2.GaussianBlur(
                    (parts[box] == index).astype(np.float32) * 255, (0, 0), 0.7)
                cut.append(Cutout(np.dstack([sample.bgr[box], alpha.astype(np.uint8)]), 'lums',
                                  LUMS_HEIGHT_M, 1.0, _held_out(f'lums {number}'), 'lums'))
    return cut[::max(1, len(cut) // most)]


def drawn() -> Iterator[Cutout]:
    """Yield posts, cones, boxes, barriers, people, and what KINDS of drawn_things has."""
    kinds: dict[str, Callable[[int], Sprite]] = {
        'post': obstacles.post, 'cone': obstacles.cone, 'box': obstacles.box,
        'barrier': lambda variant: obstacles.barrier(variant, 2.0),
        'person': lambda variant: obstacles.pedestrian(variant, variant % 13 - 1, 1),
        **drawn_things.KINDS}
    for kind, draw in kinds.items():
        for variant in range(_DRAWN):
            yield _of_sprite(kind, draw(variant), _held_out(f'{kind} {variant}'))


def sprite_of(cutout: Cutout) -> Sprite:
    """Return a cut-out as a sprite for rendered scenes."""
    alpha = cutout.bgra[..., 3:].astype(np.float32) / 255
    levels = [np.dstack([cutout.bgra[..., :3] * alpha, 255 * alpha]).astype(np.uint8)]
    while min(levels[-1].shape[:2]) > 5:
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    tall, wide = cutout.bgra.shape[:2]
    width_m = cutout.height_m * wide / tall
    return Sprite(tuple(levels), width_m, cutout.height_m, OBSTACLE, min(1.6, width_m))


def _of_sprite(kind: str, sprite: Sprite, held_out: bool) -> Cutout:
    level = next((one for one in sprite.levels if max(one.shape[:2]) <= _LONGEST),
                 sprite.levels[-1])
    alpha = level[..., 3:].astype(np.float32) / 255
    colour = np.clip(level[..., :3] / np.maximum(alpha, 1e-3), 0, 255)
    return Cutout(np.dstack([colour, level[..., 3:]]).astype(np.uint8), kind, sprite.height_m,
                  1.0, held_out)


def _held_out(name: str) -> bool:
    return crc32(name.encode()) % 1000 < 1000 * HELD_OUT_SHARE
