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
"""Outlines of things inside their boxes: DeepLab's where they are tight, else GrabCut's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.label_files import Thing
from training.labelling.detectors import ANIMAL, BIKE, OTHER, PERSON, VEHICLE
from training.labelling.sight import MARGIN, Sight
from training.labelling.views import Array, VIEWS

SHAPES = {VEHICLE: (6, 7, 14, 19), PERSON: (15,), BIKE: (2, 14, 15),
          ANIMAL: (3, 8, 10, 12, 13, 17), OTHER: (5, 9, 11, 16, 18)}
"""Pascal VOC's classes of the kinds; who rides a bike belongs to it."""
FILL = {VEHICLE: 0.5, PERSON: 0.35, BIKE: 0.3, ANIMAL: 0.35, OTHER: 0.3}
"""Least share of its box that a thing fills."""
MOST = 0.93
"""No thing fills more of its box."""
TIGHT = 0.75
"""Least IoU of a box and the box around its mask."""
_GRAB_SIDE = 128
_ROUNDS = 3


@dataclass(frozen=True)
class Outline:
    """How a mask, bool [H, W] of the whole picture, was found."""

    mask: NDArray[np.bool_]
    by: str


def outline(bgr: Array, sight: Sight, thing: Thing) -> Outline | None:
    """Return the outline of a thing, or nothing where none is tight."""
    height, width = bgr.shape[:2]
    shape = _deeplab(sight, thing, height, width)
    if shape is not None and is_tight(shape, thing):
        return Outline(shape, 'deeplab')
    seen = _network(sight, thing, height, width)
    if is_tight(seen, thing):
        return Outline(seen, 'network')
    if thing.kind == BIKE:
        return None     # spokes and gaps: GrabCut takes the ground between them for the bike
    grabbed = _grabcut(bgr, thing, seen if shape is None else seen | shape)
    if grabbed is not None and is_tight(grabbed, thing):
        return Outline(grabbed, 'grabcut')
    return None


def is_tight(mask: NDArray[np.bool_], thing: Thing) -> bool:
    """Tell whether a mask fits its box: fills it as such things do, and reaches its sides."""
    rows, columns = np.nonzero(mask)
    left, top, right, bottom = thing.box
    area = (right - left) * (bottom - top)
    if not len(rows) or not FILL[thing.kind] <= len(rows) / max(area, 1) <= MOST:
        return False
    around = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
    sides = np.minimum(around[2:], (right, bottom)) - np.maximum(around[:2], (left, top))
    common = float(np.clip(sides, 0, None).prod())
    own = float((around[2:] - around[:2]).prod())
    # Wherever else it lacks something, its feet must be there.
    feet = around[3] >= bottom - 0.08 * (bottom - top) - 1
    return bool(feet and common / (area + own - common) >= TIGHT)


def box_slices(thing: Thing, height: int, width: int) -> tuple[slice, slice]:
    """Return rows and columns of a thing's box."""
    left, top, right, bottom = thing.box
    return (slice(max(0, round(top)), min(height, round(bottom))),
            slice(max(0, round(left)), min(width, round(right))))


def _deeplab(sight: Sight, thing: Thing, height: int, width: int) -> NDArray[np.bool_] | None:
    """Return the thing's part of what DeepLab saw in the closest view of all of it."""
    box = np.array(thing.box) / (width, height, width, height)
    views = [index for index in sight.shapes if VIEWS[index].contains(box, MARGIN)]
    if not views:
        return None
    index = min(views, key=lambda k: VIEWS[k].area)
    left, top, right, bottom = VIEWS[index].rectangle(height, width)
    like = np.isin(sight.shapes[index], SHAPES[thing.kind]).astype(np.float32)
    part = cv2.resize(like, (right - left, bottom - top), interpolation=cv2.INTER_AREA) > 0.5
    mask = np.zeros((height, width), np.bool_)
    inside = box_slices(thing, height, width)
    mask[top:bottom, left:right] = part
    only = np.zeros_like(mask)
    only[inside] = mask[inside]
    return largest(only)


def _network(sight: Sight, thing: Thing, height: int, width: int) -> NDArray[np.bool_]:
    """Return the thing's part of what a network of all classes takes for an obstacle."""
    like = cv2.resize(sight.classes[labels.OBSTACLE], (width, height)) > 127
    inside = box_slices(thing, height, width)
    mask = np.zeros((height, width), np.bool_)
    mask[inside] = like[inside]
    return largest(mask)


def _grabcut(bgr: Array, thing: Thing, seed: NDArray[np.bool_],
             ) -> NDArray[np.bool_] | None:
    """Return what GrabCut separates from the surroundings of the box."""
    height, width = bgr.shape[:2]
    left, top, right, bottom = thing.box
    margin = 0.25 * max(right - left, bottom - top)
    x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
    x1, y1 = min(width, int(right + margin)), min(height, int(bottom + margin))
    scale = min(1.0, _GRAB_SIDE / max(x1 - x0, y1 - y0))
    if min(right - left, bottom - top) * scale < 8:
        return None
    small = cv2.resize(bgr[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    state = np.full((rows, columns), cv2.GC_BGD, np.uint8)
    a, b = round((left - x0) * scale), round((top - y0) * scale)
    c, d = round((right - x0) * scale), round((bottom - y0) * scale)
    state[b:d, a:c] = cv2.GC_PR_FGD
    core_x, core_y = round(0.3 * (c - a)), round(0.3 * (d - b))
    state[b + core_y:d - core_y, a + core_x:c - core_x] = cv2.GC_FGD
    part = cv2.resize(seed[y0:y1, x0:x1].astype(np.uint8), (columns, rows),
                      interpolation=cv2.INTER_NEAREST) > 0
    state[part & (state != cv2.GC_BGD)] = cv2.GC_FGD
    if not (state == cv2.GC_BGD).any():
        return None
    cv2.setRNGSeed(1)
    cv2.grabCut(small, state, None, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS,
                cv2.GC_INIT_WITH_MASK)
    found = np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    mask = np.zeros((height, width), np.bool_)
    mask[y0:y1, x0:x1] = cv2.resize(found * 255, (x1 - x0, y1 - y0)) > 127
    return largest(mask)


def largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected part of a mask, its holes filled."""
    number, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if number < 2:
        return mask
    part = (parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(part, outlines, -1, 1, cv2.FILLED)
    return part > 0
