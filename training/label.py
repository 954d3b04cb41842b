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
Label what has no labels: `python -m training.label --data DATA --out LABELS`.

What the networks see in a picture is kept in LABELS/seen. An interrupted run goes on when the same
command is given again; labels are composed anew where their file is missing.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
import json
from pathlib import Path
import random

import cv2

from training import labels
from training.label_files import (
    Picture,
    pictures,
    read_codes,
    read_things,
    SOURCES,
    write,
    write_text,
)
from training.labelling.compose import compose, street_ground
from training.labelling.cutouts import write_cutouts, write_list
from training.labelling.from_a_car import from_a_car
from training.labelling.sight import QUICK, Sight, Watcher
from training.labelling.views import Array, VIEWS

PAVEMENT_MODEL = Path('models/road_plus/model.onnx')
"""A network that knows the pavements of lums."""
FROM_A_CAR = ('street', 'video')
CUT_FROM = ('street', 'street_views', 'video', 'roads/train')
CUT_EVERY = 19
"""Frames of a video from one that is cut from to the next: the same cars stay in view."""


def look(watcher: Watcher, picture: Picture, seen: Path) -> None:
    """Let the networks look at a picture, unless they have."""
    if seen.exists():
        return
    bgr = picture.read()
    if picture.source.startswith('roads'):
        # They know their ground, and on most of them nothing stands.
        (watcher.glance(bgr) or watcher.look(bgr, QUICK)).save(seen)
    else:
        watcher.look(bgr, VIEWS).save(seen)


def put_together(out: Path, picture: Picture, seen: Path) -> None:
    """Write the label codes of a picture that has been looked at, unless they are there."""
    if (out / f'{picture.key}.png').exists():
        return
    bgr, sight = picture.read(), Sight.load(seen)
    write(out, picture, *compose(bgr, sight, _ground(picture, bgr, sight)))


def _ground(picture: Picture, bgr: Array, sight: Sight) -> Array:
    if not picture.source.startswith('roads'):
        codes = street_ground(picture.name, bgr, sight)
        return from_a_car(bgr, codes) if picture.source in FROM_A_CAR else codes
    [mask] = (picture.path.parents[1] / 'masks').glob(f'{picture.name}.*')
    return labels.FROM_ROADS[cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)]


def write_held_out(data: Path, out: Path) -> None:
    """Write holdout.json: the pictures that are never learned from, and what stands in them."""
    listed = {picture.key: [asdict(thing) for thing in read_things(out, picture)]
              for picture in pictures(data, 'street')
              if picture.held_out and read_codes(out, picture) is not None}
    write_text(out / 'holdout.json', json.dumps(listed, indent=0))


def write_all_cutouts(data: Path, out: Path) -> None:
    """Write the cut-outs of everything that is labelled and learned from."""
    cutouts = []
    for source in CUT_FROM:
        for picture in pictures(data, source):
            codes = read_codes(out, picture)
            passed_over = picture.held_out or (picture.frame or 0) % CUT_EVERY
            if codes is not None and not passed_over:
                cutouts += write_cutouts(
                    out, picture, picture.read(), codes, read_things(out, picture))
    write_list(out, cutouts)


def main() -> None:
    """Label from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', type=Path, required=True, help='folder with street, roads, ...')
    parser.add_argument('--out', type=Path, required=True, help='folder of the labels')
    parser.add_argument('--sources', nargs='+', choices=SOURCES, default=SOURCES)
    parser.add_argument('--pavement-model', type=Path, default=PAVEMENT_MODEL,
                        help='graph of a network that knows the pavements of lums')
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    watcher = Watcher(options.data, options.pavement_model, options.threads)
    for source in options.sources:
        found = pictures(options.data, source)
        random.Random(1).shuffle(found)     # what is there of an unfinished run is a fair sample
        for count, picture in enumerate(found, start=1):
            seen = options.out / 'seen' / f'{picture.key}.npz'
            look(watcher, picture, seen)
            put_together(options.out, picture, seen)
            if count % 50 == 0 or count == len(found):
                print(f'{source}: {count} of {len(found)}', flush=True)
    write_held_out(options.data, options.out)
    write_all_cutouts(options.data, options.out)


if __name__ == '__main__':
    main()
