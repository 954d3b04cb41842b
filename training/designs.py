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

from dataclasses import dataclass
from pathlib import Path

import torch

from training import labels
from training.efficientnet import ALL_BLOCKS, efficientnet_lite0
from training.network import RoadNet

SMALL_SIZE = (320, 192)


@dataclass(frozen=True)
class Design:
    """
    One network.

    :ivar blocks: of the encoder's stages.
    :ivar width: features of the decoder.
    :ivar size: width and height of the input, px, multiples of 64.
    :ivar small_share: share of the training steps taken at SMALL_SIZE.
    """

    blocks: tuple[int, ...]
    width: int
    size: tuple[int, int]
    small_share: float


DESIGNS = {
    'road': Design(blocks=(1, 2, 2, 2, 2, 1), width=48, size=(320, 192), small_share=0.0),
    'road_plus': Design(blocks=ALL_BLOCKS, width=64, size=(448, 256), small_share=0.6),
}


def build(name: str) -> RoadNet:
    """Return a network of DESIGNS, without trained weights."""
    design = DESIGNS[name]
    return RoadNet(len(labels.CLASSES), efficientnet_lite0(design.blocks), design.width)


def load_network(name: str, path: Path) -> RoadNet:
    """Load trained weights, ready for inference."""
    network = build(name)
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()
