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
Draw what the network sees and what was decided into the camera image.

For RViz and videos, not for machines. Colours are BGR. Blending stays in OpenCV's integer
routines, so that an image costs a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.drawing.caption import Caption, draw_caption
from seg_node.perception.labels import color_lut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.models.model import ClassInfo

__all__ = ['Caption', 'Line', 'draw']

Line = tuple[tuple[float, float], tuple[float, float]]
"""Two end points (x, y) in pixels."""

ALPHA = 0.45
"""Share of the class colour in a coloured pixel."""

_DARK = (24, 24, 24)
_NEUTRAL = (255, 255, 255)
# Brighter than the banner's, to stand out from a path that is coloured green itself.
_GO_LINE = (150, 255, 180)
_STOP_LINE = (56, 56, 255)
_LINES = {'GO': _GO_LINE, 'SLOW': (60, 190, 255)}
# Sub-pixel bits of OpenCV's drawing coordinates; without them thin lines jitter in videos.
_SHIFT = 4
# Beyond this, shifted coordinates would leave OpenCV's safe range.
_FAR = 1 << 17


def draw(
    bgr: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    classes: Sequence[ClassInfo],
    *,
    corridor: NDArray[np.floating] | None = None,
    blocked_line: Line | None = None,
    caption: Caption | None = None,
) -> NDArray[np.uint8]:
    """
    Return a copy of bgr uint8 [H, W, 3] with classes, corridor and caption drawn in.

    mask is uint8 [H, W] of class ids; classes named background or coloured black, and ids
    beyond the classes (255, unlabelled), stay uncoloured. corridor is a polygon [K, 2] of
    pixels (x, y), K >= 2, drawn in the decision's colour; blocked_line marks how far the way
    is clear. Lines with coordinates that are not finite are left out. Raises ValueError for
    other shapes or dtypes.
    """
    _check(bgr, mask, corridor)
    if bgr.size == 0:
        return np.array(bgr)
    image = _blend(bgr, mask, classes)
    scale = _line_scale(image)
    if corridor is not None:
        _draw_polygon(image, corridor, _decision_color(caption), scale)
    if blocked_line is not None:
        _draw_blocked_line(image, np.asarray(blocked_line, np.float64), scale)
    if caption is not None:
        draw_caption(image, caption)
    return image


def _check(
    bgr: NDArray[np.uint8], mask: NDArray[np.uint8], corridor: NDArray[np.floating] | None
) -> None:
    if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3:
        raise ValueError(f'image is {bgr.dtype} {list(bgr.shape)}, must be uint8 [H, W, 3]')
    if mask.dtype != np.uint8 or mask.shape != bgr.shape[:2]:
        raise ValueError(
            f'mask is {mask.dtype} {list(mask.shape)}, must be uint8 {list(bgr.shape[:2])}'
        )
    if corridor is not None and (corridor.ndim != 2 or corridor.shape[1] != 2):
        raise ValueError(f'corridor is {list(corridor.shape)}, must be [K, 2]')


def _blend(
    bgr: NDArray[np.uint8], mask: NDArray[np.uint8], classes: Sequence[ClassInfo]
) -> NDArray[np.uint8]:
    colors = color_lut(classes)
    shown = np.zeros(256, np.uint8)
    for index, info in enumerate(classes):
        shown[index] = 255 if info.name != 'background' and any(info.color) else 0
    tinted = cv2.addWeighted(bgr, 1 - ALPHA, cv2.applyColorMap(mask, colors), ALPHA, 0)
    # Writable and contiguous whatever the input is: the lines are drawn into it.
    image = np.array(bgr, order='C')
    cv2.copyTo(tinted, cv2.LUT(mask, shown), image)
    return image


def _line_scale(image: NDArray[np.uint8]) -> float:
    """Return the factor by which lines made for a height of 540 pixels are scaled."""
    return float(image.shape[0] / 540)


def _decision_color(caption: Caption | None) -> tuple[int, int, int]:
    if caption is None:
        return _NEUTRAL
    return _LINES.get(caption.decision, _STOP_LINE)


def _draw_polygon(
    image: NDArray[np.uint8],
    polygon: NDArray[np.floating],
    color: tuple[int, int, int],
    scale: float,
) -> None:
    points = _fixed_point(polygon)
    if points is None or len(points) < 2:
        return
    _stroke(image, points, True, color, 2.5 * scale)


def _draw_blocked_line(
    image: NDArray[np.uint8], line: NDArray[np.float64], scale: float
) -> None:
    points = _fixed_point(line)
    if points is None:
        return
    _stroke(image, points, False, _STOP_LINE, 5 * scale)


def _stroke(
    image: NDArray[np.uint8],
    points: NDArray[np.int32],
    closed: bool,
    color: tuple[int, int, int],
    thickness: float,
) -> None:
    width = max(1, round(thickness))
    if width > 1:
        # A dark rim keeps the line visible on any ground; it would swallow a hairline.
        rim = width + max(2, round(thickness * 0.6))
        cv2.polylines(image, [points], closed, _DARK, rim, cv2.LINE_AA, _SHIFT)
    cv2.polylines(image, [points], closed, color, width, cv2.LINE_AA, _SHIFT)


def _fixed_point(points: NDArray[np.floating]) -> NDArray[np.int32] | None:
    """Return points as OpenCV's fixed-point int32 [K, 1, 2], or None if one is not finite."""
    if not np.isfinite(points).all():
        return None
    scaled = np.rint(np.clip(points, -_FAR, _FAR) * (1 << _SHIFT))
    return cast('NDArray[np.int32]', scaled.astype(np.int32).reshape(-1, 1, 2))
