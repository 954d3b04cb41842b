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

"""The points that the pixels of a camera show, in the camera's own optical frame."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import Intrinsics, View

_LENSES = 8
"""Cameras whose rays are kept: a mounting may move with every image, a lens does not."""


def ground_points(view: View, max_range: float) -> NDArray[np.float32]:
    """
    Return the point of a flat ground that each pixel of an upright picture shows.

    :param view: the camera, its intrinsics scaled to the size of the picture.
    :param max_range: farthest from the camera's foot point, metres: near the horizon a pixel spans
        more ground than it tells.
    :returns: float32 [H, W, 3], metres, in the optical frame of the camera's own picture, which
        is the upright one where that is not turned; NaN where there is no ground within range.
    """
    looks = _looks(view.intrinsics)
    down = -(looks @ view.pose.rotation[:, 2].astype(np.float32))
    height = np.float32(view.pose.position[2])
    # The slant distance per unit of depth, and the fall, give the distance over ground.
    least = height / np.hypot(max_range, height) * np.linalg.norm(looks, axis=-1)
    with np.errstate(invalid='ignore'):
        depth = np.where((down >= least) & (height > 0), height, np.nan) / down
    points = looks * depth[..., None]
    points[..., :2] = points[..., :2] @ view.intrinsics.rotation.axes.astype(np.float32)
    return np.asarray(points, np.float32)


def depth_points(view: View, metres: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    Return the point that each pixel shows by its depth, as ground_points(); NaN for none.

    :param metres: depth along the optical axis, float32 [H, W], of the same picture.
    """
    points = _looks(view.intrinsics) * metres[..., None]
    points[..., :2] = points[..., :2] @ view.intrinsics.rotation.axes.astype(np.float32)
    return np.asarray(points, np.float32)


@lru_cache(maxsize=_LENSES)
def _looks(intrinsics: Intrinsics) -> NDArray[np.float32]:
    """Return the direction of each pixel [H, W, 3] in the optical frame, at depth 1."""
    u, v = np.meshgrid(np.arange(intrinsics.width), np.arange(intrinsics.height))
    plane = intrinsics.unproject(np.stack([u, v], axis=-1).astype(np.float64))
    return np.concatenate([plane, np.ones_like(plane[..., :1])], axis=-1).astype(np.float32)
