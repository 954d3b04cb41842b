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

"""What a network gets wrong, done to exact labels; each function writes in place."""

from __future__ import annotations

from dataclasses import dataclass, field
import math

import cv2
import numpy as np

from seg_node.simulation.labels import PATH, SPEED_BUMP
from seg_node.simulation.textures import Image

_SLACK_PX = 64
_STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))
_CERTAIN, _EDGE = 247, 150
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True, eq=False)
class Grain:
    """
    A random pattern from which each frame takes another cut-out.

    share: of the pixels that are set, 0 to 1.
    """

    share: float
    rng: np.random.Generator
    width: int
    height: int
    pattern: Image = field(init=False)

    def __post_init__(self) -> None:
        """Draw the pattern, somewhat larger than an image."""
        drawn = self.rng.random((self.height + _SLACK_PX, self.width + _SLACK_PX), np.float32)
        object.__setattr__(self, 'pattern', (drawn < self.share).astype(np.uint8))

    def cut(self) -> Image:
        """Return another cut-out, uint8 [height, width], 0 where it is not set."""
        top, left = self.rng.integers(0, _SLACK_PX, 2).tolist()
        return self.pattern[top:top + self.height, left:left + self.width]


def roughen(labels: Image, grain: Grain) -> None:
    """Let a share of the pixels take the class of a neighbour, as boundaries do in practice."""
    first = int(grain.rng.integers(len(_STEPS)))
    for step in (_STEPS[first], _STEPS[first ^ 1]):
        here, there = _shifted(step)
        cv2.copyTo(labels[there].copy(), grain.cut()[here], labels[here])


def shrink_path(labels: Image, label: int) -> None:
    """Take a pixel off the drivable ground along all its boundaries and give it to a class."""
    path = ((labels == PATH) | (labels == SPEED_BUMP)).astype(np.uint8)
    labels[(path - cv2.erode(path, _CROSS)).astype(bool)] = label


def grow_path(labels: Image) -> None:
    """Let the path take a pixel from everything that it touches: what is thin disappears."""
    path = (labels == PATH).astype(np.uint8)
    labels[np.asarray(cv2.dilate(path, _CROSS)).astype(bool)] = PATH


def blot(labels: Image, centre: tuple[float, float], radii: tuple[float, float], label: int
         ) -> None:
    """Paint an ellipse in a class: centre (u, v) and radii in pixels."""
    axes = (max(1, round(radii[0])), max(1, round(radii[1])))
    cv2.ellipse(labels, (round(centre[0]), round(centre[1])), axes, 0, 0, 360, label, -1)


def uncover(labels: Image, ground: Image, rng: np.random.Generator, share: float) -> None:
    """
    Remove a share of what stands on the ground: a band of its rows or of its columns.

    labels: with the things, ground: without them; uint8 [H, W] each.
    """
    things = labels != ground
    left, top, width, height = cv2.boundingRect(things.view(np.uint8))
    if width == 0:
        return
    upright = bool(rng.random() < 0.5)
    length = height if upright else width
    band = math.ceil(share * length)
    begin = int(rng.integers(0, length - band + 1)) + (top if upright else left)
    rows = slice(begin, begin + band) if upright else slice(top, top + height)
    cols = slice(left, left + width) if upright else slice(begin, begin + band)
    labels[rows, cols] = ground[rows, cols]


def certainty(labels: Image) -> Image:
    """Return a confidence for labels, uint8 [H, W]: high inside regions, lower at boundaries."""
    confidence: Image = np.full(labels.shape, _CERTAIN, np.uint8)
    confidence[:, 1:][labels[:, 1:] != labels[:, :-1]] = _EDGE
    confidence[1:][labels[1:] != labels[:-1]] = _EDGE
    return confidence


def _shifted(step: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    def cut(move: int) -> tuple[slice, slice]:
        return slice(max(move, 0), min(move, 0) or None), slice(
            max(-move, 0), min(-move, 0) or None)

    (row_to, row_from), (col_to, col_from) = cut(step[0]), cut(step[1])
    return (row_to, col_to), (row_from, col_from)
