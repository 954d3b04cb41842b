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
"""Images for the tests of the codecs."""

from __future__ import annotations

import numpy as np


def noise_image(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height: int, width: int) -> np.ndarray:
    """Return a colour image without detail, which subsampled encodings keep."""
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    return np.stack([60 + 120 * x, 200 - 130 * y, 90 + 80 * x * y], 2).astype(np.uint8)


def yuv_planes(bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Y, U, V of BT.601 limited range (ITU-R BT.601-7, table 3), full resolution."""
    b, g, r = (bgr[..., index] / 255 for index in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    planes = (16 + 219 * luma, 128 + 224 * (b - luma) / 1.772, 128 + 224 * (r - luma) / 1.402)
    return tuple(np.rint(plane).astype(np.uint8) for plane in planes)


def mosaic_of(values: np.ndarray, pattern: str) -> np.ndarray:
    """Return the mosaic, [H, W], that a sensor with a pattern such as 'rggb' sees of BGR."""
    mosaic = np.empty_like(values[..., 0])
    for index, color in enumerate(pattern):
        y, x = divmod(index, 2)
        mosaic[y::2, x::2] = values[y::2, x::2, 'bgr'.index(color)]
    return mosaic
