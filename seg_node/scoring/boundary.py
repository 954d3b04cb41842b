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

"""How well the boundary of the path is met."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.ground_truth import PathTruth

TOLERANCE = 0.0075
"""Share of the image's diagonal (Csurka et al., BMVC 2013): 4.4 px at 512x288, 6 at 640x480."""


@dataclass(frozen=True)
class BoundaryScore:
    """
    Counts of boundary pixels; those of several images add up.

    Boundary F1 after Csurka et al., What is a good evaluation measure for semantic segmentation?,
    BMVC 2013, and Perazzi et al., CVPR 2016: a pixel of one boundary is met when a pixel of the
    other lies within the tolerance. Here over the pixels of all images rather than as a mean
    over images, so that an image with a short boundary weighs no more than its pixels.
    """

    predicted: int = 0
    predicted_met: int = 0
    true: int = 0
    true_met: int = 0

    @classmethod
    def of(cls, predicted: NDArray[np.bool_], truth: PathTruth,
           tolerance: float = TOLERANCE) -> BoundaryScore:
        """
        Count one image.

        The boundary is the path's outermost pixels. Where it could be met by a boundary that
        cannot be seen, within the tolerance of UNKNOWN or of the image's edge, it is left out.

        :param predicted: bool [H, W], pixels called path.
        :param tolerance: share of the image's diagonal; one pixel is the minimum.
        :raises ValueError: when the sizes differ.
        """
        truth.check_size('predicted path', predicted)
        reach = max(1.0, tolerance * math.hypot(*predicted.shape))
        judged = ~_within(_framed(~truth.known), reach)[1:-1, 1:-1]
        found = _outline(predicted, np.ones_like(truth.known))
        wanted = _outline(truth.path, truth.known)
        rows = _rows_around(found | wanted, reach)
        found, wanted, judged = found[rows], wanted[rows], judged[rows]
        by_found, by_wanted = _within(found, reach), _within(wanted, reach)
        found, wanted = found & judged, wanted & judged
        return cls(
            int(np.count_nonzero(found)), int(np.count_nonzero(found & by_wanted)),
            int(np.count_nonzero(wanted)), int(np.count_nonzero(wanted & by_found)))

    def __add__(self, other: BoundaryScore) -> BoundaryScore:
        """Count the images of both."""
        return BoundaryScore(
            self.predicted + other.predicted, self.predicted_met + other.predicted_met,
            self.true + other.true, self.true_met + other.true_met)

    @property
    def precision(self) -> float:
        """Share of the predicted boundary that the true one meets; nan without any."""
        return self.predicted_met / self.predicted if self.predicted else math.nan

    @property
    def recall(self) -> float:
        """Share of the true boundary that the predicted one meets; nan without any."""
        return self.true_met / self.true if self.true else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 if only one has a boundary, nan if none."""
        if not self.predicted and not self.true:
            return math.nan
        precision, recall = self.precision, self.recall
        return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _outline(path: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a region with a known neighbour, of four, that is not in it."""
    outside = known & ~path
    edge = np.zeros_like(path)
    edge[1:] |= outside[:-1]
    edge[:-1] |= outside[1:]
    edge[:, 1:] |= outside[:, :-1]
    edge[:, :-1] |= outside[:, 1:]
    return path & edge


def _framed(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.pad(flags, 1, constant_values=True)


def _rows_around(flags: NDArray[np.bool_], reach: float) -> slice:
    """Return the rows that can matter to flagged pixels [H, W]: a path begins at the horizon."""
    rows = np.flatnonzero(flags.any(axis=1))
    if not rows.size:
        return slice(0, 0)
    around = math.ceil(reach)
    return slice(max(0, int(rows[0]) - around), int(rows[-1]) + 1 + around)


def _within(flags: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """
    Return where a flagged pixel [H, W] lies within `reach` pixels, as the crow flies.

    A disc is laid on every flagged pixel, row of the disc after row: several times as quick as a
    transform that finds all distances.
    """
    near = np.zeros(flags.shape, np.uint8)
    source = flags.view(np.uint8)
    if not source.size:
        return near.view(np.bool_)
    for step in range(min(math.floor(reach), flags.shape[0] - 1) + 1):
        half = math.floor(math.sqrt(max(0.0, reach * reach - step * step)))
        row = np.ones((1, 2 * min(half, flags.shape[1]) + 1), np.uint8)
        wide = np.asarray(cv2.dilate(
            source, row, borderType=cv2.BORDER_CONSTANT, borderValue=0), np.uint8)
        for shifted, place in ((wide[step:], near[:len(near) - step]),
                               (wide[:len(wide) - step], near[step:])):
            np.bitwise_or(place, shifted, out=place)
    return near.view(np.bool_)
