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

"""What goes wrong inside a camera: images, BGR uint8 [H, W, 3], as its faults leave them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.faults.images import Clip, Pixels

# One generator for all clips: each is made once, so that a run is the same every time.
_SEED = 3


def dark(image: Pixels) -> Pixels:
    """Return what a camera without light sees."""
    return (image * np.float32(0.02)).astype(np.uint8)


def overexposed(image: Pixels) -> Pixels:
    """Return an image with the sun in the lens, or a stuck exposure."""
    return cv2.convertScaleAbs(image, alpha=3.0, beta=120.0)


def covered(image: Pixels) -> Pixels:
    """Return what is seen through a fogged or covered lens: hardly any contrast."""
    return cv2.convertScaleAbs(cv2.GaussianBlur(image, (0, 0), 12.0), alpha=0.04, beta=110.0)


def partly_blocked(image: Pixels) -> Pixels:
    """Return an image with mud or a hand on both sides of the lens."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.float32)
    # Beside the corridor, so that the road itself stays clear.
    mask[:, :width // 5] = mask[:, width * 4 // 5:] = 1.0
    mask = cv2.GaussianBlur(mask, (0, 0), 6.0)[..., None]
    mud = np.array([20, 26, 30], np.float32)
    return (image * (1.0 - mask) + mud * mask).astype(np.uint8)


def blurred(image: Pixels) -> Pixels:
    """Return an image that is out of focus."""
    return cv2.GaussianBlur(image, (0, 0), 9.0)


def noisy(clip: Clip) -> Clip:
    """Return a clip with the noise of a broken sensor or a bad cable."""
    rng = np.random.default_rng(_SEED)

    def spoil(image: Pixels) -> Pixels:
        noise = rng.normal(0.0, 60.0, image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    return clip.changed(spoil)


def torn(clip: Clip) -> Clip:
    """Return a clip whose images lack their first lines, up to a row that changes."""
    rng = np.random.default_rng(_SEED)

    def spoil(image: Pixels) -> Pixels:
        height = image.shape[0]
        spoiled = image.copy()
        spoiled[:int(rng.integers(height * 3 // 10, height // 2))] = 0
        return spoiled
    return clip.changed(spoil)


def shifted(clip: Clip) -> Clip:
    """Return a clip whose lines are shifted aside from some row on: lost sync."""
    rng = np.random.default_rng(_SEED)

    def spoil(image: Pixels) -> Pixels:
        height, width = image.shape[:2]
        spoiled = image.copy()
        first = int(rng.integers(height // 3, height * 2 // 3))
        shift = int(rng.integers(width // 5, width * 4 // 5))
        spoiled[first:] = np.roll(image[first:], shift, axis=1)
        return spoiled
    return clip.changed(spoil)


def frozen(clip: Clip) -> Clip:
    """Return one image, over and over."""
    return Clip(clip.frames[:1])


def half_size(image: Pixels) -> Pixels:
    """Return the image as after a change of the camera's mode."""
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def unsure(share: float) -> Callable[[Pixels], Pixels]:
    """
    Return what takes the colour from a share of the lower half: the tiny model is unsure there.

    The pixels left keep enough green to be path.
    """
    def spoil(image: Pixels) -> Pixels:
        height = image.shape[0]
        stripe = 32      # eight rows of the network
        spoiled = image.copy()
        for top in range(height // 2, height, stripe):
            rows = slice(top, top + max(1, round(stripe * share)))
            part = image[rows].astype(np.int16)
            green = part[..., 1]
            path = (green - part[..., 0] > 20) & (green - part[..., 2] > 20)
            for channel in (0, 2):
                part[..., channel] = np.where(path, green - 25, part[..., channel])
            spoiled[rows] = np.clip(part, 0, 255).astype(np.uint8)
        return spoiled
    return spoil
