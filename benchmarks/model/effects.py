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
What light, weather, lens and camera do to an image, each at a level.

Every effect takes pixels as float32 [H, W, 3] BGR, 0 to 255, and gives them as such, not yet
clipped. Lengths are shares of the image's width, so that a level means the same at every size.
What is random is drawn alike at every level.
"""

from __future__ import annotations

from collections.abc import Callable
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Generator = np.random.Generator
Effect = Callable[[Field, float, Generator], Field]

_HORIZON = 0.42
"""Row of the horizon as a share of the height, where no better is known."""
_HAZE = np.array([214, 208, 202], np.float32)
_SUN = np.array([0.82, 0.94, 1.0], np.float32)


def dark(pixels: Field, light: float, rng: Generator) -> Field:
    """Leave a share of the light, bluish, with noise that light no longer outshines."""
    tint = np.array([1.12, 1.0, 0.92], np.float32)
    grain = rng.normal(0.0, 1.0, pixels.shape).astype(np.float32)
    return pixels * np.float32(light) * tint + grain * np.float32(6.0 * (1.0 - light))


def overexposed(pixels: Field, gain: float, rng: Generator) -> Field:
    """Let more light in than the sensor takes; what is white spreads."""
    lit = np.minimum(pixels * np.float32(gain), 255.0)
    burnt = np.maximum(pixels * np.float32(gain) - 255.0, 0.0)
    return lit + _blurred(burnt, 0.02 * pixels.shape[1])


def fog(pixels: Field, density: float, rng: Generator) -> Field:
    """Mix with haze, by the distance of level ground below the horizon (Koschmieder's law)."""
    below = (np.arange(len(pixels), dtype=np.float32) + 0.5) / len(pixels) - _HORIZON
    # Softly to a farthest distance above the horizon, where a line would show otherwise.
    distance = 0.14 / (0.5 * (below + np.hypot(below, 0.1)) + 0.02)
    left = np.exp(-np.float32(density) * distance)[:, None, None]
    return _HAZE + left * (pixels - _HAZE)


def motion_blur(pixels: Field, length: float, rng: Generator) -> Field:
    """Move the camera while the shutter is open, any way across the image."""
    angle = rng.uniform(0.0, math.pi)
    line = _line(length * pixels.shape[1], angle)
    return _filtered(pixels, line / line.sum())


def defocus(pixels: Field, radius: float, rng: Generator) -> Field:
    """Spread each point over a disc."""
    reach = radius * pixels.shape[1]
    side = 2 * math.ceil(reach) + 1
    away = np.hypot(*(np.mgrid[:side, :side] - side // 2))
    disc = np.clip(reach + 0.5 - away, 0.0, 1.0)
    return _filtered(pixels, disc / disc.sum())


def noise(pixels: Field, deviation: float, rng: Generator) -> Field:
    """Add the sensor's noise, half of it common to the channels."""
    gray = rng.normal(0.0, math.sqrt(0.5), (*pixels.shape[:2], 1))
    color = rng.normal(0.0, math.sqrt(0.5), pixels.shape)
    return pixels + np.float32(deviation) * (gray + color).astype(np.float32)


def jpeg(pixels: Field, quality: float, rng: Generator) -> Field:
    """Compress hard."""
    plain = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    _, data = cv2.imencode('.jpg', plain, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float32)


def rain(pixels: Field, amount: float, rng: Generator) -> Field:
    """Draw streaks, longer and brighter ones in front, and dull the rest."""
    height, width = pixels.shape[:2]
    lean = math.pi / 2 + rng.uniform(-0.25, 0.25)
    streaks = np.zeros((height, width), np.float32)
    for length, share, light in ((0.03, 0.005, 90.0), (0.07, 0.0015, 170.0)):
        drops = (rng.random((height, width)) < share).astype(np.float32)
        streaks += np.float32(light) * _filtered(drops, _line(length * width, lean))
    mist = np.float32(0.12 * amount)
    return pixels * (1 - mist) + _HAZE * mist + np.float32(amount) * 0.5 * np.minimum(
        streaks, 255.0)[..., None]


def glare(pixels: Field, strength: float, rng: Generator) -> Field:
    """Put a low sun into the upper half: its disc, its glow, and a veil over everything."""
    height, width = pixels.shape[:2]
    center = rng.uniform(0.2, 0.8) * width, rng.uniform(0.05, 0.3) * height
    rows, cols = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(cols - np.float32(center[0]), rows - np.float32(center[1])) / width
    light = 2.0 * np.exp(-(away / 0.06) ** 2) + 0.9 * np.exp(-away / 0.18) + 0.12
    return pixels + np.float32(150.0 * strength) * light[..., None] * _SUN


def shadows(pixels: Field, depth: float, rng: Generator) -> Field:
    """Lay bands of shadow across the ground, as of trees and poles, with soft edges."""
    height, width = pixels.shape[:2]
    shade = np.zeros((height, width), np.float32)
    for _ in range(3):
        left, right = rng.uniform(0.3, 1.1, 2) * height
        thick = rng.uniform(0.03, 0.1) * height
        band = np.array([[0, left - thick], [width, right - thick],
                         [width, right + thick], [0, left + thick]])
        cv2.fillPoly(shade, [np.rint(band).astype(np.int32)], 1.0)
    soft = _blurred(shade, 0.006 * width)[..., None]
    # Light from the sky alone, which reaches into shadows, is bluish.
    tint = np.array([0.85, 1.0, 1.0], np.float32)
    return pixels * (1 - np.float32(depth) * soft * tint)


def color_cast(pixels: Field, level: float, rng: Generator) -> Field:
    """Get the white balance wrong, as bright as before."""
    angle = rng.uniform(0.0, 2.0 * math.pi)
    lean = np.array([math.cos(angle), math.cos(angle + 2.1), math.cos(angle + 4.2)])
    gain = np.exp(level * lean).astype(np.float32)
    luma = np.array([0.114, 0.587, 0.299], np.float32)
    return pixels * (gain / np.float32(gain @ luma))


def _line(length: float, angle: float) -> NDArray[np.float64]:
    """Return a kernel with a line through its middle; angle 0 is along the rows."""
    side = 2 * math.ceil(length / 2) + 1
    rows, cols = np.mgrid[:side, :side] - side // 2
    along = cols * math.cos(angle) + rows * math.sin(angle)
    across = rows * math.cos(angle) - cols * math.sin(angle)
    near = np.clip(1.0 - np.abs(across), 0.0, 1.0)
    return np.asarray(near * np.clip(length / 2 + 0.5 - np.abs(along), 0.0, 1.0))


def _filtered(values: Field, kernel: NDArray[np.float64]) -> Field:
    return np.asarray(cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REFLECT_101),
                      np.float32)


def _blurred(values: Field, deviation: float) -> Field:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(deviation, 0.3)), np.float32)
