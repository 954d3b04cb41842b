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
Things pasted onto the road, a batch at a time: near and right ahead, dark, cut by the frame.

The horizon of a picture is taken to lie at the first rows that show path; on level ground a thing
of height h that stands d rows below it is d * h / camera height tall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional as F

from training import labels
from training.fields import axes, on_device, per_image
from training.packed import Cutout

SIDE = 128
"""Cut-outs are kept as squares of so many pixels, in LEVELS grades of sharpness."""
LEVELS = 4
_FEW = 150
"""Pixels of path that a view must have at least for something to stand on it."""
VEHICLE = 'vehicle'


@dataclass(frozen=True)
class Cutouts:
    """
    Cut-outs on the device.

    levels: uint8 [LEVELS, M, 4, SIDE, SIDE], RGB times alpha, and alpha; height_m, aspect (width
    over height) and foot (row where it touches the ground, 0 to 1) are float32 [M]; vehicle is
    bool [M].
    """

    levels: Tensor
    height_m: NDArray[np.float32]
    aspect: NDArray[np.float32]
    foot: NDArray[np.float32]
    vehicle: NDArray[np.bool_]

    @classmethod
    def of(cls, cutouts: Sequence[Cutout], device: torch.device) -> Cutouts:
        """Put cut-outs onto a device."""
        levels = np.empty((LEVELS, len(cutouts), 4, SIDE, SIDE), np.uint8)
        for number, one in enumerate(cutouts):
            bgra = cv2.resize(one.bgra, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            alpha = bgra[..., 3:].astype(np.float32) / 255
            image = np.dstack([bgra[..., 2::-1] * alpha, 255 * alpha])
            for level in range(LEVELS):
                small = cv2.resize(image, None, fx=0.5 ** level, fy=0.5 ** level,
                                   interpolation=cv2.INTER_AREA)
                levels[level, number] = cv2.resize(
                    small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR).transpose(2, 0, 1)
        return cls(
            torch.from_numpy(levels).to(device),
            np.array([one.height_m for one in cutouts], np.float32),
            np.array([one.bgra.shape[1] / one.bgra.shape[0] for one in cutouts], np.float32),
            np.array([one.foot for one in cutouts], np.float32),
            np.array([one.kind == VEHICLE for one in cutouts], np.bool_))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.height_m)


def paste(images: Tensor, codes: Tensor, cutouts: Cutouts, rng: np.random.Generator,
          ) -> tuple[Tensor, Tensor]:
    """
    Stand one cut-out on the path of each view that has one.

    :param images: float [N, 3, h, w] 0 to 1. codes: uint8 [N, h, w]. Both are left as they are.
    """
    count, height, width = codes.shape
    device = images.device
    pick = rng.integers(len(cutouts), size=count)

    def known(values: NDArray[np.generic]) -> Tensor:
        return on_device(values, device)

    path = (codes == labels.PATH) | (codes == labels.SPEED_BUMP) | (codes == labels.SOME_PATH)
    rows = torch.arange(height, device=device, dtype=torch.float32)
    any_path = path.sum(2) > width // 40
    first = torch.where(any_path, rows, float(height)).amin(1)
    foot_x, foot_y = _feet(path, rng)
    enough = path.sum((1, 2)) > _FEW
    # Cut by the frame: the foot goes below the last row.
    sunk = known(rng.random(count) < 0.3) * known(rng.random(count))
    foot_y = torch.where(foot_y > 0.8 * height, foot_y + sunk * 0.35 * height, foot_y)
    below = (foot_y - first + known(rng.uniform(0.01, 0.05, count)) * height).clamp(min=3)
    camera_m = known(np.exp(rng.uniform(np.log(0.5), np.log(2.0), count)))
    size = known(cutouts.height_m[pick] * np.exp(rng.normal(0, 0.15, count)))
    tall = (below * size / camera_m).clamp(6.0, 1.3 * height)
    # Squeezed pictures are narrower than the world.
    wide = tall * known(cutouts.aspect[pick] * np.exp(rng.normal(0, 0.12, count)) * 0.95)
    mirrored = known(np.where(rng.random(count) < 0.5, -1.0, 1.0))
    top = foot_y - tall * known(cutouts.foot[pick])

    x = torch.arange(width, device=device, dtype=torch.float32) + 0.5
    across = (x - foot_x[:, None]) / wide[:, None] * 2 * mirrored[:, None]
    down = (rows + 0.5 - top[:, None]) / tall[:, None] * 2 - 1
    grade = (SIDE / tall).log2().round().clamp(0, LEVELS - 1).long()
    chosen = cutouts.levels[grade, on_device(pick, device)].float() / 255
    thing = F.grid_sample(chosen, _grid(across, down), 'bilinear', 'zeros', align_corners=False)
    thing = thing * enough.float().view(-1, 1, 1, 1)
    colour, alpha = thing[:, :3], thing[:, 3:]

    # As bright as its surroundings or not, and often nearly black: against the light, at dusk.
    around = images.mean((1, 2, 3))
    own = colour.sum((1, 2, 3)) / (3 * alpha.sum((1, 2, 3))).clamp(min=1)
    match = known(rng.uniform(0, 1, count))
    gain = (around / own.clamp(min=0.05)).clamp(0.4, 2.5) ** match
    dark = known(np.where(rng.random(count) < 0.25, rng.uniform(0.08, 0.5, count), 1.0))
    colour = (colour * (gain * dark).view(-1, 1, 1, 1)).clamp(max=1)
    colour = torch.minimum(colour, alpha)

    shadow = _shadow(across, rows, foot_y, wide, known(rng.uniform(0.04, 0.14, count)))
    depth = known(rng.uniform(0.2, 0.85, count) * (rng.random(count) < 0.9)) * enough
    ground = images * (1 - shadow * depth.view(-1, 1, 1, 1))
    # A wet road mirrors it; what is mirrored is path all the same.
    wet = known((rng.random(count) < 0.12) * rng.uniform(0.15, 0.5, count)) * enough
    if bool(rng.random() < 0.5):
        up = (2 * foot_y[:, None] - rows - 0.5 - top[:, None]) / tall[:, None] * 2 - 1
        image = F.grid_sample(chosen, _grid(across, up), 'bilinear', 'zeros', align_corners=False)
        ground = ground + (image[:, :3] - ground * image[:, 3:]) * wet.view(-1, 1, 1, 1)
    pasted = ground * (1 - alpha) + colour

    solid = alpha[:, 0] > 0.5
    # Between its wheels a vehicle lets the road be seen, and no one can drive there.
    under = (across.abs()[:, None, :] < 0.95) & (down[:, :, None] > 0.6) & (
        (rows + 0.5)[None, :, None] < foot_y[:, None, None] + 0.01 * height)
    under = under & on_device(cutouts.vehicle[pick], device).view(-1, 1, 1)
    under = under & enough.view(-1, 1, 1) & ~solid
    # The core of a shadow is what touches the ground or not: nobody knows to the pixel.
    rim = (shadow[:, 0] > 0.75) & (depth.view(-1, 1, 1) > 0.3) & ~solid
    changed = codes.masked_fill(rim, labels.UNKNOWN).masked_fill(under, labels.NOT_PATH)
    return pasted, changed.masked_fill(solid, labels.OBSTACLE)


def _feet(path: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Draw a pixel of path for each view, float [N] columns and rows; rather near and ahead."""
    count, height, width = path.shape
    device = path.device
    u = torch.rand(path.shape, device=device, generator=_generator(device, rng))
    x = torch.linspace(-1, 1, width, device=device)
    y = torch.linspace(0, 1, height, device=device)
    near = on_device(np.exp(rng.uniform(0, 4, count)), device)
    ahead = on_device(rng.uniform(0, 4, count), device)
    weight = (y[None, :, None] ** 2 * near.log().view(-1, 1, 1)
              - ahead.view(-1, 1, 1) * x.abs()).exp()
    # The greatest of u ** (1 / weight) is a draw by weight (Efraimidis and Spirakis, 2006).
    keys = torch.where(path, u.clamp(min=1e-9).log() / weight, -torch.inf)
    best = keys.flatten(1).argmax(1)
    return (best % width).float() + 0.5, (best // width).float() + 0.5


def _shadow(across: Tensor, rows: Tensor, foot_y: Tensor, wide: Tensor, flat: Tensor) -> Tensor:
    """Return soft ellipses of contact shadow around the feet, float [N, 1, h, w] 0 to 1."""
    down = (rows + 0.5 - foot_y[:, None]) / (wide * flat).clamp(min=1)[:, None]
    radius = (across[:, None, :] / 1.1) ** 2 + down[:, :, None] ** 2
    return (1.3 - radius).clamp(0, 1)[:, None]


def _grid(across: Tensor, down: Tensor) -> Tensor:
    count, width, height = len(across), across.shape[1], down.shape[1]
    return torch.stack([across[:, None, :].expand(count, height, width),
                        down[:, :, None].expand(count, height, width)], -1)


def _generator(device: torch.device, rng: np.random.Generator) -> torch.Generator:
    return torch.Generator(device).manual_seed(int(rng.integers(1 << 62)))


def cover_with_bonnet(images: Tensor, codes: Tensor, rng: np.random.Generator, share: float = 0.05,
                      ) -> tuple[Tensor, Tensor]:
    """Let a vehicle's own bonnet show at the lower edge of some views; nothing is known of it."""
    count = len(images)
    x, y = axes(images)
    top = rng.uniform(0.86, 0.97, count) + 2 * (rng.random(count) >= share)
    edge = per_image(top, images) + per_image(rng.uniform(0, 0.12, count), images) * x ** 2
    inside = (y > edge).float()
    shade = per_image(rng.uniform(0.5, 1.0, count), images) * (0.5 + y / 2)
    paint = per_image(rng.uniform(0.04, 0.86, (count, 3)), images) * shade
    covered = images + (paint - images) * inside
    return covered, codes.masked_fill(inside[:, 0] > 0, labels.UNKNOWN)
