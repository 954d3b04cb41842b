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
"""The training pictures on the device, and the batches drawn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional as F

from training import labels
from training.datasets import blank_images
from training.fields import on_device
from training.geometry import look, random_views, WHOLE
from training.lights import random_light
from training.packed import Pack, PackedSet, SIZE
from training.pasting import cover_with_bonnet, Cutouts, paste
from training.pixels import unpacked

SHARES: Mapping[str, float] = {
    'lums': 0.15, 'roads': 0.25, 'street': 0.09, 'street_views': 0.06, 'video': 0.01,
    'rendered': 0.31, 'above': 0.07, 'blank': 0.06}
"""Of the draws, by set."""
EXACT = frozenset({'rendered'})
"""Sets of whose pictures all is known: there is nothing that a teacher would know better."""
PASTED_SHARE = 0.45
"""Of the views, that get a thing pasted; a third of them gets a second one."""
_BLANK = 100
_BLIND = 0.03
"""Standard deviation of a view's pixels, 0 to 1, below which nothing can be seen in it."""
_ABOVE_MINIMUM = 0.3
"""Height above the road that a picture must have, for its upper part to be one without a road."""


@dataclass(frozen=True)
class Batch:
    """
    Views: images, float [N, 3, h, w] RGB 0 to 1, and codes, uint8 [N, h, w].

    exact: bool [N], which views are of sets of EXACT; on the CPU, which chooses by it.
    """

    images: Tensor
    codes: Tensor
    exact: Tensor


@dataclass(frozen=True)
class _Part:
    """Pictures of a set: their places in the pool, int64 [n], and what to look at, [n, 4]."""

    places: NDArray[np.int64]
    boxes: NDArray[np.float64]
    share: float


class Pool:
    """All training pictures, as uint8 on the device, and the cut-outs."""

    def __init__(self, pack: Pack, sources: Sequence[str], device: torch.device) -> None:
        """
        Put the sets named by `sources` on a device, and what can be made of them.

        The training sets leave the pack: they are large.

        :param sources: names of sets of the pack. Cut-outs from other sets are left out too.
        """
        chosen = {name: one for name, one in pack.train.items()
                  if name in sources and len(one.images)}
        blank = blank_images(_BLANK, *SIZE)
        chosen['blank'] = PackedSet(
            torch.from_numpy(np.stack([one.bgr[..., ::-1] for one in blank])),
            torch.from_numpy(np.stack([one.codes for one in blank])), ())
        self.parts: dict[str, _Part] = {}
        first, above_places, above_ends = 0, [], []
        for name, one in chosen.items():
            places = np.arange(first, first + len(one.images))
            self.parts[name] = _Part(places, np.tile(WHOLE, (len(places), 1)), SHARES[name])
            first += len(places)
            if name not in ('blank', 'rendered'):
                ends = _ends_above(one.codes.numpy())
                above_places.append(places[ends >= _ABOVE_MINIMUM])
                above_ends.append(ends[ends >= _ABOVE_MINIMUM])
        if above_places and sum(map(len, above_places)):
            ends = np.concatenate(above_ends)
            boxes = np.tile(WHOLE, (len(ends), 1))
            boxes[:, 3] = ends
            self.parts['above'] = _Part(np.concatenate(above_places), boxes, SHARES['above'])
        pack.train.clear()
        width, height = SIZE
        self.images = torch.empty((first, height, width, 3), dtype=torch.uint8, device=device)
        self.codes = torch.empty((first, height, width), dtype=torch.uint8, device=device)
        for name in list(chosen):
            one, places = chosen.pop(name), self.parts[name].places
            self.images[places[0]:places[-1] + 1] = one.images
            self.codes[places[0]:places[-1] + 1] = one.codes
        usable = [one for one in pack.cutouts
                  if not one.held_out and (not one.source or one.source in sources)]
        self.cutouts = Cutouts.of(usable, device) if usable else None

    def pictures(self, count: int, size: tuple[int, int], rng: np.random.Generator) -> Tensor:
        """Draw whole pictures as they are, half of them mirrored: float [N, 3, h, w], 0 to 1."""
        parts = [part for name, part in self.parts.items() if name not in ('blank', 'above')]
        of_set = _by_share(parts, count, rng)
        places = np.array([rng.choice(parts[k].places) for k in of_set])
        images = unpacked(self.images[on_device(places, self.images.device)])
        images = torch.where(on_device(rng.random(count) < 0.5, images.device).view(-1, 1, 1, 1),
                             images.flip(3), images)
        return F.interpolate(images, size=size[::-1], mode='bilinear', antialias=True)

    def draw(self, count: int, size: tuple[int, int], rng: np.random.Generator) -> Batch:
        """Draw random views in random lights, of the given width and height."""
        parts = list(self.parts.values())
        of_set = _by_share(parts, count, rng)
        within = [int(rng.integers(len(parts[k].places))) for k in of_set]
        places = np.array([parts[k].places[n] for k, n in zip(of_set, within, strict=True)])
        boxes = np.array([parts[k].boxes[n] for k, n in zip(of_set, within, strict=True)])
        device = self.images.device
        rows = on_device(places, device)
        views = on_device(random_views(boxes, rng), device)
        images, codes = look(self.images[rows], self.codes[rows], views, size)
        if self.cutouts is not None:
            for share in (PASTED_SHARE, PASTED_SHARE / 3):
                some = np.flatnonzero(rng.random(count) < share)
                if len(some):
                    at = on_device(some, device)
                    images[at], codes[at] = paste(images[at], codes[at], self.cutouts, rng)
        images, codes = cover_with_bonnet(images, codes, rng)
        images = random_light(images, rng)
        # Who learned path from black pictures would see it through a covered lens.
        blind = images.std((1, 2, 3)) < _BLIND
        exact = [name in EXACT for name in self.parts]
        return Batch(images, codes.masked_fill(blind.view(-1, 1, 1), labels.UNKNOWN),
                     torch.tensor([exact[k] for k in of_set]))


def _by_share(parts: Sequence[_Part], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw sets by their shares: the index of each draw's, [count]."""
    shares = np.array([part.share for part in parts])
    return rng.choice(len(parts), count, p=shares / shares.sum())


def _ends_above(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return down to which share of their heights pictures show no path for certain."""
    height = codes.shape[1]
    open_pixels = np.isin(codes, (labels.UNKNOWN, labels.SOME_PATH, *labels.DRIVABLE)).sum(2)
    # Fifteen pixels of doubt or path in a row of the labels end the part.
    found = open_pixels > 15
    first = np.where(found.any(1), found.argmax(1), height)
    return (first - height // 40) / height
