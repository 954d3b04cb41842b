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
Twelve ways in which an image can be worse than those of the training, in three strengths each.

The idea, and the split into kinds and strengths, are those of Hendrycks and Dietterich (ICLR
2019); the kinds are what a camera on a vehicle meets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.model import effects
from seg_node.scoring.ground_truth import UNKNOWN

Array = NDArray[np.uint8]
Generator = np.random.Generator
_Change = Callable[[Array, Array, float, Generator], tuple[Array, Array]]

STRENGTHS = (1, 2, 3)
_FOCAL = 0.9
"""Focal length for `pitch`, in widths of the image: a horizontal field of view of 58 degrees."""


@dataclass(frozen=True)
class Corruption:
    """One kind, with its level at each strength; what the level means is its effect's affair."""

    name: str
    about: str
    levels: tuple[float, float, float]
    change: _Change

    def apply(self, bgr: Array, codes: Array, strength: int, seed: int) -> tuple[Array, Array]:
        """
        Return the worse image and its labels, of the same sizes, in memory of their own.

        :param bgr: uint8 [H, W, 3].
        :param codes: uint8 [H, W], label codes; they move where pixels move.
        :param strength: 1, 2 or 3.
        :param seed: same seed, same place and pattern at every strength.
        :raises ValueError: for another strength.
        """
        if strength not in STRENGTHS:
            raise ValueError(f'strength {strength}: must be 1, 2 or 3')
        rng = np.random.default_rng((seed, *self.name.encode()))
        return self.change(bgr, codes, self.levels[strength - 1], rng)


def pitch(bgr: Array, codes: Array, degrees: float, rng: Generator) -> tuple[Array, Array]:
    """Turn the camera up or down; what comes into view is a reflection and UNKNOWN."""
    height, width = codes.shape
    turn = np.radians(degrees) * rng.choice((-1.0, 1.0))
    cosine, sine = np.cos(turn), np.sin(turn)
    lens = np.array([[_FOCAL * width, 0, (width - 1) / 2],
                     [0, _FOCAL * width, (height - 1) / 2], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    view = lens @ about_x @ np.linalg.inv(lens)
    size = (width, height)
    return (
        np.asarray(cv2.warpPerspective(bgr, view, size, flags=cv2.INTER_LINEAR,
                                       borderMode=cv2.BORDER_REFLECT_101), np.uint8),
        np.asarray(cv2.warpPerspective(codes, view, size, flags=cv2.INTER_NEAREST,
                                       borderMode=cv2.BORDER_CONSTANT, borderValue=UNKNOWN),
                   np.uint8))


def _light(effect: effects.Effect) -> _Change:
    """Turn an effect that leaves everything in its place into a change."""
    def change(bgr: Array, codes: Array, level: float, rng: Generator) -> tuple[Array, Array]:
        found = effect(bgr.astype(np.float32), level, rng)
        return np.clip(np.rint(found), 0, 255).astype(np.uint8), codes.copy()
    return change


SUITE = (
    Corruption('dark', 'share of the light, with noise', (0.5, 0.3, 0.18),
               _light(effects.dark)),
    Corruption('overexposed', 'factor of the light', (1.3, 1.7, 2.2),
               _light(effects.overexposed)),
    Corruption('fog', 'density, thicker with distance', (0.3, 0.6, 1.1), _light(effects.fog)),
    Corruption('motion_blur', 'length, share of the width', (0.015, 0.03, 0.06),
               _light(effects.motion_blur)),
    Corruption('defocus', 'radius, share of the width', (0.005, 0.01, 0.02),
               _light(effects.defocus)),
    Corruption('noise', 'standard deviation, 0 to 255', (10.0, 22.0, 40.0),
               _light(effects.noise)),
    Corruption('jpeg', 'quality', (30.0, 15.0, 8.0), _light(effects.jpeg)),
    Corruption('rain', 'amount of streaks', (0.3, 0.6, 1.0), _light(effects.rain)),
    Corruption('glare', 'strength of a low sun', (0.4, 0.8, 1.4), _light(effects.glare)),
    Corruption('shadows', 'depth of the shadow bands', (0.35, 0.55, 0.75),
               _light(effects.shadows)),
    Corruption('color_cast', "logarithm of the channels' gain", (0.12, 0.24, 0.36),
               _light(effects.color_cast)),
    Corruption('pitch', 'degrees up or down', (3.0, 6.0, 10.0), pitch),
)
