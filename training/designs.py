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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from training import labels
from training.efficientnet import efficientnet_lite0
from training.network import conv_bn, Encoder, InvertedResidual, RoadNet
from training.repvgg import dense_start


@dataclass(frozen=True)
class Design:
    """
    One network.

    :ivar encoder: makes it, without trained weights.
    :ivar width: features of the decoder.
    :ivar size: width and height of the input, px, multiples of 32.
    :ivar small_size: of the input in the first part of the training.
    :ivar pretrained: whether the encoder can begin with the weights of ImageNet.
    """

    encoder: Callable[[], Encoder]
    width: int
    size: tuple[int, int]
    small_size: tuple[int, int]
    pretrained: bool


DESIGNS = {
    'road': Design(lambda: efficientnet_lite0((1, 2, 2, 1, 1, 1)), 48, (352, 192), (352, 192),
                   pretrained=False),
    'road_dense': Design(lambda: dense_start(efficientnet_lite0((1, 2, 2, 2, 2, 2)), 16, (48, 64)),
                         64, (352, 192), (352, 192), pretrained=False),
    'road_plus': Design(efficientnet_lite0, 64, (448, 256), (320, 192), pretrained=True),
}


def build(name: str) -> RoadNet:
    """Return a network of DESIGNS, without trained weights."""
    design = DESIGNS[name]
    return RoadNet(len(labels.CLASSES), design.encoder(), design.width, _residual, _depthwise)


def shortened(blocks: Sequence[int]) -> RoadNet:
    """Return `road` with so many blocks in the stages of its encoder."""
    return RoadNet(len(labels.CLASSES), efficientnet_lite0(blocks), DESIGNS['road'].width,
                   _residual, _depthwise)


def _residual(width: int) -> nn.Module:
    return InvertedResidual(width, width, expansion=2)


def _depthwise(width: int) -> nn.Module:
    return conv_bn(width, width, groups=width)


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
