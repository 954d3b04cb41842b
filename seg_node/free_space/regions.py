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
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.actions import blocking_table, ClassRule

Value = TypeVar('Value', bound=np.generic)
_Pixels = tuple[NDArray[np.intp], NDArray[np.integer[Any]]]
"""Where they are in the flat map, and their numbers."""

_NEIGHBOURS = 8
_OWN = 255
"""The highest number that the network gives its instances."""


@dataclass(frozen=True, eq=False)
class Regions:
    """
    The regions of one frame.

    `pixels`, intp [P]: where in the flat map of `size` (height, width) they are, increasing in
    each; `numbers`, intp [P]: which of the K each belongs to, from 0. `boxes`, int32 [K, 4]: left,
    top, right and bottom of each, the last two beyond it. `labels`, uint8 [K]: its class id.
    `small` counts those that were left out because the decision would not take them for an
    obstacle.
    """

    size: tuple[int, int]
    pixels: NDArray[np.intp]
    numbers: NDArray[np.intp]
    boxes: NDArray[np.int32]
    labels: NDArray[np.uint8]
    small: int

    def paint(self, values: NDArray[Value]) -> NDArray[Value]:
        """Return a map [h, w] with the value [K] of its region in each pixel, 0 in no region."""
        painted = np.zeros(self.size, values.dtype)
        painted.reshape(-1)[self.pixels] = values[self.numbers]
        return painted


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
        parts: list[_Pixels] = []
        count = 0
        apart = things
        if instances is not None:
            own = np.flatnonzero(things & (instances > 0))
            parts.append((own, instances.reshape(-1)[own]))
            count = _OWN + 1
            apart = things & (instances == 0)
        rows, begin = _rows(apart)
        present = labels.reshape(-1)[np.flatnonzero(apart)]
        for label in np.flatnonzero(np.bincount(present)).tolist():
            found, numbers = cv2.connectedComponents(
                ((labels[rows] == label) & apart[rows]).view(np.uint8), connectivity=_NEIGHBOURS)
            parts.append(_pixels(numbers, numbers > 0, begin, count))
            count += found
        parts.append(self._islands(labels, things, count))
        return _numbered(*map(np.concatenate, zip(*parts, strict=True)), labels, min_rows)

    def _islands(self, labels: NDArray[np.uint8], things: NDArray[np.bool_], count: int,
                 ) -> _Pixels:
        """Return what stands alone on the way."""
        blocks = cv2.LUT(labels, self._blocks)
        # Beyond these rows all blocks: what reaches their border goes on to that of the picture.
        rows, begin = _rows(blocks == 0)
        # OpenCV's own boxes and sizes of the parts would take several times as long as the parts.
        found, numbers = cv2.connectedComponents(blocks[rows], connectivity=_NEIGHBOURS)
        alone = np.ones(found, np.bool_)
        alone[0] = False
        for not_alone in (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1],
                          numbers.reshape(-1)[np.flatnonzero(things[rows])]):
            alone[not_alone] = False
        return _pixels(numbers, alone[numbers] if alone.any() else alone[:0], begin, count)


def _rows(flags: NDArray[np.bool_]) -> tuple[slice, int]:
    """Return the rows of a map with a flag, all for none, and where they begin in the flat map."""
    _, top, _, height = cv2.boundingRect(flags.view(np.uint8))
    # OpenCV's connectedComponents() ends the process where it is given no pixel.
    return slice(top, top + (height or len(flags))), top * flags.shape[1]


def _pixels(numbers: NDArray[np.int32], taken: NDArray[np.bool_], begin: int, count: int,
            ) -> _Pixels:
    """Return where in the flat map the pixels are that are taken, and what they count as."""
    # In a bool array they are found ten times as fast as in one of numbers.
    pixels = np.flatnonzero(taken)
    return pixels + begin, numbers.reshape(-1)[pixels] + count


def _numbered(pixels: NDArray[np.intp], old: NDArray[np.integer[Any]], labels: NDArray[np.uint8],
              min_rows: int) -> Regions:
    """Return regions with new numbers, without gaps and without those that are too low."""
    height, width = labels.shape
    taken = np.bincount(old, minlength=1) > 0
    count = int(np.count_nonzero(taken))
    # Each number's place among those that are there.
    numbers = (np.cumsum(taken) - 1)[old]
    rows, cols = np.divmod(pixels, width)
    boxes = np.empty((count, 4), np.int32)
    for side, along, size in ((0, cols, width), (1, rows, height)):
        shows = np.zeros((count, size), np.bool_)
        shows[numbers, along] = True
        boxes[:, side] = shows.argmax(axis=1)
        boxes[:, side + 2] = size - shows[:, ::-1].argmax(axis=1)
    classes = np.bincount(numbers * 256 + labels.reshape(-1)[pixels], minlength=count * 256)
    large = boxes[:, 3] - boxes[:, 1] >= min_rows
    if not large.all():
        kept = large[numbers]
        pixels, numbers = pixels[kept], (np.cumsum(large) - 1)[numbers[kept]]
    return Regions(
        (height, width), pixels, numbers, boxes[large],
        classes.reshape(count, 256).argmax(axis=1)[large].astype(np.uint8),
        int(np.count_nonzero(~large)))
