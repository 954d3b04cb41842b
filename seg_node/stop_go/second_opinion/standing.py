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

"""Where something stands or moves on the way: what two images show that is no flat ground."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.corridor.ground_corridor import SweptPath
from seg_node.stop_go.second_opinion.ground_fit import (
    earlier_pixels,
    Field,
    lies_inside,
    Pair,
    sample,
)
from seg_node.stop_go.second_opinion.level_camera import HORIZON, LevelCamera

_DISTANCES = 18
_HEIGHTS = 12
_COLUMNS = (12, 44)
_SPACING = 0.07
_LOWEST, _HIGHEST = 0.03, 1.2
_UP_TO = 0.9
"""Share of the camera's height up to which is looked: at the camera's height nothing shifts."""
_CAPPED = 4.0
"""Standard deviations of noise beyond which a sample counts no more."""
_MISPLACED = 1.0
"""Pixels."""
_EXPECTED = 1.4
"""Standard deviations that flat ground is off at times."""
_SMALL = 4.0
"""Samples that are added to the number of those that speak, so that few do not shout."""
_HALF = 0.5
"""Share of its score down to which the places beside and before a peak are of the same thing."""
_SHADES = 1.8
"""How many times as far or as near on the same ray a weaker peak is a stronger one's shadow."""


@dataclass(frozen=True)
class Peak:
    """
    Something that seems to stand at (x, y), metres from the camera's foot, so strongly.

    stays: it fits a thing that stands still; else it is known only that it moves. left, right:
    how far it reaches to both sides of y, metres.
    """

    x: float
    y: float
    score: float
    stays: bool
    left: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, eq=False)
class Posts:
    """
    Upright lines over a grid of feet: [distances, heights, columns], flattened to two axes.

    x, y, below: float32, metres from the camera; u, v: where it sees them, px; ground_x, ground_y:
    the ground on the same rays; valid: bool, in view. feet_x, feet_y, float32 [distances,
    columns]; weight: float32 [distances], pixels that a sample stands for, 1 at most.
    """

    x: Field
    y: Field
    below: Field
    u: Field
    v: Field
    ground_x: Field
    ground_y: Field
    valid: NDArray[np.bool_]
    feet_x: Field
    feet_y: Field
    heights: Field
    weight: Field
    spacing: float

    @classmethod
    def build(cls, camera: LevelCamera, way: SweptPath, turned: float, near: float, far: float,
              ) -> Posts:
        """
        Stand posts on a way, between two distances from the camera's foot, metres.

        :param way: from the vehicle's origin; `turned`: how far it begins to the left, rad.
        """
        count = int(np.clip(math.ceil(way.width / _SPACING), *_COLUMNS))
        across = np.asarray(np.linspace(way.width / 2, -way.width / 2, count), np.float64)
        along = np.asarray(np.geomspace(
            max(near, 0.4), max(far, 1.3 * near, 0.8), _DISTANCES) + camera.ahead, np.float64)
        points = way.points(along, across)
        cos, sin = math.cos(turned), math.sin(turned)
        feet_x = (cos * points[..., 0] - sin * points[..., 1] - camera.ahead).astype(np.float32)
        feet_y = (sin * points[..., 0] + cos * points[..., 1] - camera.aside).astype(np.float32)
        feet_x = np.maximum(feet_x, np.float32(0.2))
        heights = np.linspace(_LOWEST, max(_LOWEST * 2, min(_UP_TO * camera.height, _HIGHEST)),
                              _HEIGHTS).astype(np.float32)
        shape = (_DISTANCES, _HEIGHTS, count)
        x, y, below = (np.ascontiguousarray(np.broadcast_to(part, shape)).reshape(-1, count)
                       for part in (feet_x[:, None], feet_y[:, None],
                                    (np.float32(camera.height) - heights)[None, :, None]))
        focal = np.float32(camera.focal)
        u, v = np.float32(camera.centre) - focal * y / x, np.float32(HORIZON) + focal * below / x
        valid = cv2.remap(camera.seen, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT) > 0
        longer = np.float32(camera.height) / below
        spacing = way.width / (count - 1)
        pixel = focal / feet_x.mean(axis=1)
        weight = np.minimum((heights[1] - heights[0]) * pixel, 1) * np.minimum(
            np.float32(spacing) * pixel, 1)
        return cls(x, y, below, np.asarray(u, np.float32), np.asarray(v, np.float32),
                   np.asarray(x * longer), np.asarray(y * longer), valid, feet_x, feet_y, heights,
                   weight.astype(np.float32), spacing)


def standing_score(camera: LevelCamera, posts: Posts, pair: Pair, width: float, height: float,
                   ) -> Field:
    """
    Tell for each foot how much better a thing that stands there explains two images than ground.

    The earlier image is looked up where each sample was then if it belongs to the thing, and
    where it was if it belongs to the ground: the difference of the two misfits. What lies flat is
    below 0, whatever its pattern; what is plain is near 0.

    :param width: of the narrowest thing, and `height` of the lowest, metres.
    :returns: float32 [distances, columns], like the feet, see _sum_up().
    """
    now, noise = pair.now, pair.correction.noise
    seen = sample(now, posts.u, posts.v)
    flat, valid = _flat(camera, posts, pair)
    u, v = earlier_pixels(camera, posts.x, posts.y, posts.below, pair.step, pair.correction)
    valid &= lies_inside(u, v, now.shape[0])
    most, light = np.float32(_CAPPED * noise), np.float32(pair.correction.light)
    gain = np.minimum(np.abs(flat - seen - light), most)
    gain -= np.minimum(np.abs(sample(pair.then, u, v) - seen - light), most)
    gain *= valid / np.float32(noise)
    return _sum_up(posts, gain, width, height)


def moving_score(camera: LevelCamera, posts: Posts, pair: Pair, width: float, height: float,
                 ) -> Field:
    """
    Tell for each foot how badly what is seen over it fits the ground of an image just before.

    What moves fits no standing thing either. An edge may be misplaced by a part of a pixel; what
    is expected of flat ground is taken off. Parameters and result as of standing_score().
    """
    now, noise = pair.now, pair.correction.noise
    seen = sample(now, posts.u, posts.v)
    flat, valid = _flat(camera, posts, pair)
    steep = np.asarray(cv2.dilate(
        cv2.absdiff(now, cv2.blur(now, (3, 3))), np.ones((3, 3), np.uint8)), np.float32)
    likely = np.sqrt(np.float32(noise ** 2)
                     + (np.float32(_MISPLACED) * sample(steep, posts.u, posts.v)) ** 2)
    misfit = np.abs(flat - seen - np.float32(pair.correction.light))
    gain = np.minimum(misfit / likely, np.float32(_CAPPED)) - np.float32(_EXPECTED)
    gain *= valid
    return _sum_up(posts, gain, width, height)


def _flat(camera: LevelCamera, posts: Posts, pair: Pair) -> tuple[Field, NDArray[np.bool_]]:
    """Return what the earlier image shows if all were ground, and which samples are in it."""
    u, v = earlier_pixels(camera, posts.ground_x, posts.ground_y, np.float32(camera.height),
                          pair.step, pair.correction)
    return sample(pair.then, u, v), posts.valid & lies_inside(u, v, pair.then.shape[0])


def _sum_up(posts: Posts, gain: Field, width: float, height: float) -> Field:
    """
    Sum samples over the width of a thing and as far up as is best.

    :param gain: of each sample, standard deviations of noise.
    :returns: the sums over the root of the number of pixels that they stand for.
    """
    count, columns = posts.feet_x.shape
    upwards = np.cumsum(gain.reshape(count, -1, columns), axis=1)
    wide = max(1, min(columns, round(width / posts.spacing)))
    summed = np.asarray(cv2.blur(
        upwards.reshape(-1, columns), (wide, 1), borderType=cv2.BORDER_CONSTANT),
        np.float32).reshape(upwards.shape) * np.float32(wide)
    number = np.arange(1, upwards.shape[1] + 1, dtype=np.float32)[None] * wide
    weight = posts.weight[:, None]
    summed *= (weight / np.sqrt(number * weight + np.float32(_SMALL)))[..., None]
    lowest = min(int(np.searchsorted(posts.heights, height)), upwards.shape[1] - 1)
    return np.asarray(summed[:, lowest:].max(axis=1), np.float32)


def _reach(feet_y: Field, scores: Field, column: int, least: float) -> tuple[float, float]:
    """Return how far to the left and to the right of a column the scores stay over `least`."""
    low = scores < max(least, _HALF * float(scores[column]))
    left, right = np.flatnonzero(low[:column]), np.flatnonzero(low[column:])
    first = int(left[-1]) + 1 if left.size else 0
    last = column + int(right[0]) - 1 if right.size else len(scores) - 1
    return float(feet_y[first] - feet_y[column]), float(feet_y[column] - feet_y[last])


def _nearest_foot(scores: Field, ray: NDArray[np.bool_], strongest: float) -> tuple[int, int]:
    """
    Return the nearest place on a ray that speaks for what is known only to move.

    No parallax tells where it stands, and it stands out from the ground the better the higher up:
    the strongest foot is too far where the legs are thin, or as grey as the road.
    """
    speaks = np.where(ray & (scores >= np.float32(_HALF * strongest)), scores, -np.inf)
    row = int(np.isfinite(speaks).any(axis=1).argmax())
    return row, int(speaks[row].argmax())


def peaks(posts: Posts, scores: Field, stays: NDArray[np.bool_], least: float, width: float,
          most: int) -> list[Peak]:
    """
    Return what stands out, the strongest first, without what is seen on the same rays.

    What only moves is placed at the nearest foot that half of its score speaks for.

    :param scores: float32 [distances, columns], like the feet; `stays`: bool likewise.
    """
    left = scores.copy()
    bearing = posts.feet_y / posts.feet_x
    found: list[Peak] = []
    while len(found) < most:
        at = np.unravel_index(int(left.argmax()), left.shape)
        if not left[at] >= least:
            break
        x, strongest = float(posts.feet_x[at]), float(left[at])
        ratio = posts.feet_x / np.float32(x)
        aside = np.abs(bearing - bearing[at])
        fits = bool(stays[at])
        foot = at if fits else _nearest_foot(
            scores, (aside < width / x / 2) & (ratio > 1.0 / _SHADES) & (ratio <= 1.0), strongest)
        nearer = float(ratio[foot])
        left_of, right_of = _reach(posts.feet_y[at[0]], scores[at[0]], int(at[1]), least)
        found.append(Peak(float(posts.feet_x[foot]), float(posts.feet_y[foot]), strongest,
                          fits, left_of * nearer, right_of * nearer))
        same = aside < width * (1.0 / posts.feet_x + 1.0 / x) / 2
        left[same & (ratio < _SHADES) & (ratio > 1.0 / _SHADES)] = -np.inf
    return found
