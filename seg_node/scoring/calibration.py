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

"""Whether confidence means what it says: how often the decision path or not is right at each."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.ground_truth import PathTruth

BINS = 15
"""As in Guo et al., On Calibration of Modern Neural Networks, ICML 2017."""


@dataclass(frozen=True)
class Bin:
    """
    The pixels whose confidence lies above `low` and up to `high`; the first bin includes 0.

    `confidence` is their mean, `accuracy` the share of them that is right, `share` theirs of all
    pixels; the first two are nan for none.
    """

    low: float
    high: float
    confidence: float
    accuracy: float
    share: float


@dataclass(frozen=True, eq=False)
class ConfidenceCalibration:
    """
    Counts of pixels where the truth is known; those of several images add up.

    `counts` is int64 [256, 2]: for each value of the confidence the pixels where calling it path
    or not was wrong, and where it was right.
    """

    counts: NDArray[np.int64]

    @classmethod
    def empty(cls) -> ConfidenceCalibration:
        """Return the counts of no image."""
        return cls(np.zeros((256, 2), np.int64))

    @classmethod
    def of(cls, predicted: NDArray[np.bool_], confidence: NDArray[np.uint8],
           truth: PathTruth) -> ConfidenceCalibration:
        """
        Count one image.

        :param predicted: bool [H, W], pixels called path.
        :param confidence: uint8 [H, W], 255 = 1.0: the probability that this is right.
        :raises ValueError: when the sizes differ, or confidence is not uint8.
        """
        truth.check_size('predicted path', predicted)
        truth.check_size('confidence', confidence)
        if confidence.dtype != np.uint8:
            raise ValueError(f'confidence: {confidence.dtype}, must be uint8')
        right = predicted[truth.known] == truth.path[truth.known]
        flat = np.bincount(
            confidence[truth.known].astype(np.intp) * 2 + right, minlength=512)
        return cls(flat.reshape(256, 2))

    def __add__(self, other: ConfidenceCalibration) -> ConfidenceCalibration:
        """Count the images of both."""
        return ConfidenceCalibration(self.counts + other.counts)

    def bins(self, count: int = BINS) -> list[Bin]:
        """Return equal-width bins for a reliability diagram, lowest confidence first."""
        value = np.arange(256)
        # In whole numbers: the edges of 15 bins are multiples of 17, exactly.
        place = np.maximum((value * count + 254) // 255 - 1, 0)
        right, pixels = self.counts[:, 1], self.counts.sum(axis=1)
        total = int(pixels.sum())
        found = []
        for index in range(count):
            inside = place == index
            here = int(pixels[inside].sum())
            found.append(Bin(
                index / count, (index + 1) / count,
                float((pixels * value)[inside].sum()) / 255 / here if here else math.nan,
                float(right[inside].sum()) / here if here else math.nan,
                here / total if total else 0.0))
        return found

    def error(self, count: int = BINS) -> float:
        """
        Return the expected calibration error of equal-width bins (Guo et al. 2017), 0 to 1.

        The mean over pixels of the distance of accuracy and mean confidence of their bin; nan
        without pixels.
        """
        if not self.counts.any():
            return math.nan
        return sum(one.share * abs(one.accuracy - one.confidence)
                   for one in self.bins(count) if one.share > 0)
