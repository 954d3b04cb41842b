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

"""Random views and lights: what a training picture may look like on another robot."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.datasets import Sample

Array = NDArray[np.uint8]


def augment(sample: Sample, size: tuple[int, int], cutouts: Sequence[Sample],
            rng: np.random.Generator) -> Sample:
    """Return a random view of a sample, size (width, height); pixels from outside are unknown."""
    bgr, codes = _random_view(sample, size, rng)
    if cutouts and rng.random() < 0.3:
        for _ in range(rng.integers(1, 3)):
            _paste(bgr, codes, cutouts[rng.integers(len(cutouts))], rng)
    return Sample(_random_light(bgr, rng), codes)


def plain(sample: Sample, size: tuple[int, int]) -> Sample:
    """Return the sample as the node would see it: the whole picture at network size."""
    return Sample(cv2.resize(sample.bgr, size, interpolation=cv2.INTER_AREA),
                  cv2.resize(sample.codes, size, interpolation=cv2.INTER_NEAREST))


def obstacle_cutouts(samples: Sequence[Sample], least: int = 600) -> list[Sample]:
    """Cut the obstacles of at least `least` pixels out of labelled samples."""
    cutouts = []
    for sample in samples:
        mask = (sample.codes == labels.OBSTACLE).astype(np.uint8)
        _, components, stats, _ = cv2.connectedComponentsWithStats(mask)
        for index, (x, y, w, h, area) in enumerate(stats):
            if index and area >= least and h > 20 and w > 8 and x > 0 and x + w < mask.shape[1]:
                box = np.s_[y:y + h, x:x + w]
                inside = (components[box] == index).astype(np.uint8)
                cutouts.append(Sample(sample.bgr[box].copy(), inside))
    return cutouts


def _random_view(sample: Sample, size: tuple[int, int],
                 rng: np.random.Generator) -> tuple[Array, Array]:
    height, width = sample.codes.shape
    scale = rng.uniform(0.45, 1.0) if rng.random() < 0.7 else rng.uniform(1.0, 1.2)
    stretch = np.exp(rng.uniform(-0.3, 0.3))
    crop_w = width * scale * min(1.0, stretch)
    crop_h = height * scale * min(1.0, 1 / stretch)
    x0 = rng.uniform(0, width - crop_w) if crop_w < width else (width - crop_w) / 2
    y0 = rng.uniform(0, height - crop_h) if crop_h < height else (height - crop_h) / 2
    corners = np.array([[x0, y0], [x0 + crop_w, y0], [x0 + crop_w, y0 + crop_h],
                        [x0, y0 + crop_h]])
    corners += rng.uniform(-0.06, 0.06, (4, 2)) * (crop_w, crop_h)
    angle = np.deg2rad(rng.normal(0, 3))
    center = corners.mean(axis=0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = (corners - center) @ turn.T + center
    if rng.random() < 0.5:
        corners = corners[[1, 0, 3, 2]]
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]])
    warp = cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))
    bgr = cv2.warpPerspective(sample.bgr, warp, size, flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)
    codes = cv2.warpPerspective(sample.codes, warp, size, flags=cv2.INTER_NEAREST,
                                borderMode=cv2.BORDER_CONSTANT, borderValue=labels.UNKNOWN)
    return bgr, codes


def _paste(bgr: Array, codes: Array, cutout: Sample, rng: np.random.Generator) -> None:
    rows, cols = np.nonzero(labels.is_path(codes))
    if len(rows) < 200:
        return
    pick = rng.integers(len(rows))
    foot_y, foot_x = int(rows[pick]), int(cols[pick])
    height = int(np.clip(codes.shape[0] * rng.uniform(0.12, 0.5), 12, foot_y))
    width = max(4, int(height * cutout.bgr.shape[1] / cutout.bgr.shape[0]))
    x0, y0 = foot_x - width // 2, foot_y - height
    if height < 12 or x0 < 0 or y0 < 0 or x0 + width > codes.shape[1]:
        return
    patch = cv2.resize(cutout.bgr, (width, height), interpolation=cv2.INTER_AREA)
    inside = cv2.resize(cutout.codes, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    box = np.s_[y0:foot_y, x0:x0 + width]
    bgr[box][inside] = patch[inside]
    codes[box][inside] = labels.OBSTACLE


def _random_light(bgr: Array, rng: np.random.Generator) -> Array:
    if rng.random() < 0.25:
        bgr = _cast_shadow(bgr, rng)
    if rng.random() < 0.2:
        bgr = _shade_lens(bgr, rng)
    bgr = cv2.LUT(bgr, _random_curves(rng))
    if rng.random() < 0.3:
        grey = cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = rng.uniform(-0.4, 1.0)
        bgr = cv2.addWeighted(grey, share, bgr, 1 - share, 0)
    if rng.random() < 0.2:
        bgr = cv2.GaussianBlur(bgr, (0, 0), rng.uniform(0.5, 2.0))
    if rng.random() < 0.25:
        noise = np.empty(bgr.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(1 << 30)))
        cv2.randn(noise, 0, rng.uniform(2, 16))
        bgr = cv2.add(bgr, noise, dtype=cv2.CV_8U)
    if rng.random() < 0.2:
        quality = int(rng.integers(15, 70))
        bgr = cv2.imdecode(cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    return bgr


def _random_curves(rng: np.random.Generator) -> Array:
    ramp = np.linspace(0, 1, 256)
    curves = np.empty((1, 256, 3), np.uint8)
    gamma = np.exp(rng.normal(0, 0.3))
    contrast = np.exp(rng.normal(0, 0.2))
    brightness = rng.normal(0, 0.08)
    for channel in range(3):
        gain = np.exp(rng.normal(0, 0.08))
        curve = ((ramp ** gamma) * gain - 0.5) * contrast + 0.5 + brightness
        curves[0, :, channel] = np.clip(curve * 255, 0, 255).astype(np.uint8)
    return curves


def _cast_shadow(bgr: Array, rng: np.random.Generator) -> Array:
    height, width = bgr.shape[:2]
    corners = rng.uniform(-0.2, 1.2, (int(rng.integers(3, 6)), 2)) * (width, height)
    light = np.full((height, width), 255, np.uint8)
    cv2.fillPoly(light, [cv2.convexHull(corners.astype(np.int32))],
                 int(255 * rng.uniform(0.3, 0.75)))
    light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.8, 8))
    return cv2.multiply(bgr, cv2.merge([light, light, light]), scale=1 / 255)


def _shade_lens(bgr: Array, rng: np.random.Generator) -> Array:
    height, width = bgr.shape[:2]
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j].astype(np.float32)
    radius = np.sqrt(x * x + y * y) / np.sqrt(2)
    gains = [1 + rng.uniform(-0.5, 0.3) * radius ** 2 for _ in range(3)]
    return np.clip(bgr * np.stack(gains, axis=-1), 0, 255).astype(np.uint8)
