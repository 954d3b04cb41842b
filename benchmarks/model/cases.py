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

"""Images of what a network does best, usually and worst."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.model.contender import Contender
from benchmarks.model.images import Array, Item
from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore

EACH = 3
"""Images of each kind."""
_WIDTH, _HEIGHT, _CAPTION = 426, 240, 24
_RIGHT, _FALSE, _MISSED = (90, 190, 0), (40, 40, 230), (230, 150, 30)     # BGR
_STRENGTH = 0.45


def choose(scores: dict[str, PathScore]) -> dict[str, list[str]]:
    """Return the names of the best, the middle and the worst images by their path IoU."""
    order = sorted((name for name, score in scores.items() if not np.isnan(score.iou)),
                   key=lambda name: (-scores[name].iou, name))
    middle = max(0, (len(order) - EACH) // 2)
    return {'best': order[:EACH], 'typical': order[middle:middle + EACH],
            'worst': order[-EACH:][::-1]}


def write_cases(path: Path, contender: Contender, scores: dict[str, PathScore],
                items: Sequence[Item]) -> None:
    """
    Write a sheet of chosen images, each under its path IoU.

    Green is path rightly found, red background called path, blue path that was missed.
    """
    known = {item.name: item for item in items}
    rows = [[_case(contender, known[name], f'{kind}: {scores[name].iou:.3f}') for name in names]
            for kind, names in choose(scores).items() if len(names) == EACH]
    if rows:
        sheet = np.vstack([np.hstack(row) for row in rows])
        cv2.imwrite(str(path), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])


def _case(contender: Contender, item: Item, caption: str) -> Array:
    bgr, ids = item.read()
    found = contender.segment(bgr).path
    ground_truth = path_truth(item.format.path_codes[ids], ())
    image = bgr.copy()
    for where, color in ((found & ground_truth.path, _RIGHT), (found & ~ground_truth.path, _FALSE),
                         (~found & ground_truth.path, _MISSED)):
        inside = where & ground_truth.known
        image[inside] = (1 - _STRENGTH) * image[inside] + _STRENGTH * np.array(color)
    tile = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), 255, np.uint8)
    # Whole, between bars: a stretched image would hide that its network sees it stretched.
    scale = min(_WIDTH / bgr.shape[1], _HEIGHT / bgr.shape[0])
    size = round(bgr.shape[1] * scale), round(bgr.shape[0] * scale)
    left = (_WIDTH - size[0]) // 2
    tile[_CAPTION:_CAPTION + size[1], left:left + size[0]] = cv2.resize(
        image, size, interpolation=cv2.INTER_AREA)
    cv2.putText(tile, caption, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 50, 40), 1,
                cv2.LINE_AA)
    return tile
