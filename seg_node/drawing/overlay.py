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
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.drawing.caption import Caption, draw_caption
from seg_node.drawing.colors import bgr as bgr_of
from seg_node.drawing.colors import color_of, line_color
from seg_node.drawing.lines import draw_line
from seg_node.perception.labels import color_lut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.models.model import ClassInfo
    from seg_node.perception.segmenter import Segmentation
    from seg_node.stop_go.assessor import Assessment
    from seg_node.stop_go.second_opinion.opinion import Opinion
    from seg_node.stop_go.verdict import Verdict

ALPHA = 0.45
"""Share of the class colour in a coloured pixel."""

_NEUTRAL = (255, 255, 255)


def draw_decision(bgr: NDArray[np.uint8], segmentation: Segmentation, assessment: Assessment,
                  verdict: Verdict, inference_ms: float) -> NDArray[np.uint8]:
    """
    Return a copy of the image, uint8 [H, W, 3] BGR, with classes, corridor and decision.

    An image of reduced size is enlarged to that of the segmentation.
    """
    width, height = segmentation.width, segmentation.height
    if (bgr.shape[1], bgr.shape[0]) != (width, height):
        bgr = np.asarray(cv2.resize(bgr, (width, height)), np.uint8)
    corridor, measure = assessment.corridor, assessment.measure
    polygon, blocked_line = None, None
    details: tuple[str, ...] = ()
    if corridor is not None and measure is not None:
        polygon = corridor.polygon(width, height)
        if measure.blocked:
            blocked_line = corridor.row_line(measure.free_distance, width, height)
        details = (f'free {measure.free_distance:.2f}, needed {measure.required:.2f} '
                   f'{measure.unit}', f'coverage {measure.coverage:.0%}',
                   f'confidence {measure.confidence:.2f}')
    return draw(
        bgr, segmentation.mask, segmentation.model.classes, corridor=polygon,
        blocked_line=blocked_line, doubted=_doubted(assessment.opinion, width, height),
        caption=Caption(
            verdict.decision.name, verdict.text, (*details, f'inference {inference_ms:.1f} ms')))


def draw(
    bgr: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    classes: Sequence[ClassInfo],
    *,
    corridor: NDArray[np.floating] | None = None,
    blocked_line: NDArray[np.floating] | None = None,
    doubted: Sequence[tuple[NDArray[np.floating], str]] = (),
    caption: Caption | None = None,
) -> NDArray[np.uint8]:
    """
    Return a copy of bgr uint8 [H, W, 3] with classes, corridor and caption drawn in.

    mask is uint8 [H, W] of class ids; classes named background or coloured black, and ids
    beyond the classes (255, unlabelled), stay uncoloured. corridor is a polygon [K, 2] of
    pixels (x, y), K >= 2, drawn in the decision's colour; blocked_line, [2, 2], marks how far
    the way is clear. doubted are outlines [K, 2] of what a second opinion doubts, each with its
    colour (hex). Lines with coordinates that are not finite are left out. Raises
    ValueError for other shapes or dtypes.
    """
    _check(bgr, mask, corridor)
    if bgr.size == 0:
        return np.array(bgr)
    image = _blend(bgr, mask, classes)
    scale = bgr.shape[0] / 540      # the lines are made for a height of 540 pixels
    if corridor is not None:
        color = _NEUTRAL if caption is None else line_color(caption.decision)
        draw_line(image, corridor, True, color, 2.5 * scale)
    if blocked_line is not None:
        draw_line(image, blocked_line, False, line_color('stop'), 5 * scale)
    for outline, doubt in doubted:
        draw_line(image, outline, True, bgr_of(doubt), 3 * scale)
    if caption is not None:
        draw_caption(image, caption)
    return image


def _doubted(opinion: Opinion | None, width: int, height: int,
             ) -> list[tuple[NDArray[np.floating], str]]:
    """Return the outlines of what is doubted, in pixels, with their colours."""
    if opinion is None:
        return []
    found: list[tuple[NDArray[np.floating], str]] = []
    for one in opinion.doubted:
        left, top, right, bottom = one.box
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        found.append((corners * (width, height) - 0.5, color_of(one.reason.value)))
    return found


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
