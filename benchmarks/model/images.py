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

"""The labelled images of the data sets that training/README.md lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.models.manifest import ClassInfo
from seg_node.recordings.images import read_image
from seg_node.scoring.ground_truth import code_table, NOT_PATH, SOME_PATH, UNKNOWN

Array = NDArray[np.uint8]
SPLITS = ('test', 'valid')


@dataclass(frozen=True)
class Format:
    """
    What the ids in the masks of a data set mean.

    classes: name of each id. path: the ids that are path. complete: whether the names are classes
    of their own, rather than only path or not.
    """

    name: str
    classes: tuple[str, ...]
    path: tuple[int, ...]
    complete: bool

    @property
    def obstacles(self) -> tuple[int, ...]:
        """Return the ids of obstacles, which a network must not call path."""
        return tuple(k for k, name in enumerate(self.classes) if name == 'obstacle')

    @cached_property
    def path_codes(self) -> Array:
        """Return uint8 [256] from ids to path, no path, unknown."""
        return code_table({index: SOME_PATH if index in self.path else NOT_PATH
                           for index in range(len(self.classes))})

    def class_codes(self, classes: Sequence[ClassInfo]) -> Array | None:
        """Return uint8 [256] from ids to a model's class ids; None if it lacks one of them."""
        ids = {info.name: index for index, info in enumerate(classes)}
        if not self.complete or not set(self.classes) <= set(ids):
            return None
        return code_table({index: ids[name] for index, name in enumerate(self.classes)})


class Item(Protocol):
    """A labelled image."""

    @property
    def format(self) -> Format:
        """What its ids mean."""

    @property
    def name(self) -> str:
        """Name within its set."""

    def read(self) -> tuple[Array, Array]:
        """Return the image, BGR uint8 [H, W, 3], and its ids, uint8 [H, W]."""


FORMATS = (
    Format('lums', ('background', 'obstacle', 'path', 'sidewalk', 'speed_bump'), (2, 4), True),
    Format('roads', ('no path', 'path'), (1,), False),
)


COMMA10K = Format('comma10k', ('background', 'path', 'lane mark', 'obstacle'), (1, 2), False)
_COMMA10K_COLORS = ((0x80, 0x80, 0x60), (0x40, 0x20, 0x20), (0xff, 0, 0), (0, 0xff, 0x66))
"""RGB colours of the ids; what has another is the own car, and unknown."""


@dataclass(frozen=True)
class ColorMasked:
    """An image of comma10k and its mask of colours, both still on disk."""

    image: Path
    mask: Path
    format: Format = COMMA10K

    @property
    def name(self) -> str:
        """Name of the image's file."""
        return self.image.name

    def read(self) -> tuple[Array, Array]:
        """Return the image, BGR uint8 [H, W, 3], and its ids, uint8 [H, W]."""
        colors = _read(self.mask, cv2.IMREAD_COLOR)[..., ::-1]
        ids = np.full(colors.shape[:2], UNKNOWN, np.uint8)
        for index, color in enumerate(_COMMA10K_COLORS):
            ids[(colors == color).all(-1)] = index
        return _read(self.image, cv2.IMREAD_COLOR), ids


def comma10k(data: Path) -> list[ColorMasked]:
    """Return the pictures of DATA/comma10k in order of their names; none if it is not there."""
    folder = data / 'comma10k'
    return [ColorMasked(path, folder / 'masks' / f'{path.stem}.png')
            for path in sorted((folder / 'images').glob('*'))]


RENDERED = Format(
    'rendered', ('background', 'path', 'sidewalk', 'obstacle', 'speed_bump'), (1, 4), True)
_RENDERED_SIZE = (640, 360)
_FIRST_SEED = 1_000_000        # training takes those from 0 on


@dataclass(frozen=True)
class RenderedScene:
    """A random scene of training, with exact labels."""

    seed: int
    format: Format = RENDERED

    @property
    def name(self) -> str:
        """Its seed."""
        return str(self.seed)

    def read(self) -> tuple[Array, Array]:
        """Render it: BGR uint8 [H, W, 3] and ids, uint8 [H, W]."""
        from training.random_scene import random_scene
        scene = random_scene(self.seed, *_RENDERED_SIZE)
        return scene.bgr, scene.labels


def rendered_scenes(count: int) -> list[RenderedScene]:
    """Return scenes that no training has seen."""
    return [RenderedScene(_FIRST_SEED + k) for k in range(count)]


@dataclass(frozen=True)
class Labelled:
    """An image and its mask, both still on disk."""

    format: Format
    image: Path
    mask: Path

    @property
    def name(self) -> str:
        """Name of the image's file."""
        return self.image.name

    def read(self) -> tuple[Array, Array]:
        """
        Return the image, BGR uint8 [H, W, 3], and its ids, uint8 [H, W].

        :raises UserError: when one cannot be read, they differ in size, or an id has no meaning.
        """
        bgr = _read(self.image, cv2.IMREAD_COLOR)
        ids = _read(self.mask, cv2.IMREAD_GRAYSCALE)
        if ids.shape != bgr.shape[:2]:
            raise UserError(f'{self.mask}: {ids.shape[1]}x{ids.shape[0]}, its image is '
                            f'{bgr.shape[1]}x{bgr.shape[0]}; a mask has the size of its image')
        known = len(self.format.classes)
        wrong = np.setdiff1d(ids, [*range(known), UNKNOWN])
        if wrong.size:
            raise UserError(
                f'{self.mask}: id {int(wrong[0])}; masks of {self.format.name} hold '
                f'0 to {known - 1}, or {UNKNOWN} for unknown')
        return bgr, ids


def find(data: Path, split: str, limit: int | None, seed: int = 0) -> dict[str, list[Labelled]]:
    """
    Return the labelled images of each data set by its name, in order of their names.

    :param limit: of the images of each set; those are then drawn by the seed.
    :raises UserError: when there is no such data.
    """
    if not data.is_dir():
        raise UserError(f'--data {data}: no such folder')
    found = {}
    for number, form in enumerate(FORMATS):
        pairs = _pairs(data / form.name / split, form)
        if limit is not None and limit < len(pairs):
            rng = np.random.default_rng((seed, number))
            pairs = [pairs[k] for k in sorted(rng.choice(len(pairs), limit, replace=False))]
        found[form.name] = pairs
    return found


def _pairs(folder: Path, form: Format) -> list[Labelled]:
    places = {name: folder / name for name in ('images', 'masks')}
    for place in places.values():
        if not place.is_dir():
            raise UserError(f'{place}: no such folder; --data needs lums and roads, each with '
                            'SPLIT/images and SPLIT/masks')
    masks = {path.stem: path for path in places['masks'].iterdir()}
    images = sorted(path for path in places['images'].iterdir() if path.name[0] != '.')
    if not images:
        raise UserError(f'{places["images"]}: no images in it')
    for image in images:
        if image.stem not in masks:
            raise UserError(f'{image}: no mask of that name in {places["masks"]}')
    return [Labelled(form, image, masks[image.stem]) for image in images]


def _read(path: Path, mode: int) -> Array:
    image = read_image(path, mode)
    if image is None:
        raise UserError(f'{path}: not a readable image')
    return image
