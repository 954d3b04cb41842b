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

"""Connected regions of a label map: objects, and whatever else stands all alone on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.actions import blocking_table, ClassRule

_NEIGHBOURS = 8
_OWN = 255
"""The highest number that the network gives its instances."""


@dataclass(frozen=True, eq=False)
class Regions:
    """
    The regions of one frame, numbered from 1.

    `index`, int32 [h, w]: the region of each pixel, 0 for none. `boxes`, int32 [K, 4]: left, top,
    right and bottom of each, the last two beyond it. `labels`, uint8 [K]: its class id. `small`
    counts those that were left out because the decision would not take them for an obstacle.
    """

    index: NDArray[np.int32]
    boxes: NDArray[np.int32]
    labels: NDArray[np.uint8]
    small: int


class RegionFinder:
    """
    Find the regions of label maps of one model.

    A region is an object where its class is (ClassInfo.is_thing) and blocks the way, wherever it
    is; one of any other class that blocks where path surrounds it and it holds no object.

    :param rules: of the classes, in the same order.
    """

    def __init__(self, classes: Sequence[ClassInfo], rules: Sequence[ClassRule]) -> None:
        blocks = blocking_table(rules)
        things = blocks.copy()
        # What has no class may be anything: it counts where it stands alone on the way.
        things[len(classes):] = False
        things[:len(classes)] &= [info.is_thing for info in classes]
        self._blocks, self._things = blocks.view(np.uint8), things.view(np.uint8)

    def find(self, labels: NDArray[np.uint8], instances: NDArray[np.uint8] | None,
             min_rows: int) -> Regions:
        """
        Return the regions of a frame.

        :param labels: class ids, uint8 [h, w].
        :param instances: the network's own, uint8 [h, w], 0 for none; None where it has none.
            What they leave out is told apart by where it is connected.
        :param min_rows: height in pixels from which on a region counts.
        """
        things = cv2.LUT(labels, self._things).view(np.bool_)
        index = np.zeros(labels.shape, np.int32)
        count = 0
        if instances is not None:
            np.copyto(index, instances, where=things)
            count = _OWN
        present = np.bincount(labels[things], minlength=256)
        for label in np.flatnonzero(present).tolist():
            found, parts = cv2.connectedComponents(
                ((labels == label) & (index == 0)).view(np.uint8), connectivity=_NEIGHBOURS)
            np.add(parts, count, out=index, where=parts > 0)
            count += found - 1
        self._add_islands(index, labels, things, count)
        return _numbered(index, labels, min_rows)

    def _add_islands(self, index: NDArray[np.int32], labels: NDArray[np.uint8],
                     things: NDArray[np.bool_], count: int) -> None:
        height, width = labels.shape
        blocks = cv2.LUT(labels, self._blocks)
        found, parts, stats, _ = cv2.connectedComponentsWithStats(
            blocks, connectivity=_NEIGHBOURS)
        left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
        alone = (left > 0) & (top > 0) & (left + stats[:, cv2.CC_STAT_WIDTH] < width) & (
            top + stats[:, cv2.CC_STAT_HEIGHT] < height)
        alone[0] = False
        alone &= np.bincount(parts[things], minlength=found) == 0
        if alone.any():
            np.add(parts, count, out=index, where=alone[parts])


def _numbered(index: NDArray[np.int32], labels: NDArray[np.uint8], min_rows: int) -> Regions:
    """Return regions with new numbers, without gaps and without those that are too low."""
    height, width = index.shape
    taken = np.bincount(index.ravel())
    taken[0] = 0
    # Each number's place among those that are there.
    places = np.cumsum(taken > 0) - 1
    count = int(places[-1]) + 1
    rows, cols = np.nonzero(index)
    numbers = places[index[rows, cols]]
    boxes = np.empty((count, 4), np.int32)
    for side, along, size in ((0, cols, width), (1, rows, height)):
        shows = np.zeros((count, size), np.bool_)
        shows[numbers, along] = True
        boxes[:, side] = shows.argmax(axis=1)
        boxes[:, side + 2] = size - shows[:, ::-1].argmax(axis=1)
    classes = np.bincount(numbers * 256 + labels[rows, cols], minlength=count * 256)
    large = boxes[:, 3] - boxes[:, 1] >= min_rows
    new = np.where(large, np.cumsum(large), 0).astype(np.int32)
    numbered = np.zeros_like(index)
    numbered[rows, cols] = new[numbers]
    return Regions(
        numbered, boxes[large],
        classes.reshape(count, 256).argmax(axis=1)[large].astype(np.uint8),
        int(np.count_nonzero(~large)))
