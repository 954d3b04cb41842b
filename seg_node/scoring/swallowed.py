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
Which obstacles a network swallows: calls path where they stand.

A vehicle that follows a path drives into what stands there, however well the rest of the picture
is labelled. An obstacle counts as swallowed where at least 30 % of its lowest quarter is called
path: with its foot gone, the distance to it is that to whatever lies behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.ground_truth import is_path

SWALLOWED_FROM = 0.30
"""Share of the lowest quarter called path, from which on an obstacle is swallowed."""
SIZES = ('small', 'medium', 'large')
_MEDIUM, _LARGE = 0.08, 0.25
"""Heights from which on an obstacle is medium or large, as shares of the picture's."""
DISTANCES = ('far', 'middle', 'near')
_MIDDLE, _NEAR = 0.55, 0.75
"""Rows of the foot from which on it is at middle distance or near, as shares of the picture's."""
_OUTLINED = 0.3
"""Share of a box's lowest quarter from which on a mask within it is an outline."""


@dataclass(frozen=True, eq=False)
class Obstacle:
    """
    Something that stands on the road in one picture.

    left, top: of its lowest quarter, px. quarter: bool [h, w], the pixels of it. size, distance:
    of SIZES and DISTANCES.
    """

    kind: str
    size: str
    distance: str
    left: int
    top: int
    quarter: NDArray[np.bool_]

    def share_called(self, predicted: NDArray[np.bool_]) -> float:
        """Return the share of the lowest quarter that is called path; predicted: bool [H, W]."""
        height, width = self.quarter.shape
        window = predicted[self.top:self.top + height, self.left:self.left + width]
        return float(np.count_nonzero(window & self.quarter) / self.quarter.sum())


def box_obstacle(kind: str, box: Sequence[float], height: int, width: int,
                 mask: NDArray[np.bool_]) -> Obstacle | None:
    """
    Return the obstacle in a box; None if its lowest quarter is not in the picture.

    :param box: left, top, right, bottom, px, of a picture of height x width.
    :param mask: bool [H, W], where obstacles are known to be. Where little of the quarter lies in
        it, no outline is known, and the whole quarter counts.
    """
    left, top, right, bottom = box
    x0, x1 = max(0, round(left)), min(width, round(right))
    y0, y1 = max(0, round(bottom - (bottom - top) / 4)), min(height, round(bottom))
    if x0 >= x1 or y0 >= y1:
        return None
    quarter = mask[y0:y1, x0:x1]
    if quarter.mean() < _OUTLINED:
        quarter = np.ones_like(quarter)
    return Obstacle(kind, *_measure(top, bottom, height), x0, y0, quarter)


def mask_obstacles(mask: NDArray[np.bool_], codes: NDArray[np.uint8],
                   drivable_ids: Sequence[int], kind: str, minimum: int = 30) -> list[Obstacle]:
    """
    Return the connected parts of a mask that stand on the road: have path at their lowest quarter.

    :param mask: bool [H, W], obstacles. codes: uint8 [H, W], of the ground truth.
    :param minimum: pixels of an obstacle, below which it is left out.
    """
    height, width = mask.shape
    path = is_path(codes, drivable_ids)
    _, parts, table, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    stats: list[list[int]] = np.asarray(table, int).tolist()
    found = []
    for index, (x, y, w, h, area) in enumerate(stats):
        if index == 0 or area < minimum:
            continue
        top = y + h - max(1, math.ceil(h / 4))
        quarter = parts[top:y + h, x:x + w] == index
        # Path close by at its sides or below it, but for a band that nobody labels exactly.
        margin = max(3, h // 8)
        around = path[top:min(height, y + h + margin), max(0, x - margin):x + w + margin]
        if np.count_nonzero(around) >= max(3, quarter.sum() // 8):
            found.append(Obstacle(kind, *_measure(y, y + h, height), x, top, quarter))
    return found


def _measure(top: float, bottom: float, height: int) -> tuple[str, str]:
    tall, foot = (bottom - top) / height, bottom / height
    return (SIZES[int(tall >= _MEDIUM) + int(tall >= _LARGE)],
            DISTANCES[int(foot >= _MIDDLE) + int(foot >= _NEAR)])


Group = tuple[str, str, str]
GROUPS = ('kind', 'size', 'distance')
"""What a group is told by, in this order."""


@dataclass(frozen=True)
class Swallowed:
    """Counts of obstacles, and of those that were swallowed, by group; several add up."""

    seen: Counter[Group] = field(default_factory=Counter)
    lost: Counter[Group] = field(default_factory=Counter)

    @classmethod
    def of(cls, predicted: NDArray[np.bool_], obstacles: Sequence[Obstacle]) -> Swallowed:
        """
        Count those of one picture.

        :param predicted: bool [H, W], pixels called path, of the size that the obstacles are of.
        """
        groups = [(one.kind, one.size, one.distance) for one in obstacles]
        return cls(Counter(groups), Counter(
            group for group, one in zip(groups, obstacles, strict=True)
            if one.share_called(predicted) >= SWALLOWED_FROM))

    def __add__(self, other: Swallowed) -> Swallowed:
        """Count the pictures of both."""
        return Swallowed(self.seen + other.seen, self.lost + other.lost)

    @property
    def share(self) -> float:
        """Share of the obstacles that were swallowed; nan without any."""
        total = self.seen.total()
        return self.lost.total() / total if total else math.nan

    def by(self, position: int) -> dict[str, tuple[int, int]]:
        """Return swallowed and seen by one of GROUPS, by its number; the names in order."""
        seen: Counter[str] = Counter()
        lost: Counter[str] = Counter()
        for group, count in self.seen.items():
            seen[group[position]] += count
            lost[group[position]] += self.lost[group]
        return {name: (lost[name], seen[name]) for name in sorted(seen)}
