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
"""The network under the model contract: uint8 pictures in, labels and confidence out."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import nn, Tensor
from torch.nn import functional as F

from training import labels
from training.network import RoadNet
from training.pixels import MEAN, STD

_SIDES = (labels.DRIVABLE,
          tuple(k for k in range(len(labels.CLASSES)) if k not in labels.DRIVABLE))


class DeployedNetwork(nn.Module):
    """
    Wrap a network: uint8 [N, H, W, 3] RGB -> labels, confidence, uint8 [N, H, W].

    A pixel is drivable where the drivable classes together are more probable than the others; its
    label is the most probable class on that side, and the confidence the probability of the side.

    Whatever is linear is folded into the weights. What is left is built from operators that work
    element by element: ONNX Runtime takes twice as long for softmax and argmax over channels.
    """

    def __init__(self, network: RoadNet, temperature: float, dtype: torch.dtype = torch.float32,
                 ) -> None:
        """
        Take a copy of a network.

        :param dtype: of the network's weights and features; pixels and probabilities are float32.
        """
        super().__init__()
        self.network = deepcopy(network).eval()
        stem = next(m for m in self.network.encoder.modules() if isinstance(m, nn.Conv2d))
        last = self.network.head[-1]
        with torch.no_grad():
            stem.weight.div_(255 * torch.tensor(STD).view(1, 3, 1, 1))
            last.weight.div_(temperature)
            last.bias.div_(temperature)
        self.network.to(dtype)
        self.dtype = dtype
        self.register_buffer('mean', 255 * torch.tensor(MEAN).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        # TensorRT refuses to transpose uint8, so the cast comes first.
        x = (image.float().permute(0, 3, 1, 2) - self.mean).to(self.dtype)
        p = _softmax(self.network(x).float().split(1, dim=1))
        path = sum((p[k] for k in labels.DRIVABLE[1:]), p[labels.DRIVABLE[0]])
        # Differences rather than the probabilities themselves: one plane less to enlarge.
        leads = [p[k] - p[side[0]] for side in _SIDES for k in side[1:]]
        path, *leads = F.interpolate(torch.cat([path, *leads], dim=1), scale_factor=4.0,
                                     mode='bilinear', align_corners=False).split(1, dim=1)
        first = len(_SIDES[0]) - 1
        label = torch.where(path > 0.5, _best(_SIDES[0], leads[:first]),
                            _best(_SIDES[1], leads[first:]))
        confidence = torch.maximum(path, 1 - path)
        # TensorRT 8 makes uint8 from float only; + 0.5 rounds to the nearest.
        return label[:, 0].to(torch.uint8), (confidence[:, 0] * 255 + 0.5).to(torch.uint8)


def _softmax(logits: Sequence[Tensor]) -> list[Tensor]:
    highest = logits[0]
    for one in logits[1:]:
        highest = torch.maximum(highest, one)
    odds = [(one - highest).exp() for one in logits]
    total = sum(odds[1:], odds[0])
    return [one / total for one in odds]


def _best(side: Sequence[int], leads: Sequence[Tensor]) -> Tensor:
    """Return the id of the most probable class, as float, from the leads over the first."""
    label = torch.full_like(leads[0], float(side[0]))
    best = torch.zeros_like(leads[0])
    for k, lead in zip(side[1:], leads, strict=True):
        label = torch.where(lead > best, lead.new_tensor(float(k)), label)
        best = torch.maximum(best, lead)
    return label
