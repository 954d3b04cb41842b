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
"""Cut things out of pictures, with soft edges, to be pasted onto roads in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.label_files import Picture, Thing, write_text
from training.labelling.detectors import BIKE, PERSON, VEHICLE
from training.labelling.masks import box_slices, largest
from training.labelling.things import iou
from training.labelling.views import Array

LEAST_HEIGHT = {VEHICLE: 36, PERSON: 40, BIKE: 36}
"""Pixels, by kind: what is smaller looks like nothing when it is pasted large."""
LEAST_SCORE = 0.5
GOOD = {('deeplab', VEHICLE), ('deeplab', PERSON), ('deeplab', BIKE), ('grabcut', PERSON)}
"""Masks that make good cut-outs: GrabCut leaves out windows, and takes in what stands beside."""
CLEAR = 0.05
"""Most that another thing's box may overlap, IoU: what is behind another one lacks a part."""
FOLDER, LIST = 'cutouts', 'cutouts.json'


@dataclass(frozen=True)
class Cutout:
    """
    A thing that was cut out: what stands in cutouts.json.

    foot: column and row in the cut-out where it meets the ground. height: px. picture_height: px,
    of the picture that it is from. foot_y: row of its foot there, share of the height. by: how its
    outline was found. share_alike: whether the licence of its picture asks that of what is made
    from it.
    """

    file: str
    kind: str
    foot: tuple[int, int]
    height: int
    width: int
    picture_height: int
    foot_y: float
    by: str
    score: float
    source: str
    share_alike: bool


def usable(things: Sequence[Thing], index: int, height: int, width: int) -> bool:
    """Tell whether all of a thing is to be seen: no edge of the picture, nothing before it."""
    thing = things[index]
    left, top, right, bottom = thing.box
    inside = left > 2 and top > 2 and right < width - 3 and bottom < height - 3
    if (thing.mask, thing.kind) not in GOOD or thing.score < LEAST_SCORE or not inside:
        return False
    if bottom - top < LEAST_HEIGHT.get(thing.kind, np.inf):
        return False
    others = np.array([each.box for k, each in enumerate(things) if k != index]).reshape(-1, 4)
    return bool((iou(np.array(thing.box), others) < CLEAR).all())


def cut_out(bgr: Array, codes: Array, thing: Thing) -> tuple[Array, tuple[int, int]]:
    """Return BGRA uint8 [h, w, 4] with soft edges, and its foot: column and row."""
    mask = np.zeros(codes.shape, np.uint8)
    inside = box_slices(thing, *codes.shape)
    mask[inside] = codes[inside] == labels.OBSTACLE
    # A pixel off all around: the rim has the background's colour.
    core = largest(cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0)
    alpha = np.where(mask > 0, cv2.GaussianBlur(core.astype(np.float32), (0, 0), 0.8), 0)
    rows, columns = np.nonzero(alpha > 0.05)
    box = np.s_[rows.min():rows.max() + 1, columns.min():columns.max() + 1]
    cut = np.dstack([bgr[box], np.rint(alpha[box] * 255).astype(np.uint8)])
    return cut, _foot(cut[..., 3] > 127)


def _foot(mask: NDArray[np.bool_]) -> tuple[int, int]:
    rows, _ = np.nonzero(mask)
    last = int(rows.max())
    # The lowest twentieth: a single shoe or tyre would be its middle else.
    _, columns = np.nonzero(mask[max(0, last - max(1, mask.shape[0] // 20)):last + 1])
    return round((int(columns.min()) + int(columns.max())) / 2), last


def write_cutouts(folder: Path, picture: Picture, bgr: Array, codes: Array,
                  things: Sequence[Thing]) -> list[Cutout]:
    """Write the usable things of a labelled picture to folder/cutouts; return what they are."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    written = []
    for index, thing in enumerate(things):
        if usable(things, index, *codes.shape):
            cut, foot = cut_out(bgr, codes, thing)
            file = f'{picture.name}_{index}.png'
            cv2.imwrite(str(folder / FOLDER / file), cut)
            written.append(Cutout(
                file, thing.kind, foot, *cut.shape[:2], codes.shape[0],
                round(thing.box[3] / codes.shape[0], 4), thing.mask, thing.score, picture.source,
                picture.share_alike))
    return written


def write_list(folder: Path, cutouts: Sequence[Cutout]) -> None:
    """Write cutouts.json."""
    write_text(folder / FOLDER / LIST, json.dumps([asdict(each) for each in cutouts], indent=0))
