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
"""Scores of a network that is being trained: the path, and what is swallowed on it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore
from seg_node.scoring.swallowed import box_obstacle, mask_obstacles, Obstacle, Swallowed
from training import labels
from training.losses import path_logit
from training.packed import PackedSet
from training.pixels import normalise, unpacked

_KINDS = {'comma10k': 'movable', 'rendered': 'rendered', 'pasted': 'pasted'}


@dataclass(frozen=True)
class Score:
    """What a network made of a set; swallowed: of its obstacles, where it has any."""

    path: PathScore = PathScore()
    sidewalk: PathScore = PathScore()
    swallowed: Swallowed = Swallowed()

    def __add__(self, other: Score) -> Score:
        """Count the pictures of both."""
        return Score(self.path + other.path, self.sidewalk + other.sidewalk,
                     self.swallowed + other.swallowed)


@dataclass(frozen=True)
class ValidSet:
    """A set to score on, and the obstacles of each of its pictures."""

    name: str
    images: Tensor
    codes: Tensor
    obstacles: Sequence[Sequence[Obstacle]]

    @classmethod
    def of(cls, name: str, packed: PackedSet) -> ValidSet:
        """Find the obstacles: those that are told, or else those in the codes."""
        height, width = packed.codes.shape[1:]
        obstacles = []
        for codes, standing in zip(packed.codes.numpy(), packed.standing, strict=True):
            if standing:
                scale = np.array([width, height, width, height])
                boxes = [box_obstacle(one.kind, np.array(one.box) * scale, height, width,
                                      codes == labels.OBSTACLE) for one in standing]
                obstacles.append([one for one in boxes if one is not None])
            else:
                obstacles.append(mask_obstacles(codes == labels.OBSTACLE, codes, labels.DRIVABLE,
                                                _KINDS.get(name, name)))
        return cls(name, packed.images, packed.codes, obstacles)


def untuned() -> AbstractContextManager[None]:
    """Let cuDNN not search for the quickest convolutions: it would for each number of views."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=False)


@torch.inference_mode()
def path_odds(network: torch.nn.Module, images: Tensor, size: tuple[int, int],
              device: torch.device, batch: int = 32) -> Tensor:
    """
    Return the log-odds of path, float [N, H, W] on the CPU, at the images' own size.

    :param images: uint8 [N, H, W, 3] RGB. size: width and height of the network's input, px.
    """
    network.eval()
    height, width = images.shape[1:3]
    found = []
    for first in range(0, len(images), batch):
        some = unpacked(images[first:first + batch].to(device))
        some = F.interpolate(some, size=size[::-1], mode='bilinear', antialias=True)
        with torch.autocast(device.type, dtype=torch.bfloat16), untuned():
            logits = network(normalise(some)).float()
        odds = path_logit(logits)[:, None]
        found.append(F.interpolate(odds, size=(height, width), mode='bilinear')[:, 0].cpu())
    return torch.cat(found)


def score(odds: Tensor, valid: ValidSet, threshold: float = 0.0) -> Score:
    """Score log-odds of path, float [N, H, W]; what lies above the threshold is called path."""
    total = Score()
    called = (odds > threshold).numpy()
    for predicted, codes, obstacles in zip(called, valid.codes.numpy(), valid.obstacles,
                                           strict=True):
        truth = path_truth(codes, labels.DRIVABLE)
        # Of pavements alone: what of them is called path.
        sidewalk = np.where(codes == labels.SIDEWALK, codes, labels.UNKNOWN)
        total += Score(PathScore.of(predicted, truth),
                       PathScore.of(predicted, path_truth(sidewalk, labels.DRIVABLE)),
                       Swallowed.of(predicted, obstacles))
    return total


def row(name: str, found: Score) -> dict[str, float]:
    """Return the figures of a set, for the log."""
    figures = {'iou': found.path.iou, 'false_path': found.path.false_path_rate,
               'pavement': found.sidewalk.false_path_rate, 'swallowed': found.swallowed.share}
    return {f'{name}_{key}': round(value, 4) for key, value in figures.items() if value == value}
