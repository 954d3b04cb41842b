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
What the techniques found together, with a confidence.

Each pixel gets the log-odds of being path: a weighted sum of what each technique says there, of
what most of them say around, of how like the seed it is, and of its place in the image. The
weights are a logistic regression on labelled images (training/classical.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends.classical import fitted
from seg_node.perception.backends.classical.techniques import TECHNIQUES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

    Real = NDArray[np.float32]

CUES = (*(technique.name for technique in TECHNIQUES), 'consensus', 'difference', 'likelihood',
        'one', 'v', 'vv', 'u', 'uu', 'uv', 'uuv', 'uvv')
"""What the weights belong to; v is the row from the top, u the distance from the middle column."""
SPEAKS = (0.03, 0.9)
"""A technique that finds less or more of the image than that says nothing."""
SUPPORT = (0.35, 0.65)
"""
Share of the path's border that lies on edges: up to the first nothing is known, from the second
on all counts. Blank, dark and noisy images reach 0.05, skies and blotches 0.3, the middle half of
the validation images with roads 0.66 to 1.
"""
_TOP_ROWS, _MAX_TOP_SHARE = 0.03, 0.08
"""
Height at the upper edge, as a share of the image, and the share of it that may be path: ground
ends below the horizon, and what goes on to the upper edge is a wall, or seen by a camera that
looks down so steeply that nothing tells the two apart.
"""
_AROUND = (15, 15)
_MIN_BORDER = 20
_EVEN_MARGIN = 6.0
"""Levels by which an edge must exceed what the ground itself shows."""
UNDECIDED = 128
"""The confidence where nothing speaks for one label or the other."""


def decide(image: SeededImage, found: Sequence[Plane]) -> tuple[Plane, Plane]:
    """
    Return labels (1 path, 0 not) and confidence (255 = 1.0), uint8 [h, w] both.

    Only path that is connected with the ground in front of the vehicle counts. Where its border is
    not seen in the image, so that it could as well lie anywhere, or it goes on to the upper edge,
    nothing is path.

    :param found: what each of TECHNIQUES found.
    """
    odds = log_odds(cues(image, found))
    path = (odds > 0).view(np.uint8)
    labels = image.grown(path)
    sure = certainty(image, labels)
    if sure == 0.0:
        return np.zeros_like(path), np.full_like(path, UNDECIDED)
    odds *= fitted.SHARPNESS * sure
    # Against the label where what was found is not reached.
    np.negative(odds, out=odds, where=labels == 0)
    return labels, np.rint(255 / (1 + np.exp(-odds))).astype(np.uint8)


def cues(image: SeededImage, found: Sequence[Plane]) -> Real:
    """Return what the log-odds are made of, float32 [CUES, h, w]."""
    planes = np.empty((len(CUES), image.height, image.width), np.float32)
    count = len(found)
    low, high = SPEAKS
    for plane, mask in zip(planes, found, strict=False):
        if low < cv2.countNonZero(mask) / mask.size < high:
            np.subtract(mask * np.float32(2), 1, out=plane)
        else:
            plane[...] = 0
    cv2.blur(planes[:count].mean(axis=0), _AROUND, dst=planes[count])
    np.minimum(image.difference, 80, out=planes[count + 1], casting='unsafe')
    planes[count + 1] /= 40
    planes[count + 2] = np.log(image.likelihood + np.float32(0.02))[image.invariant] / 4
    planes[count + 3:] = _place(image.height, image.width)
    return planes


def log_odds(planes: Real) -> Real:
    """Return the log-odds of path, float32 [h, w], by cues float32 [CUES, h, w]."""
    # Not by BLAS, whose threads would wait for each other on a busy machine.
    return cast('Real', np.einsum('k,khw->hw', fitted.WEIGHTS, planes))


def certainty(image: SeededImage, path: Plane) -> float:
    """Return how far the path, uint8 [h, w] of 0 and 1, can be believed in: from 0 to 1."""
    top = path[:round(_TOP_ROWS * image.height)]
    if np.count_nonzero(top) > _MAX_TOP_SHARE * top.size:
        return 0.0
    return float(np.interp(border_support(image, path), SUPPORT, (0.0, 1.0)))


def border_support(image: SeededImage, path: Plane) -> float:
    """
    Return the share of the path's border that lies on an edge of the image, 0 to 1.

    An edge is steeper than three quarters of the ground that it would bound. 0 without a border.

    :param path: uint8 [h, w] of 0 and 1.
    """
    border = cv2.morphologyEx(path, cv2.MORPH_GRADIENT, _CELL).view(np.bool_)
    inside = cv2.erode(path, _INSIDE).view(np.bool_)
    border[:3] = border[-3:] = inside[:3] = inside[-3:] = False
    border[:, :3] = border[:, -3:] = inside[:, :3] = inside[:, -3:] = False
    if min(np.count_nonzero(border), np.count_nonzero(inside)) < _MIN_BORDER:
        return 0.0
    steep = image.steepness
    limit = 1.3 * float(np.quantile(steep[inside], 0.75)) + _EVEN_MARGIN
    return float(np.mean(steep[border] > limit))


@lru_cache(maxsize=4)
def _place(height: int, width: int) -> Real:
    v = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    u = np.abs((np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1)[None]
    one = np.ones((height, width), np.float32)
    planes = np.stack([
        one, v * one, v * v * one, u * one, u * u * one, u * v, u * u * v, u * v * v])
    planes.flags.writeable = False
    return cast('Real', planes)


_CELL = np.ones((3, 3), np.uint8)
_INSIDE = np.ones((9, 9), np.uint8)
