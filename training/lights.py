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
"""Other lights, lenses and sensors: what a picture may look like, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.fields import axes, on_device, per_image
from training.weather import drops, flakes, headlamps

_Rng = np.random.Generator
Effect = Callable[[Tensor, _Rng], Tensor]
_GREY = (0.299, 0.587, 0.114)
_REACH = 5      # of the blur, px to each side
_STREAK_STEPS = 9
# The usual quantisation of luminance at quality 50 (ITU-T T.81, annex K), and less for colour.
_JPEG = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]], np.float32)


def random_light(images: Tensor, rng: _Rng) -> Tensor:
    """Return images, float [N, 3, h, w] 0 to 1 RGB, in other lights, through other lenses."""
    images = images.clone()
    for share, effect in _EFFECTS:
        chosen = np.flatnonzero(rng.random(len(images)) < share)
        if len(chosen):
            places = on_device(chosen, images.device)
            images[places] = effect(images[places], rng).clamp(0, 1)
    return images


def _cast_shadow(images: Tensor, rng: _Rng) -> Tensor:
    """Darken a region between three random edges."""
    count = len(images)
    x, y = axes(images)
    inside: Tensor | float = 1.0
    middle_x, middle_y = rng.uniform(-0.8, 0.8, count), rng.uniform(0.2, 1.0, count)
    first = rng.uniform(0, 2 * math.pi, count)
    soft = per_image(1 / rng.uniform(0.005, 0.06, count), images)
    for k in range(3):
        angle = first + 2 * math.pi / 3 * (k + rng.uniform(-0.3, 0.3, count))
        reach = per_image(rng.uniform(0.05, 0.7, count), images)
        along = ((x - per_image(middle_x, images)) * per_image(np.cos(angle), images)
                 + (y - per_image(middle_y, images)) * per_image(np.sin(angle), images))
        inside = inside * ((reach - along) * soft).sigmoid()
    return images * (1 - inside * per_image(rng.uniform(0.25, 0.7, count), images))


def _shade_lens(images: Tensor, rng: _Rng) -> Tensor:
    x, y = axes(images)
    radius = (x ** 2 + (2 * y - 1) ** 2) / 2
    return images * (1 + radius * per_image(rng.uniform(-0.5, 0.3, (len(images), 3)), images))


def _dazzle(images: Tensor, rng: _Rng) -> Tensor:
    """Add the veil of a low sun, bright around a point in the upper half."""
    count = len(images)
    x, y = axes(images)
    distance = ((x - per_image(rng.uniform(-1, 1, count), images)) ** 2
                + (y - per_image(rng.uniform(0, 0.6, count), images)) ** 2).sqrt() / 2
    veil = (-distance / per_image(rng.uniform(0.08, 0.4, count), images)).exp()
    dim = per_image(rng.uniform(0.35, 1.0, count), images)      # the lens closes against the sun
    return images * dim + veil * per_image(rng.uniform(0.3, 1.0, count), images)


def _haze(images: Tensor, rng: _Rng) -> Tensor:
    """Fade towards a grey, above a horizon altogether and less towards the lower edge."""
    count = len(images)
    _, y = axes(images)
    below = (y - per_image(rng.uniform(0.2, 0.6, count), images)).clamp(min=0.01)
    # Koschmieder: transmission falls with distance, which on level ground is as 1 / below.
    clear = (-per_image(rng.uniform(0.02, 0.5, count), images) / below).exp()
    clear = torch.maximum(clear, per_image(rng.uniform(0.05, 0.4, count), images))
    grey = rng.uniform(0.47, 0.96, (count, 1)) * rng.uniform(0.95, 1.05, (count, 3))
    return images * clear + per_image(grey, images) * (1 - clear)


def _curves(images: Tensor, rng: _Rng) -> Tensor:
    count = len(images)
    gamma = np.exp(rng.normal(0, 0.3, count))
    brightness = rng.normal(0, 0.08, count)
    night = rng.random(count) < 0.08
    gamma = np.where(night, rng.uniform(1.5, 3.0, count), gamma)
    brightness = np.where(night, rng.uniform(-0.1, 0.0, count), brightness)
    contrast = np.exp(rng.normal(0, 0.2, count))
    gain = np.exp(rng.normal(0, 0.08, (count, 3)))
    raised = images.clamp(min=1e-4) ** per_image(gamma, images) * per_image(gain, images)
    return (raised - 0.5) * per_image(contrast, images) + 0.5 + per_image(brightness, images)


def _saturation(images: Tensor, rng: _Rng) -> Tensor:
    weights = on_device(_GREY, images.device).view(1, 3, 1, 1)
    grey = (images * weights).sum(1, keepdim=True)
    share = per_image(rng.uniform(-0.4, 1.0, len(images)), images)
    return images + (grey - images) * share


def _blur(images: Tensor, rng: _Rng) -> Tensor:
    """Blur each image by a Gaussian of its own."""
    sigma = rng.uniform(0.5, 2.2, len(images))
    offsets = range(-_REACH, _REACH + 1)
    taps = np.exp(-np.array(offsets) ** 2 / (2 * sigma[:, None] ** 2))
    taps /= taps.sum(1, keepdims=True)
    for axis in (2, 3):
        margin = (_REACH, _REACH, 0, 0) if axis == 3 else (0, 0, _REACH, _REACH)
        padded = F.pad(images, margin, mode='replicate')
        length = images.shape[axis]
        images = sum((padded.narrow(axis, k, length) * per_image(taps[:, k], images)
                      for k in range(len(offsets))), torch.zeros_like(images))
    return images


def _streak(images: Tensor, rng: _Rng) -> Tensor:
    """Blur each image along a direction of its own, as motion does."""
    count, _, height, width = images.shape
    angle, half = rng.uniform(0, math.pi, count), rng.uniform(2, 7, count)
    step_x, step_y = np.cos(angle) * half * 2 / width, np.sin(angle) * half * 2 / height
    total = torch.zeros_like(images)
    for share in np.linspace(-1, 1, _STREAK_STEPS):
        moved = np.zeros((count, 2, 3), np.float32)
        moved[:, 0, 0] = moved[:, 1, 1] = 1
        moved[:, 0, 2], moved[:, 1, 2] = share * step_x, share * step_y
        grid = F.affine_grid(on_device(moved, images.device), list(images.shape),
                             align_corners=False)
        total += F.grid_sample(images, grid, 'bilinear', 'border', align_corners=False)
    return total / _STREAK_STEPS


def _noise(images: Tensor, rng: _Rng) -> Tensor:
    strength = np.exp(rng.uniform(math.log(2), math.log(45), len(images))) / 255
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(1 << 62)))
    noise = torch.randn(images.shape, device=images.device, generator=generator)
    return images + noise * per_image(strength, images)


def _jpeg(images: Tensor, rng: _Rng) -> Tensor:
    """Lose what JPEG loses: blocks of 8x8 cosine coefficients, rounded to steps."""
    count, channels, height, width = images.shape
    tall, wide = height // 8 * 8, width // 8 * 8
    k, n = np.mgrid[:8, :8]
    cosine = np.cos(math.pi * (2 * n + 1) * k / 16) * np.where(k == 0, math.sqrt(1 / 8), 0.5)
    basis = on_device(cosine, images.device)
    quality = rng.uniform(15, 70, count)
    scale = np.where(quality < 50, 50 / quality, 2 - quality / 50) / 255
    steps = per_image(scale, images)[..., None, None] * on_device(_JPEG, images.device)
    blocks = images[..., :tall, :wide].reshape(
        count, channels, tall // 8, 8, wide // 8, 8).transpose(3, 4)
    found = basis @ blocks @ basis.T
    kept = basis.T @ ((found / steps).round() * steps) @ basis
    out = images.clone()
    out[..., :tall, :wide] = kept.transpose(3, 4).reshape(count, channels, tall, wide)
    return out


_EFFECTS: tuple[tuple[float, Effect], ...] = (
    (0.25, _cast_shadow), (0.05, headlamps), (0.2, _shade_lens), (0.07, _dazzle), (0.08, _haze),
    (1.0, _curves), (0.3, _saturation), (0.04, flakes), (0.05, drops), (0.16, _blur),
    (0.06, _streak), (0.25, _noise), (0.2, _jpeg))
"""What befalls a picture on its way to the network, in this order, and how often."""
