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
"""Random views of pictures, a batch at a time: crops, stretches, tilts, mirror images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional as F

from training import labels
from training.pixels import unpacked

WHOLE = (0.0, 0.0, 1.0, 1.0)
_ASPECT = 1.6
"""Width over height, in which a turn is a turn."""
_CORNERS = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def plain_views(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the views, float64 [N, 3, 3], of whole boxes: what the node sees."""
    return _homographies(_corners(boxes[:, :2], boxes[:, 2:]))


def random_views(boxes: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """
    Return random views, float64 [N, 3, 3]: from a view's coordinates to a picture's.

    Both run from -1 to 1 from edge to edge, as those of torch's grid_sample.

    :param boxes: left, top, right, bottom of the part of each picture to look at, 0 to 1.
    """
    count = len(boxes)
    kind = rng.random(count)
    # A third of the views is nearly the whole picture: that is what the node will see.
    near, part = kind < 0.35, (kind >= 0.35) & (kind < 0.8)
    scale = np.where(near, rng.uniform(0.88, 1.0, count), np.where(
        part, rng.uniform(0.45, 0.95, count), rng.uniform(1.0, 1.2, count)))
    stretch = np.exp(rng.uniform(-1, 1, count) * np.where(near, 0.08, np.where(part, 0.4, 0.3)))
    sides = np.stack([np.minimum(1, stretch), np.minimum(1, 1 / stretch)], 1) * scale[:, None]
    first = np.where(sides < 1, rng.random((count, 2)) * (1 - sides), (1 - sides) / 2)
    whole = boxes[:, 2:] - boxes[:, :2]
    corners = _corners(boxes[:, :2] + first * whole, boxes[:, :2] + (first + sides) * whole)
    corners += rng.uniform(-0.06, 0.06, corners.shape) * (sides * whole)[:, None]
    angle = np.deg2rad(rng.normal(0, 3, count))
    turn = np.stack([np.cos(angle), -np.sin(angle) / _ASPECT,
                     np.sin(angle) * _ASPECT, np.cos(angle)], 1).reshape(-1, 2, 2)
    middle = corners.mean(axis=1, keepdims=True)
    corners = (corners - middle) @ turn.transpose(0, 2, 1) + middle
    mirrored = rng.random(count) < 0.5
    corners[mirrored] = corners[mirrored][:, [1, 0, 3, 2]]
    return _homographies(corners)


def look(images: Tensor, codes: Tensor, views: Tensor, size: tuple[int, int],
         ) -> tuple[Tensor, Tensor]:
    """
    Return what the views show, float [N, 3, h, w] 0 to 1, and its codes, uint8 [N, h, w].

    :param images: uint8 [N, H, W, 3]. codes: uint8 [N, H, W]. views: float [N, 3, 3].
    :param size: width and height of the views, px. Beyond a picture its rim goes on, unknown.
    """
    width, height = size
    x = (torch.arange(width, device=views.device) + 0.5) * (2 / width) - 1
    y = (torch.arange(height, device=views.device) + 0.5) * (2 / height) - 1
    points = torch.stack([x.expand(height, width), y[:, None].expand(height, width),
                          torch.ones(height, width, device=views.device)], -1).view(-1, 3)
    seen = points @ views.transpose(1, 2)
    grid = (seen[..., :2] / seen[..., 2:]).view(-1, height, width, 2)
    pixels = F.grid_sample(unpacked(images), grid, 'bilinear', 'border', align_corners=False)
    found = F.grid_sample(codes[:, None].float(), grid, 'nearest', 'border', align_corners=False)
    outside = (grid.abs() > 1).any(-1)
    return pixels, found[:, 0].masked_fill(outside, labels.UNKNOWN).to(torch.uint8)


def _corners(first: NDArray[np.float64], last: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners of boxes, float64 [N, 4, 2], in the order of _CORNERS."""
    return first[:, None] + (_CORNERS + 1) / 2 * (last - first)[:, None]


def _homographies(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the perspectives that take the view's corners to those, given from 0 to 1."""
    target = 2 * corners - 1
    count = len(corners)
    rows = np.zeros((count, 8, 8))
    x, y = _CORNERS.T
    for axis in (0, 1):
        part, own = slice(4 * axis, 4 * axis + 4), 3 * axis
        rows[:, part, own], rows[:, part, own + 1], rows[:, part, own + 2] = x, y, 1
        rows[:, part, 6] = -x * target[:, :, axis]
        rows[:, part, 7] = -y * target[:, :, axis]
    values = np.concatenate([target[:, :, 0], target[:, :, 1]], 1)
    solved = np.linalg.solve(rows, values[..., None])[..., 0]
    return np.concatenate([solved, np.ones((count, 1))], 1).reshape(-1, 3, 3)
