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

"""Random views and lights: what a training image may look like on another robot."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.datasets import Sample

Array = NDArray[np.uint8]


SOFT_STRIDE = 4
"""A view has one soft label for so many pixels along each side."""


def augment(sample: Sample, size: tuple[int, int], cutouts: Sequence[Sample],
            rng: np.random.Generator) -> Sample:
    """
    Return a random view of a sample, size (width, height); pixels from outside are unknown.

    Soft labels come out at 1/4 of the size, with one channel more: 255 where they hold.
    """
    warp = _random_view(sample, size, rng)
    bgr = cv2.warpPerspective(sample.bgr, warp, size, flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)
    codes = cv2.warpPerspective(sample.codes, warp, size, flags=cv2.INTER_NEAREST,
                                borderMode=cv2.BORDER_CONSTANT, borderValue=labels.UNKNOWN)
    soft = None if sample.soft is None else _soft_view(sample, warp, size)
    before = codes.copy()
    if cutouts and rng.random() < 0.3:
        for _ in range(rng.integers(1, 3)):
            _paste(bgr, codes, cutouts[rng.integers(len(cutouts))], rng)
    if rng.random() < 0.05:
        _cover_with_bonnet(bgr, codes, rng)
    if soft is not None:
        # What was pasted was not there when the soft labels were made.
        changed = (codes != before)[SOFT_STRIDE // 2::SOFT_STRIDE, SOFT_STRIDE // 2::SOFT_STRIDE]
        soft[..., -1][changed] = 0
    return Sample(random_light(bgr, rng), codes, soft)


def plain(sample: Sample, size: tuple[int, int]) -> Sample:
    """Return the sample as the node would see it: the whole image at network size."""
    return Sample(cv2.resize(sample.bgr, size, interpolation=cv2.INTER_AREA),
                  cv2.resize(sample.codes, size, interpolation=cv2.INTER_NEAREST))


def obstacle_cutouts(samples: Sequence[Sample], minimum: int = 600) -> list[Sample]:
    """Cut the obstacles of at least `minimum` pixels out of labelled samples."""
    cutouts = []
    for sample in samples:
        mask = (sample.codes == labels.OBSTACLE).astype(np.uint8)
        _, components, stats, _ = cv2.connectedComponentsWithStats(mask)
        for index, (x, y, w, h, area) in enumerate(stats):
            if index and area >= minimum and h > 20 and w > 8 and x > 0 and x + w < mask.shape[1]:
                box = np.s_[y:y + h, x:x + w]
                inside = (components[box] == index).astype(np.uint8)
                cutouts.append(Sample(sample.bgr[box].copy(), inside))
    return cutouts


def _random_view(sample: Sample, size: tuple[int, int], rng: np.random.Generator,
                 ) -> NDArray[np.float64]:
    """Return the 3x3 perspective from the sample to a random view of it."""
    height, width = sample.codes.shape
    kind = rng.random()
    # A third of the views is nearly the whole image: that is what the node will see.
    if kind < 0.35:
        scale, stretch = rng.uniform(0.88, 1.0), np.exp(rng.uniform(-0.08, 0.08))
    elif kind < 0.8:
        scale, stretch = rng.uniform(0.45, 0.95), np.exp(rng.uniform(-0.4, 0.4))
    else:
        scale, stretch = rng.uniform(1.0, 1.2), np.exp(rng.uniform(-0.3, 0.3))
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
    return cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))


def _soft_view(sample: Sample, warp: NDArray[np.float64], size: tuple[int, int]) -> Array:
    soft = sample.soft
    assert soft is not None
    rows, columns = soft.shape[:2]
    height, width = sample.codes.shape
    inward = _scaling(width / columns, height / rows)
    outward = _scaling(1 / SOFT_STRIDE, 1 / SOFT_STRIDE)
    small = size[0] // SOFT_STRIDE, size[1] // SOFT_STRIDE
    matrix = outward @ warp @ inward
    # Outside of the image is told from its first class by the last channel.
    covered = cv2.warpPerspective(np.full((rows, columns), 255, np.uint8), matrix, small)
    return np.dstack([cv2.warpPerspective(soft, matrix, small), (covered == 255) * np.uint8(255)])


def _scaling(x: float, y: float) -> NDArray[np.float64]:
    """Return the map between pixel centres of two sizes of an image."""
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


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


def _cover_with_bonnet(bgr: Array, codes: Array, rng: np.random.Generator) -> None:
    """Let the vehicle's own bonnet show at the lower edge; it is neither path nor known."""
    height, width = codes.shape
    top = height * rng.uniform(0.86, 0.97)
    x = np.linspace(-1.0, 1.0, 24)
    edge = top + height * rng.uniform(0.0, 0.12) * x ** 2
    outline = np.stack([(x + 1) * width / 2, edge], axis=1)
    polygon = np.concatenate([outline, [[width, height], [0, height]]]).astype(np.int32)
    cover = np.zeros_like(codes)
    cv2.fillPoly(cover, [polygon], 1)
    inside = cover > 0
    shade = np.linspace(rng.uniform(0.5, 1.0), rng.uniform(0.5, 1.0), height)[:, None, None]
    paint = rng.uniform(10, 220, 3) * shade * np.ones((1, width, 1))
    bgr[inside] = paint[inside].astype(np.uint8)
    codes[inside] = labels.UNKNOWN


def random_light(bgr: Array, rng: np.random.Generator) -> Array:
    """Return the image in another light, through another lens and another sensor."""
    if rng.random() < 0.25:
        bgr = _cast_shadow(bgr, rng)
    if rng.random() < 0.2:
        bgr = _shade_lens(bgr, rng)
    if rng.random() < 0.06:
        bgr = _dazzle(bgr, rng)
    if rng.random() < 0.08:
        bgr = _haze(bgr, rng)
    bgr = cv2.LUT(bgr, _random_curves(rng))
    if rng.random() < 0.3:
        grey = cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        share = rng.uniform(-0.4, 1.0)
        bgr = cv2.addWeighted(grey, share, bgr, 1 - share, 0)
    kind = rng.random()
    if kind < 0.16:
        bgr = cv2.GaussianBlur(bgr, (0, 0), rng.uniform(0.5, 2.0))
    elif kind < 0.22:
        bgr = _streak(bgr, rng)
    if rng.random() < 0.25:
        noise = np.empty(bgr.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(1 << 30)))
        cv2.randn(noise, 0, np.exp(rng.uniform(np.log(2), np.log(45))))
        bgr = cv2.add(bgr, noise, dtype=cv2.CV_8U)
    if rng.random() < 0.2:
        quality = int(rng.integers(15, 70))
        bgr = cv2.imdecode(cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    return bgr


def _dazzle(bgr: Array, rng: np.random.Generator) -> Array:
    """Add the veil of a low sun: bright around a point in the upper half."""
    height, width = bgr.shape[:2]
    x0, y0 = rng.uniform(0, width), rng.uniform(0, height * 0.6)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    distance = np.hypot(x - x0, y - y0) / width
    veil = rng.uniform(80, 260) * np.exp(-distance / rng.uniform(0.08, 0.4))
    return np.clip(bgr + veil[..., None], 0, 255).astype(np.uint8)


def _haze(bgr: Array, rng: np.random.Generator) -> Array:
    """Fade towards a grey, above a horizon altogether and less towards the lower edge."""
    height = bgr.shape[0]
    horizon = rng.uniform(0.2, 0.6)
    below = np.clip(np.arange(height) / height - horizon, 0, None)
    # Koschmieder: transmission falls with distance, which on level ground is as 1 / below.
    transmission = np.exp(-rng.uniform(0.02, 0.5) / np.maximum(below, 0.01))
    transmission = np.maximum(transmission, rng.uniform(0.05, 0.4))[:, None, None]
    grey = rng.uniform(120, 245) * rng.uniform(0.95, 1.05, 3)
    return np.clip(bgr * transmission + grey * (1 - transmission), 0, 255).astype(np.uint8)


def _streak(bgr: Array, rng: np.random.Generator) -> Array:
    """Blur along a direction, as motion or rain on the lens does."""
    length = int(rng.integers(5, 16))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    along = np.array([np.cos(angle), np.sin(angle)]) * middle
    first, last = middle - along, middle + along
    cv2.line(kernel, tuple(np.rint(first).astype(int).tolist()),
             tuple(np.rint(last).astype(int).tolist()), 1.0)
    return cv2.filter2D(bgr, -1, kernel / kernel.sum())


def _random_curves(rng: np.random.Generator) -> Array:
    ramp = np.linspace(0, 1, 256)
    curves = np.empty((1, 256, 3), np.uint8)
    gamma = np.exp(rng.normal(0, 0.3))
    contrast = np.exp(rng.normal(0, 0.2))
    brightness = rng.normal(0, 0.08)
    if rng.random() < 0.06:     # night
        gamma, brightness = rng.uniform(1.5, 3.0), rng.uniform(-0.1, 0.0)
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
