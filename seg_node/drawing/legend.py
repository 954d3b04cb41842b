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

"""A strip that explains the overlay: colours, lines and units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.drawing.colors import bgr, DECISIONS, hex_of, line_color

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.models.manifest import ClassInfo

Color = tuple[int, int, int]

_FONT, _SCALE, _INK = cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40, 40, 40)
_ROW, _MARK, _GAP, _SPACE = 34, 26, 8, 26
"""Pixels: height of a row, width of a mark, space behind it and behind the text."""
_AREA, _LINE = 16, 5


@dataclass(frozen=True)
class Entry:
    """A mark of a colour, BGR, `thick` pixels high, and what it means."""

    text: str
    color: Color
    thick: int = _AREA


def entries(classes: Sequence[ClassInfo], unit: str) -> list[Entry]:
    """
    Return what explains the overlay of a model.

    :param unit: what distances are told in; '' where none are.
    """
    seen = [Entry(info.name, bgr(hex_of(info.color))) for info in classes
            if info.name != 'background' and any(info.color)]
    lines = [Entry(f'corridor: {word.upper()}', line_color(word), _LINE) for word in DECISIONS]
    told = f'; free, needed: {unit}' if unit else ''
    return [*seen, *lines, Entry(f'red bar: the way ends here{told}', line_color('stop'), _LINE)]


def draw_legend(width: int, shown: Sequence[Entry], ground: Color) -> NDArray[np.uint8]:
    """Return an image of that width, uint8 [H, W, 3] BGR, with as many rows as are needed."""
    places: list[tuple[int, int]] = []
    left, row = 0, 0
    for entry in shown:
        wide = _MARK + _GAP + int(cv2.getTextSize(entry.text, _FONT, _SCALE, 1)[0][0])
        if left and left + wide > width:
            left, row = 0, row + 1
        places.append((left, row * _ROW))
        left += wide + _SPACE
    image = np.full(((row + 1) * _ROW, width, 3), ground, np.uint8)
    for entry, (x, y) in zip(shown, places, strict=True):
        top = y + (_ROW - entry.thick) // 2
        cv2.rectangle(image, (x, top), (x + _MARK - 1, top + entry.thick - 1), entry.color, -1)
        cv2.putText(image, entry.text, (x + _MARK + _GAP, y + _ROW // 2 + 6), _FONT, _SCALE,
                    _INK, 1, cv2.LINE_AA)
    return image
