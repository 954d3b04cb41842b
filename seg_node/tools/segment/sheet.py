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

"""An image and what each method made of it, as labelled tiles."""

from __future__ import annotations

from collections.abc import Sequence
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.drawing.overlay import draw
from seg_node.scoring.ground_truth import PathTruth
from seg_node.tools.segment.methods import Answer

Image = NDArray[np.uint8]

TILE_WIDTH = 360
_CAPTION, _MARGIN = 30, 6
_PAPER, _INK, _FAINT = (250, 250, 250), (30, 30, 30), (110, 110, 110)
_TRUTH = (0, 220, 255)
"""BGR; the outline of the ground truth in every tile."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_sheet(bgr: Image, truth: PathTruth | None, answers: Sequence[Answer],
               tile_width: int = TILE_WIDTH) -> Image:
    """
    Return the image and each answer as tiles, BGR uint8 [h, w, 3], of even width and height.

    :param bgr: uint8 [H, W, 3].
    :param truth: drawn as an outline.
    """
    height = max(1, round(bgr.shape[0] * tile_width / bgr.shape[1]))
    size = (tile_width, height)
    small = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    outline = () if truth is None else _outline(truth, size)
    tiles = [_tile(small, 'image', '' if truth is None else 'yellow: ground truth', outline)]
    for answer in answers:
        seen = answer.seen.at(*size)
        facts = f'{answer.milliseconds:.1f} ms'
        if answer.iou is not None and not math.isnan(answer.iou):
            facts = f'IoU {answer.iou:.2f}   {facts}'
        tiles.append(_tile(draw(small, seen.mask, seen.model.classes), answer.name, facts,
                           outline))
    return _arranged(tiles)


def _outline(truth: PathTruth, size: tuple[int, int]) -> Sequence[NDArray[np.int32]]:
    mask = cv2.resize(truth.path.view(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return [np.asarray(each, np.int32) for each in contours]


def _tile(image: Image, name: str, facts: str, outline: Sequence[NDArray[np.int32]]) -> Image:
    height, width = image.shape[:2]
    tile = np.full((height + _CAPTION, width, 3), _PAPER, np.uint8)
    tile[:height] = image
    cv2.polylines(tile[:height], outline, True, _TRUTH, 1, cv2.LINE_AA)
    baseline = height + 20
    shown = name.encode('ascii', 'replace').decode()
    cv2.putText(tile, shown, (4, baseline), _FONT, 0.5, _INK, 1, cv2.LINE_AA)
    room = width - 4 - cv2.getTextSize(facts, _FONT, 0.45, 1)[0][0]
    cv2.putText(tile, facts, (room, baseline), _FONT, 0.45, _FAINT, 1, cv2.LINE_AA)
    return tile


def _arranged(tiles: Sequence[Image]) -> Image:
    height, width = tiles[0].shape[:2]
    columns = min(len(tiles), max(2, math.ceil(math.sqrt(len(tiles)))))
    rows = math.ceil(len(tiles) / columns)
    whole = (rows * (height + _MARGIN) + _MARGIN, columns * (width + _MARGIN) + _MARGIN)
    # Encoders of films want even sizes.
    sheet = np.full((*(side + side % 2 for side in whole), 3), _PAPER, np.uint8)
    for place, tile in enumerate(tiles):
        top = _MARGIN + place // columns * (height + _MARGIN)
        left = _MARGIN + place % columns * (width + _MARGIN)
        sheet[top:top + height, left:left + width] = tile
    return sheet
