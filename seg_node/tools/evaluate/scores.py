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

"""Scores against the truth: of one frame, and summed over any number."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.labels import drivable, resize_labels
from seg_node.perception.models.manifest import Model
from seg_node.perception.segmenter import Segmentation
from seg_node.recordings.decoding import DecodedFrame
from seg_node.scoring.birds_eye import BirdsEye
from seg_node.scoring.boundary import BoundaryScore
from seg_node.scoring.confusion import Confusion
from seg_node.scoring.ground_truth import path_truth, PathTruth, UNKNOWN
from seg_node.scoring.path_curve import path_levels, PathCurve
from seg_node.stop_go.camera_view import CameraView, ViewError
from seg_node.stop_go.geometry import View

PATH_OR_NOT = ('not_path', 'path')
"""Classes of the confusion where the truth tells no others."""


@dataclass(frozen=True, eq=False)
class Counts:
    """
    Counts of pixels; those of several frames add up.

    birds_eye counts cells of the ground; None where the camera or its place is not known.
    """

    curve: PathCurve
    boundary: BoundaryScore
    confusion: Confusion
    birds_eye: PathCurve | None = None
    frames: int = 0

    @classmethod
    def empty(cls, classes: int) -> Counts:
        """Return the counts of no frame."""
        return cls(PathCurve.empty(), BoundaryScore(), Confusion.empty(classes))

    def __add__(self, other: Counts) -> Counts:
        """Count the frames of both."""
        seen = [one for one in (self.birds_eye, other.birds_eye) if one is not None]
        return Counts(
            self.curve + other.curve, self.boundary + other.boundary,
            self.confusion + other.confusion, sum(seen, PathCurve.empty()) if seen else None,
            self.frames + other.frames)

    def to_json(self) -> dict[str, Any]:
        """Return what from_json() takes."""
        boundary = self.boundary
        return {
            'frames': self.frames, 'curve': self.curve.counts.tolist(),
            'boundary': [boundary.predicted, boundary.predicted_met, boundary.true,
                         boundary.true_met],
            'confusion': self.confusion.counts.tolist(),
            'birds_eye': None if self.birds_eye is None else self.birds_eye.counts.tolist()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Counts:
        """Read counts."""
        seen = content['birds_eye']
        return cls(
            PathCurve(np.array(content['curve'], np.int64)), BoundaryScore(*content['boundary']),
            Confusion(np.array(content['confusion'], np.int64)),
            None if seen is None else PathCurve(np.array(seen, np.int64)), content['frames'])


@dataclass(frozen=True)
class FrameScore:
    """The scores of one frame; nan where there is nothing to score."""

    path_iou: float
    path_f1: float
    false_path: float
    missed_path: float
    boundary_f1: float
    miou: float
    ece: float

    @classmethod
    def of(cls, counts: Counts) -> FrameScore:
        """Return the scores that counts amount to."""
        path = counts.curve.score
        return cls(path.iou, path.f1, path.false_path_rate, 1 - path.recall, counts.boundary.f1,
                   counts.confusion.mean_iou, counts.curve.calibration.error())


class FrameScorer:
    """
    Score frames at the size of their masks.

    :param has_classes: the truth holds class ids of the model, and not only path or not.
    :param view: of the camera; without one there is no bird's-eye view.
    """

    def __init__(self, model: Model, has_classes: bool, view: CameraView | None) -> None:
        self._model = model
        self._has_classes = has_classes
        self._view = view
        self._birds_eye: tuple[View, tuple[int, int], BirdsEye] | None = None
        self.classes = tuple(info.name for info in model.classes) if has_classes else PATH_OR_NOT

    def score(self, decoded: DecodedFrame, seen: Segmentation, codes: NDArray[np.uint8]) -> Counts:
        """
        Count one frame.

        :param codes: uint8 [H, W] of scoring.truth.
        """
        size = codes.shape[1], codes.shape[0]
        labels = resize_labels(seen.labels, size)
        called = drivable(labels, self._model.classes)
        truth = path_truth(codes, self._model.drivable_ids)
        levels = path_levels(called, resize_labels(seen.confidence, size))
        if self._has_classes:
            confusion = Confusion.of(labels, codes, len(self.classes))
        else:
            known = np.where(truth.known, truth.path.view(np.uint8), UNKNOWN).astype(np.uint8)
            confusion = Confusion.of(called.view(np.uint8), known, 2)
        return Counts(PathCurve.of(levels, truth), BoundaryScore.of(called, truth), confusion,
                      self._from_above(decoded, seen, levels, truth), 1)

    def _from_above(self, decoded: DecodedFrame, seen: Segmentation, levels: NDArray[np.int16],
                    truth: PathTruth) -> PathCurve | None:
        if self._view is None or decoded.info is None:
            return None
        try:
            view = self._view.view(decoded.info, seen.width, seen.height)
        except ViewError:
            return None
        size = levels.shape[1], levels.shape[0]
        if self._birds_eye is None or self._birds_eye[:2] != (view, size):
            self._birds_eye = view, size, BirdsEye(view, *size)
        above = self._birds_eye[2]
        if not above.cells:
            return None
        return PathCurve.of(
            above.of(levels), PathTruth(above.of(truth.path), above.of(truth.known)))


def summary_of(counts: Counts, classes: tuple[str, ...]) -> dict[str, Any]:
    """Return scores, confusion and reliability for summary.json; None where there is nothing."""
    path, confusion = counts.curve.score, counts.confusion
    calibration = counts.curve.calibration
    scores = {
        'path_iou': path.iou, 'path_f1': path.f1, 'path_maxf': counts.curve.max_f,
        'path_maxf_bev': None if counts.birds_eye is None else known(counts.birds_eye.max_f),
        'precision': path.precision, 'recall': path.recall,
        'false_path_rate': path.false_path_rate, 'boundary_f1': counts.boundary.f1,
        'miou': confusion.mean_iou, 'ece': calibration.error()}
    return {
        'scores': {
            **{name: known(value) for name, value in scores.items()},
            'class_iou': {name: known(float(iou)) for name, iou in
                          zip(classes, confusion.ious, strict=True)}},
        # Rows are the true classes, columns the predicted ones.
        'confusion': {'classes': list(classes), 'counts': confusion.counts[:, :-1].tolist(),
                      'unlabelled': confusion.counts[:, -1].tolist()},
        'reliability': {'bins': [
            {'low': one.low, 'high': one.high, 'count': round(one.share * int(
                calibration.counts.sum())), 'confidence': known(one.confidence),
             'accuracy': known(one.accuracy)} for one in calibration.bins()]}}


def known(value: float | None) -> float | None:
    """Return a number for JSON; None where it is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)
