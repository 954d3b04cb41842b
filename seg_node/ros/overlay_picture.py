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

import numpy as np
from numpy.typing import NDArray

from seg_node.perception import overlay
from seg_node.perception.segmenter import Segmentation
from seg_node.stop_go.corridor import Corridor, CorridorMeasure
from seg_node.stop_go.verdict import Verdict


def draw_overlay(bgr: NDArray[np.uint8], segmentation: Segmentation, corridor: Corridor,
                 measure: CorridorMeasure, verdict: Verdict,
                 inference_ms: float) -> NDArray[np.uint8]:
    """Return a copy of the picture, uint8 [H, W, 3] BGR, with classes, corridor and decision."""
    width, height = segmentation.width, segmentation.height
    line = corridor.row_line(measure.clear_distance, width, height)
    blocked_line = ((float(line[0, 0]), float(line[0, 1])), (float(line[1, 0]), float(line[1, 1])))
    detail = (f'clear {measure.clear_distance:.2f}   coverage {measure.coverage:.0%}   '
              f'confidence {measure.confidence:.2f}   inference {inference_ms:.1f} ms')
    return overlay.draw(
        bgr, segmentation.mask, segmentation.model.classes,
        corridor=corridor.polygon(width, height),
        blocked_line=blocked_line if measure.blocked else None,
        caption=overlay.Caption(verdict.decision.name, verdict.text, detail))
