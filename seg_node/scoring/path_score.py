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

"""How well the path is found: counts of pixels over any number of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.ground_truth import PathTruth


@dataclass(frozen=True)
class PathScore:
    """
    Counts of pixels where the truth is known; those of several images add up.

    `true` pixels are path, `background` ones are not; `predicted` ones were called path, and
    `both` rightly so. A share of nothing is nan: an image without path, of which none was
    called path, has no IoU.
    """

    both: int = 0
    predicted: int = 0
    true: int = 0
    background: int = 0

    @classmethod
    def of(cls, predicted: NDArray[np.bool_], truth: PathTruth) -> PathScore:
        """
        Count one image.

        :param predicted: bool [H, W], pixels called path.
        :raises ValueError: when the sizes differ.
        """
        truth.check_size('predicted path', predicted)
        called = int(np.count_nonzero(predicted & truth.known))
        true = int(np.count_nonzero(truth.path))
        known = int(np.count_nonzero(truth.known))
        return cls(int(np.count_nonzero(predicted & truth.path)), called, true, known - true)

    def __add__(self, other: PathScore) -> PathScore:
        """Count the images of both."""
        return PathScore(self.both + other.both, self.predicted + other.predicted,
                         self.true + other.true, self.background + other.background)

    @property
    def iou(self) -> float:
        """Intersection over union of path."""
        return _share(self.both, self.predicted + self.true - self.both)

    @property
    def precision(self) -> float:
        """Share of what was called path that is path."""
        return _share(self.both, self.predicted)

    @property
    def recall(self) -> float:
        """Share of the path that was called path."""
        return _share(self.both, self.true)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _share(2 * self.both, self.predicted + self.true)

    @property
    def false_path_rate(self) -> float:
        """Share of the background called path."""
        return _share(self.predicted - self.both, self.background)


@dataclass(frozen=True)
class Interval:
    """Where a score lies with a confidence of 95 %."""

    low: float
    high: float


def iou_interval(images: Sequence[PathScore], draws: int = 2000, seed: int = 0) -> Interval:
    """
    Return the 95 % interval of the path IoU over all pixels, by the bootstrap over images.

    Images are drawn with replacement as often as there are, and the 2.5 % and 97.5 % quantiles
    of the IoUs taken (percentile method; Efron and Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13). nan without images or without any path.
    """
    if not images:
        return Interval(math.nan, math.nan)
    counts = np.array([(one.both, one.predicted + one.true - one.both) for one in images])
    weights = np.random.default_rng(seed).multinomial(
        len(images), np.full(len(images), 1 / len(images)), size=draws)
    both, union = (weights @ counts).T
    ious = both[union > 0] / union[union > 0]
    if not ious.size:
        return Interval(math.nan, math.nan)
    low, high = np.quantile(ious, (0.025, 0.975))
    return Interval(float(low), float(high))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
