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
Detectors of what stands on a street, under OpenVINO.

Intel's person-vehicle-bike detectors of the Open Model Zoo and MediaPipe's detector of OpenImages
classes, all Apache-2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.labelling.views import Array, Boxes, FAR, FULL, MIRROR, NEAR, View, VIEWS

VEHICLE, PERSON, BIKE, ANIMAL, OTHER = KINDS = ('vehicle', 'person', 'bike', 'animal', 'other')
LOWEST = 0.2
"""Below this score nothing is kept."""
_GRIDS = (19, 10, 5, 3, 2, 1)
_SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)


@dataclass(frozen=True)
class Findings:
    """
    Boxes of one or more detectors.

    boxes: float32 [n, 4], left, top, right, bottom in shares of the picture. kinds: index into
    KINDS, int [n]. scores: float32 [n]. sources: int [n], the same for what one detector saw in
    one view.
    """

    boxes: Boxes
    kinds: NDArray[np.int64]
    scores: NDArray[np.float32]
    sources: NDArray[np.int64]

    @staticmethod
    def joined(parts: list[Findings]) -> Findings:
        """Return the findings of several detectors and views together."""
        return Findings(*(np.concatenate([getattr(part, name) for part in parts])
                          for name in ('boxes', 'kinds', 'scores', 'sources')))


def compiled(model: Path, threads: int) -> Any:
    """Return a network under OpenVINO; raises RuntimeError from it."""
    import openvino
    return openvino.Core().compile_model(str(model), 'CPU', {'INFERENCE_NUM_THREADS': threads})


def planes(bgr: Array, width: int, height: int) -> NDArray[np.float32]:
    """Return float32 [1, 3, height, width] as Intel's networks take it: BGR, not normalised."""
    shrinks = width < bgr.shape[1] and height < bgr.shape[0]
    scaled = cv2.resize(bgr, (width, height),
                        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32)


class Pvb:
    """person-vehicle-bike-detection-2003: right in nearly all that it is half sure of."""

    FILE = 'pvb-2003.xml'
    VIEWS: tuple[View, ...] = (FULL, *NEAR)
    _WIDTH, _HEIGHT = 864, 480
    _KINDS = np.array([KINDS.index(kind) for kind in (VEHICLE, PERSON, BIKE)])

    def __init__(self, teachers: Path, threads: int) -> None:
        self._infer = compiled(teachers / self.FILE, threads)

    def look(self, bgr: Array) -> tuple[Boxes, NDArray[np.int64], NDArray[np.float32]]:
        """Return boxes [n, 4] in shares of the image, kinds and scores."""
        answer = self._infer(planes(bgr, self._WIDTH, self._HEIGHT))
        boxes = answer['boxes'].copy()
        sides = np.array([self._WIDTH, self._HEIGHT] * 2, np.float32)
        return boxes[:, :4] / sides, self._KINDS[answer['labels'].astype(int)], boxes[:, 4]


class SmallPvb(Pvb):
    """person-vehicle-bike-detection-2004: a quarter of the time, for the far and the mirrored."""

    FILE = 'pvb-2004.xml'
    VIEWS = (MIRROR, *FAR)
    _WIDTH, _HEIGHT = 448, 256


class Crossroad:
    """person-vehicle-bike-detection-crossroad-0078: another design, for a second opinion."""

    FILE = 'pvb-crossroad-0078.xml'
    VIEWS = (FULL,)
    _SIDE = 1024
    _KINDS = np.array([KINDS.index(kind) for kind in (OTHER, PERSON, VEHICLE, BIKE)])

    def __init__(self, teachers: Path, threads: int) -> None:
        self._infer = compiled(teachers / self.FILE, threads)

    def look(self, bgr: Array) -> tuple[Boxes, NDArray[np.int64], NDArray[np.float32]]:
        """Return boxes [n, 4] in shares of the image, kinds and scores."""
        rows = self._infer(planes(bgr, self._SIDE, self._SIDE))[0][0, 0]
        rows = rows[rows[:, 0] >= 0]
        return rows[:, 3:].copy(), self._KINDS[rows[:, 1].astype(int)], rows[:, 2]


class OpenImages:
    """MediaPipe's SSD on MobileNetV2: near things of more kinds."""

    FILE = 'object_detection_ssd_mobilenetv2_oidv4_fp16.tflite'
    VIEWS = (FULL, MIRROR)
    _SIDE = 300
    # Of the label file, in its order.
    _KINDS = {1: BIKE, 4: PERSON, 5: OTHER, 6: ANIMAL, 8: ANIMAL, 11: OTHER, 15: OTHER,
              18: VEHICLE, 20: ANIMAL, 23: VEHICLE}

    def __init__(self, teachers: Path, threads: int) -> None:
        self._infer = compiled(teachers / self.FILE, threads)
        self._anchors = all_anchors()

    def look(self, bgr: Array) -> tuple[Boxes, NDArray[np.int64], NDArray[np.float32]]:
        """Return boxes [n, 4] in shares of the image, kinds and scores."""
        rgb = cv2.resize(bgr, (self._SIDE, self._SIDE), interpolation=cv2.INTER_AREA)[..., ::-1]
        answer = self._infer((rgb[None].astype(np.float32) - 127.5) / 127.5)
        codes = answer['raw_outputs/box_encodings'][0]
        logits = answer['raw_outputs/class_predictions'][0]
        listed = np.array(list(self._KINDS))
        best = logits[:, listed].argmax(axis=1)
        scores = 1 / (1 + np.exp(-logits[np.arange(len(logits)), listed[best]]))
        keep = scores >= LOWEST
        middle = codes[:, :2] / 10 * self._anchors[:, 2:] + self._anchors[:, :2]
        sides = np.exp(codes[:, 2:] / 5) * self._anchors[:, 2:]
        # Rows before columns.
        boxes = np.concatenate([middle - sides / 2, middle + sides / 2], axis=1)[:, [1, 0, 3, 2]]
        kinds = np.array([KINDS.index(self._KINDS[int(k)]) for k in listed])[best]
        boxes, kinds, scores = boxes[keep], kinds[keep], scores[keep].astype(np.float32)
        rows = cv2.dnn.NMSBoxesBatched(
            np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).tolist(),
            scores.tolist(), kinds.tolist(), LOWEST, 0.5) if len(boxes) else []
        rows = np.asarray(rows, np.int64).reshape(-1)
        return boxes[rows].astype(np.float32), kinds[rows].astype(np.int64), scores[rows]


def all_anchors() -> NDArray[np.float32]:
    """Return OpenImages' anchors, float32 [1917, 4]: row, column, height, width, in shares."""
    anchors = []
    for layer, cells in enumerate(_GRIDS):
        scale, following = _SCALES[layer], _SCALES[layer + 1]
        if layer == 0:
            shapes = [(1.0, 0.1), (2.0, scale), (0.5, scale)]
        else:
            shapes = [(ratio, scale) for ratio in (1.0, 2.0, 0.5, 3.0, 1 / 3)]
            shapes.append((1.0, float(np.sqrt(scale * following))))
        anchors += [((row + 0.5) / cells, (column + 0.5) / cells,
                     size / np.sqrt(ratio), size * np.sqrt(ratio))
                    for row in range(cells) for column in range(cells)
                    for ratio, size in shapes]
    return np.array(anchors, np.float32)


DETECTORS = (Pvb, Crossroad, OpenImages, SmallPvb)


def source_of(detector: int, view: View) -> int:
    """Return the number of a detector's findings in a view."""
    return detector * len(VIEWS) + VIEWS.index(view)


def detector_of(source: int) -> int:
    """Return the index into DETECTORS."""
    return source // len(VIEWS)


def find(detector: Pvb | Crossroad | OpenImages, index: int, bgr: Array, view: View) -> Findings:
    """Return what a detector finds in a view, but what the view's edges cut."""
    boxes, kinds, scores = detector.look(view.cut(bgr))
    keep = (scores >= LOWEST) & view.whole(boxes)
    boxes = np.clip(view.to_picture(np.clip(boxes[keep], 0, 1)), 0, 1)
    return Findings(boxes, kinds[keep].astype(np.int64), scores[keep].astype(np.float32),
                    np.full(int(keep.sum()), source_of(index, view), np.int64))
