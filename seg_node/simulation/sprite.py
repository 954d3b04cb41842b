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

"""Upright images that stand on the ground, and a pen to draw them in metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.textures import fractal_noise, Image, TILE_PX

Colour = tuple[float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True)
class Sprite:
    """
    An image that stands on the ground and faces the camera.

    levels: mip levels, uint8 [h, w, 4], BGR premultiplied by alpha, halving each time.
    width_m, height_m: its size. label: class id of its opaque pixels.
    shadow_m: depth of its contact shadow on the ground; 0 for none.
    """

    levels: tuple[Image, ...]
    width_m: float
    height_m: float
    label: int
    shadow_m: float

    @cached_property
    def alphas(self) -> tuple[Image, ...]:
        """The opacity of each level, uint8 [h, w]."""
        return tuple(np.ascontiguousarray(level[..., 3]) for level in self.levels)

    def scaled(self, factor: float) -> Sprite:
        """Return the same image with another size in metres."""
        return replace(
            self, width_m=self.width_m * factor, height_m=self.height_m * factor)

    def flipped(self, flip: bool) -> Sprite:
        """Return the mirrored image where `flip` says so."""
        if not flip:
            return self
        return replace(
            self, levels=tuple(np.ascontiguousarray(level[:, ::-1]) for level in self.levels))


class Pen:
    """Draw in metres: x to the right from the middle, z up from the ground."""

    def __init__(self, width_m: float, height_m: float, px_per_m: float) -> None:
        """Start with a transparent canvas."""
        self._scale = px_per_m
        self._width_m, self._height_m = width_m, height_m
        shape = (max(4, round(height_m * px_per_m)), max(4, round(width_m * px_per_m)), 4)
        self._canvas: NDArray[np.uint8] = np.zeros(shape, np.uint8)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        corners = np.array([self._px(p) for p in points], np.int32)
        cv2.fillPoly(self._canvas, [corners], (*colour, 255), cv2.LINE_AA, 4)

    def rect(self, left: float, bottom: float, right: float, top: float, colour: Colour) -> None:
        """Fill an upright rectangle."""
        self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], colour)

    def ellipse(
        self, centre: Point, half_width: float, half_height: float, colour: Colour
    ) -> None:
        """Fill an ellipse."""
        axes = (round(half_width * self._scale * 16), round(half_height * self._scale * 16))
        cv2.ellipse(
            self._canvas, self._px(centre), axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA, 4)

    def limb(self, start: Point, end: Point, thick: float, thin: float, colour: Colour) -> None:
        """Fill a limb with round ends that tapers from `thick` to `thin` (diameters)."""
        along = np.subtract(end, start)
        length = float(np.hypot(*along)) or 1e-6
        normal = np.array([-along[1], along[0]]) / length
        a, b = normal * thick / 2, normal * thin / 2
        corners = [np.add(start, a), np.add(end, b), np.subtract(end, b), np.subtract(start, a)]
        self.polygon([(float(p[0]), float(p[1])) for p in corners], colour)
        self.ellipse(start, thick / 2, thick / 2, colour)
        self.ellipse(end, thin / 2, thin / 2, colour)

    def round_off(self, darkest: float = 0.6) -> None:
        """Darken towards the sides as a cylinder lit from the front left."""
        across = np.linspace(-1.0, 1.0, self._canvas.shape[1])
        facing = np.sqrt(np.clip(1.0 - (across * 0.85 + 0.25) ** 2, 0, 1))
        light = darkest + (1.0 - darkest) * facing
        self._multiply(light[None, :, None])

    def mottle(self, seed: int, amount: float, cells: int = 16) -> None:
        """Add patchy light and dark."""
        noise = fractal_noise(seed, cells, 128, 0.8)
        rows, cols = self._canvas.shape[:2]
        tile = np.tile(noise, (rows // TILE_PX + 1, cols // TILE_PX + 1))[:rows, :cols]
        self._multiply(np.clip(1.0 + amount * tile, 0.2, 1.8)[..., None])

    def sprite(self, label: int, shadow_m: float) -> Sprite:
        """Return the sprite with its mip levels."""
        levels = [self._canvas]
        while min(levels[-1].shape[:2]) > 5:
            rows, cols = levels[-1].shape[:2]
            levels.append(np.asarray(cv2.resize(
                levels[-1], ((cols + 1) // 2, (rows + 1) // 2), interpolation=cv2.INTER_AREA),
                np.uint8))
        return Sprite(tuple(levels), self._width_m, self._height_m, label, shadow_m)

    def _px(self, point: Point) -> tuple[int, int]:
        # Fixed-point with 4 fractional bits, as OpenCV's `shift=4` takes it.
        x = (point[0] + self._width_m / 2.0) * self._scale
        y = (self._height_m - point[1]) * self._scale
        return round(x * 16), round(y * 16)

    def _multiply(self, factor: NDArray[np.float64]) -> None:
        bgr = self._canvas[..., :3] * factor
        # Premultiplied colour may not exceed alpha.
        self._canvas[..., :3] = np.minimum(bgr, self._canvas[..., 3:]).astype(np.uint8)
