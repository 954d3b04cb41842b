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

"""Draw sprites into a picture and its labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
import math
from typing import Any

import cv2
import numpy as np

from .camera import Camera
from .lens import Light
from .road import Pose
from .sprite import Sprite
from .textures import Image

NEAREST_M = 0.5


@dataclass(frozen=True)
class Thing:
    """A sprite that stands on the ground at a world point, in metres."""

    x: float
    y: float
    sprite: Sprite


@dataclass(frozen=True)
class _Placed:
    forward: float
    left: float
    sprite: Sprite


def draw_things(
    picture: Image, labels: Image, things: tuple[Thing, ...], pose: Pose, camera: Camera,
    light: Light,
) -> None:
    """Draw from far to near, in place; opaque pixels take the sprite's label."""
    cos_y, sin_y = math.cos(pose.yaw), math.sin(pose.yaw)
    placed: list[_Placed] = []
    for thing in things:
        dx, dy = thing.x - pose.x, thing.y - pose.y
        forward, left = dx * cos_y + dy * sin_y, dy * cos_y - dx * sin_y
        if forward > NEAREST_M:
            placed.append(_Placed(forward, left, thing.sprite))
    placed.sort(key=lambda item: -item.forward)
    for item in placed:
        _draw(picture, labels, item, camera, light)


def _draw(picture: Image, labels: Image, item: _Placed, camera: Camera, light: Light) -> None:
    sprite, half = item.sprite, item.sprite.width_m / 2.0
    us, vs = camera.project(
        item.forward, np.array([item.left + half, item.left - half, item.left]),
        np.array([0.0, 0.0, sprite.height_m]))
    left, right, top, bottom = float(us[0]), float(us[1]), float(vs[2]), float(vs[0])
    if not math.isfinite(left + right + top + bottom) or bottom - top < 1.0:
        return
    if sprite.shadow_m > 0.0:
        _draw_shadow(picture, item, camera, light)
    # Far things fade into the haze.
    clear = math.exp(-item.forward / light.haze_m)
    _paste(picture, sprite.levels, (left, top, right, bottom), labels, sprite.label, clear,
           light.haze)


def _draw_shadow(picture: Image, item: _Placed, camera: Camera, light: Light) -> None:
    reach, half = item.sprite.shadow_m / 2.0, item.sprite.width_m * 0.42
    _, vs = camera.project(
        np.array([item.forward + reach, max(NEAREST_M * 0.5, item.forward - reach)]), 0.0)
    us, _ = camera.project(item.forward, np.array([item.left + half, item.left - half]))
    if np.isfinite(vs).all() and np.isfinite(us).all():
        place = (float(us[0]), float(vs[0]), float(us[1]), float(vs[1]))
        _paste(picture, _blob(), place, None, 0, 1.0, light.haze)


@lru_cache(maxsize=1)
def _blob() -> tuple[Image, ...]:
    grid = np.linspace(-1, 1, 48)
    radius = np.hypot(grid[:, None], grid[None, :])
    alpha = np.clip(1.15 - radius * 1.15, 0, 1) ** 0.8 * 150
    blob = np.zeros((48, 48, 4), np.uint8)
    blob[..., 3] = alpha
    return (blob,)


def _paste(
    picture: Image, levels: tuple[Image, ...], place: tuple[float, float, float, float],
    labels: Image | None, label: int, clear: float, haze: tuple[float, float, float],
) -> None:
    left, top, right, bottom = place
    height, width = picture.shape[:2]
    x0, x1 = max(0, math.floor(left)), min(width, math.ceil(right) + 1)
    y0, y1 = max(0, math.floor(top)), min(height, math.ceil(bottom) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    shrink = levels[0].shape[0] / max(bottom - top, 1e-3)
    source = levels[int(np.clip(round(math.log2(max(shrink, 1e-3))), 0, len(levels) - 1))]
    # Pixel edges of the sprite land on (left, top) and (right, bottom).
    scale_x = (right - left) / source.shape[1]
    scale_y = (bottom - top) / source.shape[0]
    matrix = np.array([
        [1.0 / scale_x, 0.0, (x0 + 0.5 - left) / scale_x - 0.5],
        [0.0, 1.0 / scale_y, (y0 + 0.5 - top) / scale_y - 0.5]])
    patch: Any = cv2.warpAffine(
        source, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    alpha = np.ascontiguousarray(patch[..., 3])
    colour: Any = cv2.cvtColor(patch, cv2.COLOR_BGRA2BGR)
    opaque3 = cv2.merge([alpha, alpha, alpha])
    if clear < 0.98:
        fog = cv2.multiply(opaque3, (*haze, 0.0), scale=(1.0 - clear) / 255.0)
        colour = cv2.add(cv2.multiply(colour, (clear,) * 4), fog)
    window = picture[y0:y1, x0:x1]
    behind = cv2.multiply(window, cv2.bitwise_not(opaque3), scale=1.0 / 255.0)
    window[:] = cv2.add(behind, colour)
    if labels is not None:
        labels[y0:y1, x0:x1][alpha >= 128] = label
