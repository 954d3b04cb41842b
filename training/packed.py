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
"""
One file with all pictures and labels that training needs, at the size at which it needs them.

A zip of SET/NUMBER.webp and SET/NUMBER.png (label codes), cutouts/NUMBER.png (BGRA), and
index.json. Every picture is squeezed to one size, as the node squeezes every frame to a network's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
import io
import json
import os
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import cv2
import numpy as np
from numpy.typing import NDArray
import torch

from training.datasets import Sample

Array = NDArray[np.uint8]

SIZE = (512, 320)
"""Width and height of the packed pictures, px: the largest network's, and a little more."""
_QUALITY = 72
_INDEX = 'index.json'
_ENCODER = 'encoder.pt'


@dataclass(frozen=True)
class Standing:
    """
    Something that stands on the road in a picture: what a network must not call path.

    box: left, top, right, bottom as shares of the picture's width and height.
    """

    kind: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Cutout:
    """
    A thing cut out of its picture or drawn: BGRA uint8 [h, w, 4], alpha not multiplied.

    kind: vehicle, person, bike, post, ... height_m: how tall such a thing is. foot: row where it
    touches the ground, as a share of the image's height. held_out: kept for validation. source:
    name of the set whose pictures it comes from, if any.
    """

    bgra: Array
    kind: str
    height_m: float
    foot: float = 1.0
    held_out: bool = False
    source: str = ''


@dataclass(frozen=True)
class Example:
    """A sample and, where that is known besides its codes, what stands in it."""

    sample: Sample
    standing: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class PackedSet:
    """
    Pictures of one source: uint8 [n, h, w, 3] RGB and codes, uint8 [n, h, w].

    standing: of each picture what stands in it; None where only the codes tell.
    """

    images: torch.Tensor
    codes: torch.Tensor
    standing: Sequence[tuple[Standing, ...]]


@dataclass(frozen=True)
class Pack:
    """
    What a file holds.

    encoder: the weights of ImageNet for the encoder of the larger network, by name.
    """

    train: dict[str, PackedSet]
    valid: dict[str, PackedSet]
    cutouts: Sequence[Cutout]
    encoder: dict[str, torch.Tensor]


class PackWriter:
    """Write a pack, set by set; the file appears when all is written."""

    def __init__(self, path: Path) -> None:
        """Begin a file."""
        self._path = path
        self._part = path.with_suffix('.part')
        self._zip = ZipFile(self._part, 'w', ZIP_STORED)
        self._index: dict[str, Any] = {'train': {}, 'valid': {}, 'cutouts': []}

    def add(self, role: str, name: str, examples: Iterable[Example]) -> int:
        """Add a set, role train or valid, and return how many pictures it has."""
        standing = []
        for number, example in enumerate(examples):
            bgr = cv2.resize(example.sample.bgr, SIZE, interpolation=cv2.INTER_AREA)
            codes = cv2.resize(example.sample.codes, SIZE, interpolation=cv2.INTER_NEAREST)
            stem = f'{role}/{name}/{number:05d}'
            self._write(f'{stem}.webp', bgr, (cv2.IMWRITE_WEBP_QUALITY, _QUALITY))
            self._write(f'{stem}.png', codes, (cv2.IMWRITE_PNG_COMPRESSION, 9))
            standing.append([asdict(one) for one in example.standing])
        self._index[role][name] = standing
        return len(standing)

    def add_cutouts(self, cutouts: Iterable[Cutout], longest: int = 160) -> int:
        """Add cut-outs, shrunk to `longest` px, and return how many."""
        for number, one in enumerate(cutouts):
            shrink = min(1.0, longest / max(one.bgra.shape[:2]))
            bgra = cv2.resize(one.bgra, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            self._write(f'cutouts/{number:05d}.webp', bgra, (cv2.IMWRITE_WEBP_QUALITY, 80))
            self._index['cutouts'].append({
                'kind': one.kind, 'height_m': one.height_m, 'foot': one.foot,
                'held_out': one.held_out, 'source': one.source})
        return len(self._index['cutouts'])

    def add_encoder(self, weights: dict[str, torch.Tensor]) -> None:
        """Add the encoder's weights, in half precision."""
        data = io.BytesIO()
        torch.save({name: value.half() if value.is_floating_point() else value
                    for name, value in weights.items()}, data)
        self._zip.writestr(_ENCODER, data.getvalue())

    def close(self) -> None:
        """Finish the file."""
        self._zip.writestr(_INDEX, json.dumps(self._index))
        self._zip.close()
        self._part.replace(self._path)

    def _write(self, name: str, image: Array, how: Sequence[int]) -> None:
        _, data = cv2.imencode(Path(name).suffix, image, how)
        self._zip.writestr(name, data.tobytes())


def read_pack(path: Path) -> Pack:
    """Read a whole pack; raises ValueError where it is none."""
    with ZipFile(path) as archive, ThreadPoolExecutor(os.cpu_count()) as pool:
        if _INDEX not in archive.namelist():
            raise ValueError(f'{path}: holds no {_INDEX}; make it with training.pack')
        index = json.loads(archive.read(_INDEX))
        found = {role: {name: _read_set(archive, pool, f'{role}/{name}', standing)
                        for name, standing in index[role].items()} for role in ('train', 'valid')}
        names = [f'cutouts/{number:05d}.webp' for number in range(len(index['cutouts']))]
        cutouts = [Cutout(_with_alpha(image), **known) for image, known in zip(
            _decoded(archive, pool, names, cv2.IMREAD_UNCHANGED), index['cutouts'], strict=True)]
        weights = torch.load(io.BytesIO(archive.read(_ENCODER)), weights_only=True)
    return Pack(found['train'], found['valid'], cutouts,
                {name: value.float() if value.is_floating_point() else value
                 for name, value in weights.items()})


def _read_set(archive: ZipFile, pool: ThreadPoolExecutor, stem: str,
              standing: Sequence[Sequence[dict[str, Any]]]) -> PackedSet:
    width, height = SIZE
    images = np.empty((len(standing), height, width, 3), np.uint8)
    codes = np.empty((len(standing), height, width), np.uint8)
    names = [f'{stem}/{number:05d}' for number in range(len(standing))]
    for number, bgr in enumerate(_decoded(
            archive, pool, [f'{name}.webp' for name in names], cv2.IMREAD_COLOR)):
        images[number] = bgr[..., ::-1]
    for number, one in enumerate(_decoded(
            archive, pool, [f'{name}.png' for name in names], cv2.IMREAD_GRAYSCALE)):
        codes[number] = one
    return PackedSet(torch.from_numpy(images), torch.from_numpy(codes), [
        tuple(Standing(one['kind'], tuple(one['box'])) for one in each) for each in standing])


def _with_alpha(image: Array) -> Array:
    """Return BGRA; WebP leaves out the alpha of what is opaque altogether."""
    if image.shape[2] == 4:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA), np.uint8)


def _decoded(archive: ZipFile, pool: ThreadPoolExecutor, names: Sequence[str], mode: int,
             ) -> Iterator[Array]:
    return pool.map(lambda name: cv2.imdecode(
        np.frombuffer(archive.read(name), np.uint8), mode), names)
