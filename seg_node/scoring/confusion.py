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

"""Which class was taken for which, and the IoU of each."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Confusion:
    """
    Counts of pixels whose class is known; those of several images add up.

    `counts` is int64 [C, C + 1]: rows are the true classes, columns the predicted ones, the last
    column holds predictions of no class at all (unlabelled).
    """

    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, classes: int) -> Confusion:
        """Return the counts of no image."""
        return cls(np.zeros((classes, classes + 1), np.int64))

    @classmethod
    def of(cls, labels: NDArray[np.uint8], codes: NDArray[np.uint8], classes: int) -> Confusion:
        """
        Count one image.

        :param labels: uint8 [H, W], predicted class ids.
        :param codes: uint8 [H, W], of the truth; only class ids count, no partial labels.
        :param classes: how many there are.
        :raises ValueError: when the sizes differ.
        """
        if labels.shape != codes.shape:
            raise ValueError(f'labels: {list(labels.shape)}, the truth is {list(codes.shape)}; '
                             'both must have the same size')
        # In one pass, and what is not known falls behind the last class.
        place = codes.astype(np.int16) * (classes + 1)
        place += np.minimum(labels, classes)
        place[codes >= classes] = classes * (classes + 1)
        flat = np.bincount(place.ravel(), minlength=classes * (classes + 1) + 1)[:-1]
        return cls(flat.reshape(classes, classes + 1).astype(np.int64))

    def __add__(self, other: Confusion) -> Confusion:
        """Count the images of both."""
        return Confusion(self.counts + other.counts)

    @property
    def ious(self) -> NDArray[np.float64]:
        """IoU of each class, float64 [C]; nan for classes neither present nor predicted."""
        square = self.counts[:, :-1]
        both = square.diagonal()
        union = self.counts.sum(axis=1) + square.sum(axis=0) - both
        ious = np.full(len(both), math.nan)
        np.divide(both, union, out=ious, where=union > 0)
        return ious

    @property
    def mean_iou(self) -> float:
        """Mean IoU of the classes present or predicted; nan without any."""
        ious = self.ious
        present = ~np.isnan(ious)
        return float(ious[present].mean()) if present.any() else math.nan
