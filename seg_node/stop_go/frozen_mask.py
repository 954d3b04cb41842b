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

"""A network that says the same of whatever it sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.segmented_image import SegmentedImage
from seg_node.stop_go.verdict import Finding, Reason

_GRADES = 16
"""Values of confidence from which on two answers that agree in every pixel are no chance."""


class FrozenMask:
    """
    Watch the answers of one network, in their order.

    Images of a camera differ by their noise at least, and so does what a network makes of them:
    each pixel's confidence has 256 values. Where a network knows only a few, nothing is told.
    """

    def __init__(self) -> None:
        self._labels: NDArray[np.uint8] | None = None
        self._confidence: NDArray[np.uint8] | None = None
        self._repeats = 0

    def judge(self, image: SegmentedImage, limit: int) -> tuple[Finding, ...]:
        """
        Take the answer to the next image, and find that it does not change.

        An image that is itself the one before, or was not looked at, neither counts nor clears.

        :param limit: how many images may get the answer of the one before; 0: any number.
        """
        if image.inspection is None or image.inspection.repeated:
            return ()
        labels, confidence = image.labels, image.confidence
        same = (self._labels is not None and self._confidence is not None
                and np.array_equal(confidence, self._confidence)
                and np.array_equal(labels, self._labels)
                and np.count_nonzero(np.bincount(confidence.ravel(), minlength=256)) >= _GRADES)
        if not same:
            # Copies: a backend may write its next answer into the same memory.
            self._labels, self._confidence, self._repeats = labels.copy(), confidence.copy(), 0
            return ()
        self._repeats += 1
        if not limit or self._repeats <= limit:
            return ()
        return (Finding(
            Reason.MASK_FROZEN, f'the network has said exactly the same of {self._repeats} more '
            f'images that differ, limit {limit}', self._repeats, limit),)
