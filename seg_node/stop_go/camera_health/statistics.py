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
What a single image tells about its camera, from samples of it.

All functions cost the same at any resolution, but for the row jump, which looks at every row.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.images.pixels import Pixels

Image = NDArray[np.uint8]

MIN_SIZE = (128, 72)
"""Least width and height in pixels of an image whose detail can be judged."""
TILES = (9, 16)
"""Rows and columns of the tiles that are searched for structure."""

LUMA_SIZE = (256, 144)
"""Width and height of the small luma."""

_AREAS = (64, 36)
_CELLS = 4  # areas to the side of a tile
_STRIPS = 16
_BLOCK = 32
_COLUMNS = 64
_GROUP = 4
_JUMP_CAP = 40


def small_luma(pixels: Pixels) -> Image:
    """
    Take single pixels of an image, without averaging, so that their detail stays.

    :returns: uint8 [at most 144, at most 256], grey.
    """
    size = (min(pixels.width, LUMA_SIZE[0]), min(pixels.height, LUMA_SIZE[1]))
    return pixels.grey(size)


def areas(luma: Image) -> Image:
    """Average the luma over 64x36 areas, uint8 [36, 64]; noise averages out with it."""
    return np.asarray(cv2.resize(luma, _AREAS, interpolation=cv2.INTER_AREA), np.uint8)


def sharpness(luma: Image, noise: float) -> float | None:
    """
    Compare how much brightness differs over one and over four pixels of the small luma.

    The ratio of the two root mean squares, freed of noise, in the direction where it is less:
    motion blurs one only. It does not depend on contrast. Where the blur is wider than the four
    pixels, all of the image is made of ramps, and the ratio is 1/4.

    :param noise: standard deviation of a pixel of the luma.
    :returns: 0 to about 1, None where there is not enough contrast to say.
    """
    spread = 2.0 * noise * noise
    ratios = []
    for near, near_by, far, far_by in (
            (luma[:, 1:], luma[:, :-1], luma[:, 4:], luma[:, :-4]),
            (luma[1:], luma[:-1], luma[4:], luma[:-4])):
        wide = cv2.norm(far, far_by, cv2.NORM_L2SQR) / far.size - spread
        if wide > max(4.0, spread):
            narrow = cv2.norm(near, near_by, cv2.NORM_L2SQR) / near.size - spread
            ratios.append(math.sqrt(max(0.0, narrow) / wide))
    return min(ratios, default=None)


def noise(pixels: Pixels) -> float | None:
    """
    Estimate the standard deviation of the noise of a pixel's brightness.

    Immerkaer, "Fast noise variance estimation" (1996), in blocks along 16 strips of three rows;
    the tenth of the blocks with the least stands for the noise, as the rest has structure.

    :param pixels: of MIN_SIZE or more.
    :returns: 0 to 255, None where the image is too dark or too bright to say.
    """
    middle = np.linspace(1, pixels.height - 2, _STRIPS).astype(np.intp)
    rows = np.concatenate((middle - 1, middle, middle + 1))
    grey = pixels.grey_rows(rows).astype(np.int16)
    above, centre, below = grey[:_STRIPS], grey[_STRIPS:-_STRIPS], grey[-_STRIPS:]
    across = above - 2 * centre + below
    both = np.abs(across[:, :-2] - 2 * across[:, 1:-1] + across[:, 2:])
    count = both.shape[1] // _BLOCK

    def blocks(values: NDArray[np.int16]) -> NDArray[np.float64]:
        cut = values[:, :count * _BLOCK].reshape(-1, _BLOCK)
        return np.asarray(cut.sum(1, dtype=np.int32) / _BLOCK)

    level = blocks(centre[:, 1:-1])
    found = blocks(both)[(level > 12.0) & (level < 243.0)]  # clipped pixels hide their noise
    if found.size < _STRIPS:
        return None
    rank = found.size // 10
    return min(
        255.0, float(np.partition(found, rank)[rank]) * math.sqrt(math.pi / 2.0) / 6.0)


def columns(pixels: Pixels) -> Image:
    """Take the green of every row in 64 columns, uint8 [H, 64]; of MIN_SIZE or more."""
    step = pixels.width // _COLUMNS
    first = (pixels.width - step * (_COLUMNS - 1)) // 2
    return pixels.green_columns(first, step, _COLUMNS)


def row_jumps(green: Image, rows: int = 1, covered: float = 0.75) -> NDArray[np.int8]:
    """
    Measure how sharply brightness jumps between rows over the whole width of the image.

    What counts is by how much the rows differ more than both their neighbouring pairs do. Edges
    of the scene are hardly ever so sharp, straight and level.

    :param green: what columns() gives.
    :param rows: distance of the rows that are compared.
    :param covered: share of the width in which they differ so much at least.
    :returns: int8 [H - 3 * rows], the jumps from the top down, at most 40: stronger ones count
        as 40.
    """
    change = np.minimum(cv2.absdiff(green[rows:], green[:-rows]), np.uint8(_JUMP_CAP))
    # In bytes, of which more are compared at once.
    mean = np.asarray(cv2.resize(
        change, (_COLUMNS // _GROUP, change.shape[0]), interpolation=cv2.INTER_AREA), np.int8)
    excess = mean[rows:-rows] - np.maximum(mean[:-2 * rows], mean[2 * rows:])
    least = round((1.0 - covered) * (_COLUMNS // _GROUP))
    return np.asarray(np.partition(excess, least, axis=1)[:, least])


def smooth_tiles(small: Image, contrast: float, noise: float) -> NDArray[np.bool_]:
    """
    Find the tiles without any structure, as something close to the lens leaves them.

    The bound is relative to the contrast, as dark and hazy images have little of everything.

    :param small: what areas() gives.
    :returns: bool [9, 16].
    """
    steepest = np.zeros(small.shape, np.uint8)
    steepest[:, :-1] = cv2.absdiff(small[:, 1:], small[:, :-1])
    steepest[:-1] = cv2.max(steepest[:-1], cv2.absdiff(small[1:], small[:-1]))
    tiles = steepest.reshape(TILES[0], _CELLS, TILES[1], _CELLS).max((1, 3))
    return np.asarray(tiles <= min(0.05 * contrast, 2.0) + 0.5 * noise)
