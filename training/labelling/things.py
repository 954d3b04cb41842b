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

import numpy as np
from numpy.typing import NDArray

from training.label_files import Thing
from training.labelling.detectors import detector_of, DETECTORS, Findings, KINDS, OpenImages

SAME = 0.5
"""IoU of two boxes of one thing."""
CERTAIN = ((0.6, 2), (0.4, 3))
"""Scores of Intel's detectors and the detectors and views that must agree, one pair enough."""
DOUBTED = ((0.6, 1), (0.35, 2))
"""The same for a doubt, and of all detectors."""
HUGE = 0.2
"""Share of the picture above which both of Intel's must agree: they see ghosts of that size."""
GHOST = 0.5
"""Share of the picture above which what they do not agree on is not even a doubt."""
_OPEN_IMAGES = DETECTORS.index(OpenImages)


def agree(found: Findings, height: int, width: int) -> list[Thing]:
    """
    Return what stands in a picture, the surest first.

    A thing is certain if views and detectors agree, in doubt if fewer do.
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
    area = (box[2] - box[0]) * (box[3] - box[1])
    if area > HUGE and len(np.unique(detectors[intel])) < 2:
        # What one of Intel's sees may be a car right ahead, or a house.
        if best < DOUBTED[-1][0] or area > GHOST:
            return None
        best = 0.0
    certain = any(best >= least and votes >= several for least, several in CERTAIN)
    if not certain and not any(score >= least and votes >= several
                               for least, several in DOUBTED):
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
