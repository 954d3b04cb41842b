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

"""Light, weather and the camera's own faults, from the scene to the recorded image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.textures import Image

Bgr = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """
    Light and lens.

    haze_m: distance at which a third of an object's own colour is left. shadow: depth of tree
    shadows, 0 to 1; shadow_cover: share of the shaded ground, 0 to 1. gain: factor of each
    channel (exposure and white balance). vignette: loss in the corners, 0 to 1. glare: strength
    of a light source at glare_at (fractions of the image). blur_px, noise: standard deviations.
    """

    haze: Bgr = (205.0, 196.0, 186.0)
    haze_m: float = 220.0
    shadow: float = 0.45
    shadow_cover: float = 0.35
    gain: Bgr = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    vignette: float = 0.2
    glare: float = 0.0
    glare_at: tuple[float, float] = (0.5, 0.2)
    blur_px: float = 0.5
    noise: float = 2.5


class LensEffects:
    """Apply a light's camera effects to images of one size."""

    def __init__(self, light: Light, width: int, height: int) -> None:
        """Precompute the vignette and the tone curve."""
        self._light = light
        rows = (np.arange(height, dtype=np.float32)[:, None] / height - np.float32(0.5)) * 2
        cols = (np.arange(width, dtype=np.float32)[None, :] / width - np.float32(0.5)) * 2
        fall = np.float32(1.0) - np.float32(light.vignette * 0.5) * (rows * rows + cols * cols)
        level = np.clip(fall * 128.0, 0, 255).astype(np.uint8)
        self._vignette = np.repeat(level[..., None], 3, 2)
        tone = (np.arange(256)[:, None] / 255.0) ** light.gamma * 255.0 * np.array(light.gain)
        self._tone = np.clip(tone, 0, 255).astype(np.uint8)[None]
        self._glare = None if light.glare <= 0.0 else _glare(light, width, height)

    def apply(self, bgr: Image, frame: int) -> Image:
        """Return the recorded image; `frame` seeds the noise."""
        light = self._light
        out: Any = cv2.LUT(bgr, self._tone)
        out = cv2.multiply(out, self._vignette, scale=1.0 / 128.0)
        if self._glare is not None:
            out = cv2.add(out, self._glare)
        if light.blur_px > 0.2:
            side = 3 if light.blur_px < 0.9 else 5 if light.blur_px < 1.6 else 9
            out = cv2.GaussianBlur(out, (side, side), light.blur_px)
        if light.noise > 0.0:
            grain = _grain()
            top, left = np.random.default_rng(frame).integers(0, 128, 2)
            height, width = out.shape[:2]
            rows, cols = height // 256 + 2, width // 256 + 2
            tiled = np.tile(grain, (rows, cols, 1))[top:top + height, left:left + width]
            scaled: Any = cv2.convertScaleAbs(tiled, alpha=light.noise / 16.0)
            # Half of the noise lightens and half darkens: a signed add without wide integers.
            out = cv2.add(out, scaled)
            other = np.tile(grain, (rows, cols, 1))[left:left + height, top:top + width]
            out = cv2.subtract(out, cv2.convertScaleAbs(other, alpha=light.noise / 16.0))
        return np.asarray(out, np.uint8)


@lru_cache(maxsize=1)
def _grain() -> NDArray[np.int16]:
    """Return a tile of noise with a deviation of 16; mostly common to the channels."""
    rng = np.random.default_rng(5)
    gray = rng.normal(0.0, 12.0, (256, 256, 1))
    colour = rng.normal(0.0, 10.0, (256, 256, 3))
    return np.asarray(gray + colour).astype(np.int16)


def _glare(light: Light, width: int, height: int) -> Image:
    rows = np.arange(height, dtype=np.float32)[:, None] - np.float32(light.glare_at[1] * height)
    cols = np.arange(width, dtype=np.float32)[None, :] - np.float32(light.glare_at[0] * width)
    distance = np.sqrt(rows * rows + cols * cols) / np.float32(width)
    veil = np.exp(distance * np.float32(-5.0)) + np.float32(0.9) * np.exp(
        -(distance / np.float32(0.06)) ** 2)
    bloom = veil[..., None] * np.array([215.0, 240.0, 255.0], np.float32) * light.glare
    return np.asarray(np.clip(bloom, 0, 255).astype(np.uint8))
