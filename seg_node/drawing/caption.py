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

"""Draw the banner with the decision and its reason at the top of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.drawing.colors import banner_color

if TYPE_CHECKING:
    from numpy.typing import NDArray

Color = tuple[int, int, int]

MIN_SIZE = (96, 48)
"""Width and height of the smallest image with a banner; it is unreadable on smaller ones."""

_PANEL = (28, 24, 22)
_PANEL_ALPHA = 0.72
_WHITE = (255, 255, 255)
_GREY = (208, 208, 208)
_CUT = '...'
_GAP = '   '
_CLAUSE = '; '
_TITLE, _DETAIL = 0.72, 0.57
_SMALLER = 0.7
"""Text that does not fit is drawn smaller, down to this share of its size, before it is cut."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_BOLD = cv2.FONT_HERSHEY_DUPLEX


@dataclass(frozen=True)
class Caption:
    """
    What the banner says: the decision ('GO', 'SLOW' or 'STOP'), its reason, and numbers.

    Anything but 'GO' and 'SLOW' is drawn as a STOP. Of the numbers as many are drawn as fit, none
    of them in part: the first ones matter most.
    """

    decision: str
    title: str
    details: tuple[str, ...] = ()


def draw_caption(image: NDArray[np.uint8], caption: Caption) -> None:
    """Draw the banner into a writable BGR image uint8 [H, W, 3]; nothing if it is tiny."""
    height, width = image.shape[:2]
    if width < MIN_SIZE[0] or height < MIN_SIZE[1]:
        return
    # Sizes follow the height; a narrow image is limited by its width.
    unit = max(14.0, min(height, width * 0.65) / 22)
    margin = round(unit * 0.55)
    box_height = round(unit * 2.5)
    panel = _Box(margin, margin, width - 2 * margin, box_height)
    badge = _Box(margin, margin, min(round(unit * 4.6), panel.width), box_height)
    radius = round(unit * 0.45)
    _fill(image, panel, _PANEL, radius, _PANEL_ALPHA)
    _fill(image, badge, banner_color(caption.decision), radius, 1.0)
    _put_centred(image, caption.decision, badge, unit * 1.0)
    left = badge.left + badge.width + round(unit * 0.6)
    room = panel.left + panel.width - left - round(unit * 0.5)
    title = _whole(tuple(caption.title.split(_CLAUSE)), _CLAUSE, unit * _TITLE, room) or (
        caption.title)
    if caption.details:
        upper, lower = panel.top + box_height * 0.44, panel.top + box_height * 0.84
        _put(image, title, (left, upper), unit * _TITLE, _WHITE, room)
        _put(image, _whole(caption.details, _GAP, unit * _DETAIL, room), (left, lower),
             unit * _DETAIL, _GREY, room)
    else:
        middle = panel.top + box_height / 2 + unit * 0.36
        _put(image, title, (left, middle), unit * _TITLE, _WHITE, room)


@dataclass(frozen=True)
class _Box:
    left: int
    top: int
    width: int
    height: int


def _fill(
    image: NDArray[np.uint8], box: _Box, color: Color, radius: int, alpha: float
) -> None:
    """Fill a box with round corners, blended with what is below."""
    area = image[box.top:box.top + box.height, box.left:box.left + box.width]
    shape = np.zeros(area.shape[:2], np.uint8)
    right, bottom = area.shape[1] - 1, area.shape[0] - 1
    radius = min(radius, right // 2, bottom // 2)
    cv2.rectangle(shape, (radius, 0), (right - radius, bottom), 255, -1)
    cv2.rectangle(shape, (0, radius), (right, bottom - radius), 255, -1)
    for x in (radius, right - radius):
        for y in (radius, bottom - radius):
            cv2.circle(shape, (x, y), radius, 255, -1, cv2.LINE_AA)
    weight = cv2.merge([cv2.convertScaleAbs(shape, alpha=alpha)] * 3)
    below = cv2.multiply(area, cv2.bitwise_not(weight), scale=1 / 255)
    paint = cv2.multiply(np.full_like(area, color), weight, scale=1 / 255)
    area[:] = cv2.add(below, paint)


def _put_centred(
    image: NDArray[np.uint8], text: str, box: _Box, cap_height: float
) -> None:
    text, scale, thickness = _fit(text, _BOLD, cap_height, round(box.width * 0.84))
    width = cv2.getTextSize(text, _BOLD, scale, thickness)[0][0]
    x = box.left + (box.width - width) // 2
    y = box.top + (box.height + round(cap_height)) // 2
    cv2.putText(image, text, (x, y), _BOLD, scale, _WHITE, thickness, cv2.LINE_AA)


def _put(
    image: NDArray[np.uint8],
    text: str,
    origin: tuple[float, float],
    cap_height: float,
    color: Color,
    room: int,
) -> None:
    text, scale, thickness = _fit(text, _FONT, cap_height, room)
    if text:
        place = (round(origin[0]), round(origin[1]))
        cv2.putText(image, text, place, _FONT, scale, color, thickness, cv2.LINE_AA)


def _whole(parts: tuple[str, ...], gap: str, cap_height: float, room: int) -> str:
    """Return the first parts, as many as fit into the room in pixels, if need be smaller."""
    kept = parts
    while kept and _is_cut(_fit(gap.join(kept), _FONT, cap_height, room)[0]):
        kept = kept[:-1]
    return gap.join(kept)


def _is_cut(fitted: str) -> bool:
    return not fitted or fitted.endswith(_CUT)


def _fit(text: str, font: int, cap_height: float, room: int) -> tuple[str, float, int]:
    """Return text shortened to the room in pixels, font scale, and stroke thickness."""
    # The built-in fonts hold ASCII only.
    text = text.encode('ascii', 'replace').decode()
    text = ''.join(letter if letter.isprintable() else ' ' for letter in text).strip()
    thickness = max(1, round(cap_height / 10))
    scale = cv2.getFontScaleFromHeight(font, max(1, round(cap_height)), thickness)
    width = cv2.getTextSize(text, font, scale, thickness)[0][0]
    scale *= min(1.0, max(_SMALLER, (room - 1) / max(1, width)))
    short = text
    while short and cv2.getTextSize(short, font, scale, thickness)[0][0] > room:
        text = text[:-1].rstrip()
        short = text + _CUT if text else ''
    return short, scale, thickness
