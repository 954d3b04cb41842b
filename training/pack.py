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
Pack all that training needs: `python -m training.pack --data DATA --labels LABELS --out FILE`.

Pictures and labels at training size, cut-outs, rendered scenes, validation sets, and the encoder's
weights, in one file that can be brought to another machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from training import cutouts, datasets, labels
from training.datasets import Sample
from training.efficientnet import imagenet_weights
from training.halls import random_hall
from training.label_files import held_out, samples
from training.packed import Cutout, Example, PackWriter, SIZE, Standing
from training.pasting import Cutouts, paste
from training.random_scene import random_scene, Stock
from training.swatches import Swatches

VALID_SEED = 1_000_000
"""Of the first rendered scene of validation; training takes those from 0 on."""
_PASTED = 160
_VALID = 240
"""Rendered scenes of validation at most."""
_HALL_EVERY = 6
"""One of so many rendered scenes is a hall."""
_PLAIN_EVERY = 2
"""One of so many has surfaces and things that are all drawn, as simulated drives have."""


def plain(found: Iterable[Sample]) -> Iterator[Example]:
    """Return examples of which only the codes are known."""
    return (Example(sample) for sample in found)


def street_examples(data: Path, labels_folder: Path) -> Iterator[Example]:
    """Return the street pictures that are kept for validation, with what stands in them."""
    for sample, things in held_out(data, labels_folder):
        height, width = sample.codes.shape
        yield Example(sample, tuple(
            Standing(one.kind, tuple(float(v) for v in np.divide(
                one.box, (width, height, width, height)))) for one in things if one.certain))


def stocks(swatches: Swatches, things: Sequence[Cutout]) -> tuple[Stock, Stock]:
    """
    Return what scenes are rendered with: those of training, and those of validation.

    Who leaves share-alike sets out of a training does not meet them in its scenes either.
    """
    learned = [one for one in things
               if not one.held_out and one.source not in cutouts.SHARE_ALIKE]
    kept = [one for one in things if one.held_out]
    first, second = (Stock(swatches, tuple(map(cutouts.sprite_of, some)))
                     for some in (learned, kept))
    return first, second


def rendered(count: int, seed: int, stock: Stock, workers: int) -> Iterator[Example]:
    """Render random scenes; one of _HALL_EVERY is a hall."""
    with ProcessPoolExecutor(workers) as pool:
        yield from plain(pool.map(partial(_scene, stock), range(seed, seed + count), chunksize=8))


def _scene(stock: Stock, seed: int) -> Sample:
    if seed % _HALL_EVERY == 0:
        frame = random_hall(seed, *SIZE, stock.swatches, stock.things)
    else:
        plainly = seed % _PLAIN_EVERY == 1
        frame = random_scene(seed, *SIZE, None if plainly else stock)
    return Sample(frame.bgr, frame.labels)


def pasted(backgrounds: list[Sample], things: list[Cutout], count: int) -> Iterator[Example]:
    """Return validation pictures with one held-out thing on the road of each."""
    store = Cutouts.of(things, torch.device('cpu'))
    for number in range(count):
        rng = np.random.default_rng((number, 77))
        sample = backgrounds[int(rng.integers(len(backgrounds)))]
        bgr = cv2.resize(sample.bgr, SIZE, interpolation=cv2.INTER_AREA)
        codes = cv2.resize(sample.codes, SIZE, interpolation=cv2.INTER_NEAREST)
        codes[codes == labels.OBSTACLE] = labels.NOT_PATH      # only what is pasted counts here
        image, changed = paste(
            torch.from_numpy(bgr[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255,
            torch.from_numpy(codes)[None], store, rng)
        found = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()[..., ::-1]
        if bool((changed == labels.OBSTACLE).any()):
            yield Example(Sample(np.ascontiguousarray(found), changed[0].numpy()))


def write(data: Path, labels_folder: Path, out: Path, scenes: int, workers: int,
          most: int | None = None) -> None:
    """
    Write the pack.

    :param most: pictures of each set, for a trial.
    """
    writer = PackWriter(out)

    def add(role: str, name: str, examples: Iterable[Example]) -> None:
        print(f'{role} {name}: {writer.add(role, name, islice(examples, most))}', flush=True)

    lums = datasets.lums(data, 'train')
    things = cutouts.collect(labels_folder, lums)
    print(f'cut-outs: {writer.add_cutouts(things)}', flush=True)
    writer.add_encoder(imagenet_weights())
    add('train', 'lums', plain(lums))
    for source, name in (('roads/train', 'roads'), ('street', 'street'),
                         ('street_views', 'street_views'), ('video', 'video')):
        found = samples(data, labels_folder, source)
        if name == 'roads' and not found:
            found = datasets.roads(data, 'train')
        add('train', name, plain(found))
    stock, other = stocks(Swatches(data / 'textures'), things)
    add('train', 'rendered', rendered(scenes, 0, stock, workers))
    valid = {'lums': datasets.lums(data, 'valid'), 'roads': datasets.roads(data, 'valid')}
    for name, kept in valid.items():
        add('valid', name, plain(kept))
    street = list(street_examples(data, labels_folder))
    add('valid', 'street', street)
    add('valid', 'comma10k', plain(datasets.comma10k(data)))
    add('valid', 'rendered', rendered(min(scenes // 10, _VALID), VALID_SEED, other, workers))
    backgrounds = [*valid['lums'], *valid['roads'], *(one.sample for one in street)]
    add('valid', 'pasted', pasted(backgrounds, [one for one in things if one.held_out], _PASTED))
    writer.close()
    print(f'{out}: {out.stat().st_size / 2 ** 20:.1f} MiB')


def main() -> None:
    """Pack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', type=Path, required=True, help='folder with lums, roads, ...')
    parser.add_argument('--labels', type=Path, required=True, help='folder of training.label')
    parser.add_argument('--out', type=Path, required=True, help='file to write')
    parser.add_argument('--rendered', type=int, default=6000, help='number of rendered scenes')
    parser.add_argument('--workers', type=int, default=2, help='processes that render')
    parser.add_argument('--most', type=int, help='pictures of each set, for a trial')
    options = parser.parse_args()
    write(options.data, options.labels, options.out, options.rendered, options.workers,
          options.most)


if __name__ == '__main__':
    main()
