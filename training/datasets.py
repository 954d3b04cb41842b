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

"""Load the training sets into memory as pairs of image and label codes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels

Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Sample:
    """An image, uint8 [H, W, 3] BGR, and its label codes, uint8 [H, W]."""

    bgr: Array
    codes: Array


def load_pairs(folder: Path, lut: Array) -> list[Sample]:
    """Load FOLDER/images and FOLDER/masks, mask ids translated by `lut` (uint8 [256])."""
    masks = {path.stem: path for path in (folder / 'masks').iterdir()}
    samples = []
    for path in sorted((folder / 'images').iterdir()):
        if path.stem not in masks:
            raise FileNotFoundError(f'{path}: no mask of that name in {folder / "masks"}')
        mask = cv2.imread(str(masks[path.stem]), cv2.IMREAD_GRAYSCALE)
        samples.append(Sample(_read(path), lut[mask]))
    return samples


def lums(data: Path, split: str) -> list[Sample]:
    """Load a split (train, valid, test) of the LUMS Road Dataset."""
    return load_pairs(data / 'lums' / split, labels.FROM_LUMS)


def roads(data: Path, split: str) -> list[Sample]:
    """Load a split of road_segmentation; its labels tell path from not-path only."""
    return load_pairs(data / 'roads' / split, labels.FROM_ROADS)


def video_frames(path: Path) -> list[Array]:
    """Load every frame of a video."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while True:
        good, frame = capture.read()
        if not good:
            return frames
        frames.append(cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA))


def comma10k(data: Path) -> list[Sample]:
    """Load the comma10k pictures; what moves is an obstacle, the own car unknown."""
    samples = []
    for path in sorted((data / 'comma10k' / 'images').iterdir()):
        mask = _read(data / 'comma10k' / 'masks' / f'{path.stem}.png')
        codes = np.full(mask.shape[:2], labels.UNKNOWN, np.uint8)
        for color, code in labels.COMMA10K_COLORS.items():
            codes[(mask[..., ::-1] == color).all(-1)] = code
        samples.append(Sample(_read(path), codes))
    return samples


def blank_images(count: int, width: int, height: int) -> list[Sample]:
    """Make images of nothing, such as a covered or blinded camera gives: none has a path."""
    samples = []
    for seed in range(count):
        rng = np.random.default_rng((seed, 815))
        # Blotches: a few colours, enlarged; from a single colour to a coarse pattern.
        cells = tuple(int(n) for n in rng.integers(1, 9, 2))
        middle = rng.uniform(0, 255) + rng.normal(0, 30, 3)
        spread = np.exp(rng.uniform(0, np.log(90)))
        colors = np.clip(rng.normal(middle, spread, (*cells, 3)), 0, 255).astype(np.float32)
        bgr = cv2.resize(colors, (width, height), interpolation=cv2.INTER_CUBIC)
        bgr += rng.normal(0, np.exp(rng.uniform(0, np.log(30))), bgr.shape)
        codes = np.full((height, width), labels.NOT_PATH, np.uint8)
        samples.append(Sample(np.clip(bgr, 0, 255).astype(np.uint8), codes))
    return samples


def _read(path: Path) -> Array:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f'{path}: not a readable image')
    return image
