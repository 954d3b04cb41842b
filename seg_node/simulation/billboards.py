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

"""Draw sprites into an image and its labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.camera import Camera
from seg_node.simulation.lens import Light
from seg_node.simulation.road import Pose
from seg_node.simulation.sprite import Sprite
from seg_node.simulation.textures import Image

NEAREST_M = 0.5
_SHADOW_RANGE_M = 50.0
_OPAQUE = 128

Row = NDArray[np.float64]
_Place = tuple[float, float, float, float]


@dataclass(frozen=True)
class Billboard:
    """A sprite that stands on the ground at a world point, in metres."""

    x: float
    y: float
    sprite: Sprite


@dataclass(frozen=True)
class _Places:
    """Where things are seen, float64 [N] each: metres ahead, and edges in pixels."""

    order: tuple[int, ...]  # of what is seen, from far to near
    ahead: Row
    aside: Row
    left: Row
    top: Row
    right: Row
    bottom: Row

    def of(self, index: int) -> _Place:
        """Return the edges of one thing: left, top, right, bottom."""
        return (float(self.left[index]), float(self.top[index]), float(self.right[index]),
                float(self.bottom[index]))


def draw_things(
    image: Image, labels: Image, things: tuple[Billboard, ...], pose: Pose, camera: Camera,
    light: Light,
) -> None:
    """Draw from far to near, in place; opaque pixels take the sprite's label."""
    if not things:
        return
    places = _places(things, pose, camera)
    deep = np.array([thing.sprite.shadow_m for thing in things]) / 2.0
    _, shade_top = camera.project(places.ahead + deep, places.aside)
    _, shade_bottom = camera.project(
        np.maximum(places.ahead - deep, NEAREST_M / 2), places.aside)
    for i in places.order:
        sprite, ahead = things[i].sprite, float(places.ahead[i])
        left, _, right, _ = place = places.of(i)
        if sprite.shadow_m > 0.0 and ahead < _SHADOW_RANGE_M:
            inset = 0.08 * (right - left)
            shade = (left + inset, shade_top[i], right - inset, shade_bottom[i])
            _paste(image, _blob(), shade, None, 0, 1.0, light.haze)
        # Far things fade into the haze.
        clear = math.exp(-ahead / light.haze_m)
        _paste(image, sprite.levels, place, labels, sprite.label, clear, light.haze)


def label_things(labels: Image, things: tuple[Billboard, ...], pose: Pose, camera: Camera) -> None:
    """Write the labels that :func:`draw_things` would write, in place, without the image."""
    if not things:
        return
    places = _places(things, pose, camera)
    for i in places.order:
        sprite = things[i].sprite
        window = _window(sprite.alphas, places.of(i), labels.shape[1], labels.shape[0])
        if window is not None:
            box, alpha = window
            labels[box][alpha >= _OPAQUE] = sprite.label


def depth_things(
    depth: NDArray[np.float32], things: tuple[Billboard, ...], pose: Pose, camera: Camera,
) -> None:
    """Write the depth of the pixels that :func:`draw_things` makes opaque, in place."""
    if not things:
        return
    places = _places(things, pose, camera)
    forward = camera.forward_per_depth()
    for i in places.order:
        window = _window(things[i].sprite.alphas, places.of(i), depth.shape[1], depth.shape[0])
        if window is not None:
            box, alpha = window
            upright = np.broadcast_to(
                (places.ahead[i] / forward[box[0]])[:, None], alpha.shape)
            depth[box][alpha >= _OPAQUE] = upright[alpha >= _OPAQUE]


def _places(things: tuple[Billboard, ...], pose: Pose, camera: Camera) -> _Places:
    cos_y, sin_y = math.cos(pose.yaw), math.sin(pose.yaw)
    dx = np.array([thing.x for thing in things]) - pose.x
    dy = np.array([thing.y for thing in things]) - pose.y
    ahead, aside = dx * cos_y + dy * sin_y, dy * cos_y - dx * sin_y
    half = np.array([thing.sprite.width_m for thing in things]) / 2.0
    high = np.array([thing.sprite.height_m for thing in things])
    left, bottom = camera.project(ahead, aside + half)
    right, _ = camera.project(ahead, aside - half)
    _, top = camera.project(ahead, aside, high)
    visible = (ahead > NEAREST_M) & (right > 0) & (left < camera.width) & (bottom - top >= 1.0)
    order = sorted(np.flatnonzero(visible).tolist(), key=lambda index: -float(ahead[index]))
    return _Places(tuple(order), ahead, aside, left, top, right, bottom)


@lru_cache(maxsize=1)
def _blob() -> tuple[Image, ...]:
    grid = np.linspace(-1, 1, 48)
    radius = np.hypot(grid[:, None], grid[None, :])
    alpha = np.clip(1.15 - radius * 1.15, 0, 1) ** 0.8 * 150
    blob = np.zeros((48, 48, 4), np.uint8)
    blob[..., 3] = alpha
    return (blob,)


def _window(
    levels: tuple[Image, ...], place: _Place, width: int, height: int,
) -> tuple[tuple[slice, slice], Image] | None:
    """Return the box of the image that a sprite covers, and the sprite scaled to it."""
    left, top, right, bottom = place
    x0, x1 = max(0, math.floor(left)), min(width, math.ceil(right) + 1)
    y0, y1 = max(0, math.floor(top)), min(height, math.ceil(bottom) + 1)
    if x0 >= x1 or y0 >= y1:
        return None
    shrink = levels[0].shape[0] / max(bottom - top, 1e-3)
    source = levels[int(np.clip(round(math.log2(max(shrink, 1e-3))), 0, len(levels) - 1))]
    # Pixel edges of the sprite land on (left, top) and (right, bottom).
    scale_x = (right - left) / source.shape[1]
    scale_y = (bottom - top) / source.shape[0]
    matrix = np.array([
        [1.0 / scale_x, 0.0, (x0 + 0.5 - left) / scale_x - 0.5],
        [0.0, 1.0 / scale_y, (y0 + 0.5 - top) / scale_y - 0.5]])
    patch = np.asarray(cv2.warpAffine(
        source, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0)), np.uint8)
    return (slice(y0, y1), slice(x0, x1)), patch


def _paste(
    image: Image, levels: tuple[Image, ...], place: _Place, labels: Image | None, label: int,
    clear: float, haze: tuple[float, float, float],
) -> None:
    window = _window(levels, place, image.shape[1], image.shape[0])
    if window is None:
        return
    box, patch = window
    alpha = np.ascontiguousarray(patch[..., 3])
    colour: Any = cv2.cvtColor(patch, cv2.COLOR_BGRA2BGR)
    opaque3 = cv2.merge([alpha, alpha, alpha])
    if clear < 0.98:
        fog = cv2.merge([
            cv2.convertScaleAbs(alpha, alpha=(1.0 - clear) * tint / 255.0) for tint in haze])
        colour = cv2.add(cv2.convertScaleAbs(colour, alpha=clear), fog)
    behind = cv2.multiply(image[box], cv2.bitwise_not(opaque3), scale=1.0 / 255.0)
    image[box] = cv2.add(behind, colour)
    if labels is not None:
        labels[box][alpha >= _OPAQUE] = label
