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
"""Night with headlamps, rain on the lens and snow in the air, a batch at a time."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.fields import axes, on_device, per_image

_Rng = np.random.Generator


def headlamps(images: Tensor, rng: _Rng) -> Tensor:
    """Return a night: dark but for the cone of the vehicle's own lamps, and other lamps' glare."""
    count, _, height, width = images.shape
    x, y = axes(images)
    horizon = per_image(rng.uniform(0.3, 0.55, count), images)
    below = (y - horizon).clamp(min=0)
    # Light falls with the distance, but the beam is aimed ahead: brightest some way off.
    reach = per_image(rng.uniform(0.08, 0.3, count), images)
    beam = below / (below ** 2 + reach ** 2) * 2 * reach
    aside = x / (per_image(rng.uniform(0.3, 0.8, count), images) + below)
    cone = beam * (-aside ** 2).exp() * (below > 0)
    ambient = per_image(rng.uniform(0.02, 0.18, count), images)
    dark = images ** per_image(rng.uniform(1.0, 1.6, count), images)
    warm = on_device((1.0, 0.9, 0.72), images.device).view(1, 3, 1, 1)
    lit = dark * (ambient + cone * warm * per_image(rng.uniform(0.3, 1.0, count), images))
    for _ in range(2):
        far = ((x - per_image(rng.uniform(-1, 1, count), images)) ** 2
               + (y - horizon + per_image(rng.uniform(-0.05, 0.1, count), images)) ** 2)
        glow = 1 / (1 + far / per_image(rng.uniform(1e-4, 2e-3, count), images))
        lit = lit + glow * warm * per_image(
            rng.uniform(0.3, 1.2, count) * (rng.random(count) < 0.5), images)
    return lit


def drops(images: Tensor, rng: _Rng) -> Tensor:
    """Return the view through drops on the lens: blurred and turned over in each of them."""
    count, _, height, width = images.shape
    x, y = axes(images)
    small = F.avg_pool2d(images, 8, ceil_mode=True)
    blurred = F.interpolate(small, size=(height, width), mode='bilinear', align_corners=False)
    # A drop is a lens: it shows the view upside down, the sky at its lower edge.
    turned = (blurred.flip(2) + blurred) / 2
    out = images
    for _ in range(int(rng.integers(4, 14))):
        size = per_image(np.exp(rng.uniform(math.log(0.015), math.log(0.12), count)), images)
        far = ((x - per_image(rng.uniform(-1, 1, count), images)) ** 2 / 2.6
               + (y - per_image(rng.uniform(0, 1, count), images)) ** 2) / size ** 2
        cover = ((1.2 - far) * 2).clamp(0, 1) * per_image(rng.random(count) < 0.8, images)
        out = out + (turned * per_image(rng.uniform(0.7, 1.1, count), images) - out) * cover
    return out


def flakes(images: Tensor, rng: _Rng) -> Tensor:
    """Return snow in the air: bright flecks, the near ones larger and blurred."""
    count, _, height, width = images.shape
    generator = torch.Generator(images.device).manual_seed(int(rng.integers(1 << 62)))
    snow: Tensor | float = 0.0
    for shrink, share in ((1, 0.012), (3, 0.02), (8, 0.03)):
        shape = (count, 1, -(-height // shrink), -(-width // shrink))
        seeds = torch.rand(shape, device=images.device, generator=generator)
        chosen = (seeds < share * per_image(rng.uniform(0.2, 1.5, count), images)).float()
        snow = snow + F.interpolate(chosen, size=(height, width), mode='bilinear',
                                    align_corners=False) * (0.9 if shrink < 8 else 0.6)
    flat = per_image(rng.uniform(0.6, 0.95, count), images)
    veil = images * flat + (1 - flat) * 0.8
    return veil + (0.95 - veil) * snow.clamp(0, 1)
