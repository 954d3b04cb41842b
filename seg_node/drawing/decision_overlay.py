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
"""The overlay of one decided frame: what was seen, where, and what follows from it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.drawing import overlay
from seg_node.perception.segmenter import Segmentation
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.corridor.ground_corridor import METRES
from seg_node.stop_go.verdict import Verdict


def draw_overlay(bgr: NDArray[np.uint8], segmentation: Segmentation, assessment: Assessment,
                 verdict: Verdict, inference_ms: float) -> NDArray[np.uint8]:
    """
    Return a copy of the image, uint8 [H, W, 3] BGR, with classes, corridor and decision.

    An image of reduced size is enlarged to that of the segmentation.
    """
    width, height = segmentation.width, segmentation.height
    if (bgr.shape[1], bgr.shape[0]) != (width, height):
        bgr = np.asarray(cv2.resize(bgr, (width, height)), np.uint8)
    corridor, measure = assessment.corridor, assessment.measure
    polygon, blocked_line, detail = None, None, ''
    if corridor is not None and measure is not None:
        polygon = corridor.polygon(width, height)
        if measure.blocked:
            line = corridor.row_line(measure.free_distance, width, height)
            blocked_line = (
                (float(line[0, 0]), float(line[0, 1])), (float(line[1, 0]), float(line[1, 1])))
        unit = f' {measure.unit}' if measure.unit == METRES else ''
        detail = (f'clear {measure.free_distance:.2f}{unit}, needed {measure.required:.2f}   '
                  f'coverage {measure.coverage:.0%}   confidence {measure.confidence:.2f}   ')
    return overlay.draw(
        bgr, segmentation.mask, segmentation.model.classes, corridor=polygon,
        blocked_line=blocked_line,
        caption=overlay.Caption(
            verdict.decision.name, verdict.text, f'{detail}inference {inference_ms:.1f} ms'))
