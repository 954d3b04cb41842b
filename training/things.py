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
"""Agree on what stands in a picture: findings of several detectors and views become things."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.detectors import detector_of, Findings, KINDS, OpenImages, DETECTORS
from training.label_files import Thing

SAME = 0.5
"""IoU of two boxes of one thing."""
ALONE = 0.6
"""A score of one of Intel's detectors that needs no second opinion."""
TOGETHER = 0.35
"""A score that is enough when another detector, or another view, says the same."""
DOUBTED = 0.45
"""A score that is a doubt by itself; with a second opinion TOGETHER is."""
HUGE = 0.5
"""Share of the picture above which a box needs two detectors: they see ghosts of that size."""
_OPEN_IMAGES = DETECTORS.index(OpenImages)


def agree(found: Findings, height: int, width: int) -> list[Thing]:
    """
    Return what stands in a picture, the surest first.

    A thing is certain if one of Intel's detectors is sure, or fairly sure with a second opinion.
    What only one of them is fairly sure of, or only the detector of near things, is in doubt.
    """
    things = []
    open_rows = np.argsort(-found.scores)
    while len(open_rows):
        first = open_rows[0]
        overlap = iou(found.boxes[first], found.boxes[open_rows])
        same = (overlap >= SAME) & (found.kinds[open_rows] == found.kinds[first])
        same[0] = True
        # Another kind on the same place is a second opinion of what is there, not a second thing.
        gone = same | (overlap >= 0.8)
        thing = _thing(found, open_rows[same], height, width)
        if thing is not None:
            things.append(thing)
        open_rows = open_rows[~gone]
    return things


def _thing(found: Findings, rows: NDArray[np.int64], height: int, width: int) -> Thing | None:
    sources = found.sources[rows]
    detectors = np.array([detector_of(int(source)) for source in sources])
    intel = detectors != _OPEN_IMAGES
    # The box of the surest is not the tightest: the mean is, weighed by the scores.
    weights = found.scores[rows] * np.where(intel, 1.0, 0.3)
    box = (found.boxes[rows] * weights[:, None]).sum(0) / weights.sum()
    votes = len(np.unique(sources))
    best = float(found.scores[rows][intel].max(initial=0))
    score = float(found.scores[rows].max())
    area = float((box[2] - box[0]) * (box[3] - box[1]))
    several = len(np.unique(detectors)) > 1
    if area > HUGE and not several:
        return None
    certain = best >= ALONE or (best >= TOGETHER and votes >= 2)
    if not certain and score < (TOGETHER if votes >= 2 else DOUBTED):
        return None
    return Thing(KINDS[int(found.kinds[rows[0]])],
                 tuple(round(float(v), 1) for v in box * (width, height, width, height)),
                 round(score, 3), votes, certain)


def iou(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the intersection over union of a box [4] with boxes [n, 4]."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - common
    return common / np.maximum(union, 1e-9)


def kept(things: Sequence[Thing]) -> list[Thing]:
    """Return the certain things."""
    return [thing for thing in things if thing.certain]
