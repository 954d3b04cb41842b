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

"""How well the path is found at every threshold of its confidence, as KITTI's road benchmark."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.calibration import ConfidenceCalibration
from seg_node.scoring.ground_truth import PathTruth
from seg_node.scoring.path_score import PathScore

LEVELS = 512
_PATH = 256
"""The lowest level of a pixel called path."""


def path_levels(predicted: NDArray[np.bool_], confidence: NDArray[np.uint8]) -> NDArray[np.int16]:
    """
    Return how much each pixel looks like path, int16 [H, W], 0 to 511.

    Confidence is that of the decision path or not: what is called path stands above what is not,
    the more certain the higher; what is not, the more certain the lower. With two classes that is
    the order of the network's probability of path.

    :param predicted: bool [H, W], pixels called path.
    :param confidence: uint8 [H, W], 255 = 1.0: the probability that this is right.
    :raises ValueError: when the sizes differ, or confidence is not uint8.
    """
    if confidence.dtype != np.uint8:
        raise ValueError(f'confidence: {confidence.dtype}, must be uint8')
    if confidence.shape != predicted.shape:
        raise ValueError(f'confidence: {list(confidence.shape)}, predicted path is '
                         f'{list(predicted.shape)}; both must have the same size')
    called = predicted.view(np.uint8)
    # 255 - c is c with all bits turned, and 256 + c is c with one bit more.
    levels: NDArray[np.int16] = (confidence ^ (called - np.uint8(1))).astype(np.int16)
    levels |= called.astype(np.int16) << 8
    return levels


@dataclass(frozen=True, eq=False)
class PathCurve:
    """
    Counts of pixels where the truth is known; those of several images add up.

    `counts` is int64 [512, 2]: for each level of :func:`path_levels` the pixels that are not path,
    and those that are. What PathScore and Calibration count follows from them.
    """

    counts: NDArray[np.int64]

    @classmethod
    def empty(cls) -> PathCurve:
        """Return the counts of no image."""
        return cls(np.zeros((LEVELS, 2), np.int64))

    @classmethod
    def of(cls, levels: NDArray[np.int16], truth: PathTruth) -> PathCurve:
        """
        Count one image.

        :param levels: int16 [H, W], of path_levels().
        :raises ValueError: when the sizes differ.
        """
        truth.check_size('levels', levels)
        # Everything in one pass: what is not known falls behind the last level.
        place = levels << 1
        place |= truth.path
        place[~truth.known] = 2 * LEVELS
        flat = np.bincount(place.ravel(), minlength=2 * LEVELS + 1)[:2 * LEVELS]
        return cls(flat.reshape(LEVELS, 2).astype(np.int64))

    def __add__(self, other: PathCurve) -> PathCurve:
        """Count the images of both."""
        return PathCurve(self.counts + other.counts)

    @property
    def score(self) -> PathScore:
        """The counts at the network's own decision."""
        called = self.counts[_PATH:].sum(axis=0)
        background, true = self.counts.sum(axis=0).tolist()
        return PathScore(int(called[1]), int(called.sum()), true, background)

    @property
    def calibration(self) -> ConfidenceCalibration:
        """How often the decision path or not is right, by its confidence."""
        below, above = self.counts[:_PATH][::-1], self.counts[_PATH:]
        wrong, right = below[:, 1] + above[:, 0], below[:, 0] + above[:, 1]
        return ConfidenceCalibration(np.stack([wrong, right], axis=1))

    @property
    def max_f(self) -> float:
        """
        MaxF: the greatest F1 of path over all thresholds; nan without any path.

        Fritsch, Kuehnl and Geiger, A New Performance Measure and Evaluation Benchmark for Road
        Detection Algorithms, ITSC 2013, equation 5: the pixels of all images are counted
        together, and one threshold chosen for all of them. Theirs has 256 steps of a map of 8
        bits, this one a step for every level that occurs.
        """
        true = int(self.counts[:, 1].sum())
        if not true:
            return math.nan
        # From the highest threshold down: what lies at it or above is called path.
        called = np.cumsum(self.counts[::-1].sum(axis=1))
        both = np.cumsum(self.counts[::-1, 1])
        return float((2 * both / (called + true)).max())
