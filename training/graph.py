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
"""The network under the model contract: uint8 images in, labels and confidence out."""

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

    Whatever is linear is folded into weights. What is left is built from few, plain operators: on
    small maps ONNX Runtime spends its time between them, and on large ones it takes twice as long
    for argmax over channels.
    """

    def __init__(self, network: RoadNet, temperature: float, threshold: float = 0.0,
                 dtype: torch.dtype = torch.float32) -> None:
        """
        Take a copy of a network.

        :param threshold: log-odds from which on a pixel is called path.
        :param dtype: of the network's weights and features; pixels and probabilities are float32.
        """
        super().__init__()
        self.network = deepcopy(network).eval()
        stem = next(m for m in self.network.encoder.modules() if isinstance(m, nn.Conv2d))
        last = self.network.head[-1]
        with torch.no_grad():
            stem.weight.div_(255 * torch.tensor(STD).view(1, 3, 1, 1))
            last.weight.div_(temperature)
            last.bias[list(labels.DRIVABLE)] -= threshold
            last.bias.div_(temperature)
        self.network.to(dtype)
        self.dtype = dtype
        self.register_buffer('mean', 255 * torch.tensor(MEAN).view(1, 3, 1, 1))
        weight, bias = _planes()
        self.register_buffer('planes', weight)
        self.register_buffer('planes_bias', bias)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        # TensorRT refuses to transpose uint8, so the cast comes first.
        x = (image.float().permute(0, 3, 1, 2) - self.mean).to(self.dtype)
        logits = self.network(x).float()
        odds = (logits - logits.amax(dim=1, keepdim=True)).exp()
        p = odds / odds.sum(dim=1, keepdim=True)
        path, *leads = F.interpolate(
            F.conv2d(p, self.planes, self.planes_bias), scale_factor=4.0, mode='bilinear',
            align_corners=False).split(1, dim=1)
        first = len(_SIDES[0]) - 1
        label = torch.where(path > 0, _best(_SIDES[0], leads[:first]),
                            _best(_SIDES[1], leads[first:]))
        # 255 times the probability of the side, plus 0.5, which rounds to the nearest: TensorRT 8
        # makes uint8 from float only.
        confidence = path.abs() + 128
        return label.squeeze(1).to(torch.uint8), confidence.squeeze(1).to(torch.uint8)


def _planes() -> tuple[Tensor, Tensor]:
    """
    Return what turns probabilities into the planes that are enlarged, as a convolution 1x1.

    The first is 255 (p - 0.5), p being the probability of path. The others are by how much a class
    is more probable than the first of its side: one plane less than there are classes.
    """
    path = torch.zeros(len(labels.CLASSES))
    path[list(labels.DRIVABLE)] = 255.0
    rows = [path]
    for side in _SIDES:
        for k in side[1:]:
            row = torch.zeros(len(labels.CLASSES))
            row[k], row[side[0]] = 1.0, -1.0
            rows.append(row)
    bias = torch.zeros(len(rows))
    bias[0] = -127.5
    return torch.stack(rows)[:, :, None, None], bias


def _best(side: Sequence[int], leads: Sequence[Tensor]) -> Tensor:
    """Return the id of the most probable class, as float, from the leads over the first."""
    label = leads[0].new_tensor(float(side[0]))
    best: Tensor | None = None
    for k, lead in zip(side[1:], leads, strict=True):
        label = torch.where(lead > (0.0 if best is None else best),
                            lead.new_tensor(float(k)), label)
        best = lead.relu() if best is None else torch.maximum(best, lead)
    return label
