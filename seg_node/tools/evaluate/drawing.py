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

"""Frames as images of what was seen and decided."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.drawing.caption import Caption
from seg_node.drawing.overlay import draw, draw_decision
from seg_node.perception.labels import resize_labels
from seg_node.perception.segmenter import Segmentation
from seg_node.stop_go.verdict import Verdict
from seg_node.tools.evaluate.judge import Judgement

WIDTH = 640
"""Maximum width of an image, px."""
_QUALITY = 85


def draw_seen(bgr: NDArray[np.uint8], seen: Segmentation, judged: Judgement,
              width: int = WIDTH) -> NDArray[np.uint8]:
    """Return the image with what was seen, BGR uint8, no wider than `width` px."""
    small = _shrunk(bgr, width)
    shown = replace(seen, width=small.shape[1], height=small.shape[0])
    return draw_decision(
        small, shown, judged.assessment, judged.verdict, seen.network * 1e3)


def draw_unseen(bgr: NDArray[np.uint8], verdict: Verdict) -> NDArray[np.uint8]:
    """Return an image that no network has seen, with why that is a STOP, BGR uint8."""
    small = _shrunk(bgr, WIDTH)
    nothing = np.full(small.shape[:2], 255, np.uint8)
    caption = Caption(verdict.decision.name, verdict.text)
    return draw(small, nothing, (), caption=caption)


def draw_with_truth(bgr: NDArray[np.uint8], seen: Segmentation, judged: Judgement,
                    truth: NDArray[np.uint8] | None) -> bytes:
    """
    Return a JPEG: the image with what was seen, right of it the ground truth where there is one.

    :param truth: labels, uint8 [h, w], at any size.
    """
    width = WIDTH if truth is None else WIDTH // 2
    panes = [draw_seen(bgr, seen, judged, width)]
    if truth is not None:
        small = _shrunk(bgr, width)
        true = judged.true
        caption = Caption(true.decision.name, f'truth: {true.text}') if true else None
        panes.append(draw(
            small, resize_labels(truth, (small.shape[1], small.shape[0])), seen.model.classes,
            caption=caption))
    _, jpeg = cv2.imencode('.jpg', np.hstack(panes), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(jpeg.tobytes())


def _shrunk(bgr: NDArray[np.uint8], maximum: int) -> NDArray[np.uint8]:
    height, width = bgr.shape[:2]
    scale = min(1.0, maximum / width)
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
