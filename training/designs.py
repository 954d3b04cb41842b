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

"""The networks to train: how large they are and what they see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from training import labels
from training.efficientnet import efficientnet_lite0
from training.network import Encoder, RoadNet

TEACHER = 'teacher'


@dataclass(frozen=True)
class Design:
    """
    One network.

    :ivar encoder: makes it, without trained weights.
    :ivar size: width and height of the input, px, multiples of 32.
    :ivar small_size: of the input in the first part of the training.
    :ivar left_out: stage, and place in it, of the blocks of the teacher's encoder that it lacks.
    """

    encoder: Callable[[], Encoder]
    size: tuple[int, int]
    small_size: tuple[int, int]
    left_out: frozenset[tuple[int, int]] = frozenset()


DESIGNS = {
    TEACHER: Design(efficientnet_lite0, (448, 256), (320, 192)),
    'road_plus': Design(lambda: efficientnet_lite0(expansions=(1, 3, 4, 4, 4, 4)),
                        (512, 320), (512, 320)),
    'road': Design(lambda: efficientnet_lite0((1, 2, 2, 2, 2, 2), (1, 4, 4, 5, 5, 5)),
                   (352, 192), (352, 192), frozenset({(2, 1), (2, 4), (3, 1), (3, 2)})),
}
"""The teacher begins with ImageNet's weights; the others are slimmed from it, and taught by it."""
_WIDTH = 64                        # features of the decoder


def build(name: str) -> RoadNet:
    """Return a network of DESIGNS, without trained weights."""
    return RoadNet(len(labels.CLASSES), DESIGNS[name].encoder(), _WIDTH)


def load_network(name: str, path: Path, obstacle_odds: float = 0.0) -> RoadNet:
    """
    Load trained weights, ready for inference.

    :param obstacle_odds: log-odds that an obstacle is given over every other class.
    """
    network = build(name)
    network.load_state_dict(torch.load(path, weights_only=True, map_location='cpu'))
    with torch.no_grad():
        network.head[-1].bias[labels.OBSTACLE] += obstacle_odds
    return network.eval()
