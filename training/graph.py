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

    def probabilities(self, image: Tensor) -> Tensor:
        """Return the class probabilities, float [N, classes, H, W]."""
        # TensorRT refuses to transpose uint8, so the cast comes first.
        x = (image.float().permute(0, 3, 1, 2) - self.mean).to(self.dtype)
        logits = self.network(x).float()
        _, highest = _best(logits.split(1, dim=1), range(len(labels.CLASSES)))
        odds = (logits - highest).exp()
        p = odds / odds.sum(dim=1, keepdim=True)
        # Probabilities rather than logits: upsampled they still sum to one, at 1/16 of the cost.
        return F.interpolate(p, scale_factor=4.0, mode='bilinear', align_corners=False)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        p = self.probabilities(image).split(1, dim=1)
        others = [k for k in range(len(labels.CLASSES)) if k not in labels.DRIVABLE]
        path = sum(p[k] for k in labels.DRIVABLE[1:]) + p[labels.DRIVABLE[0]]
        path_label, _ = _best(p, labels.DRIVABLE)
        other_label, _ = _best(p, others)
        label = torch.where(path > 0.5, path_label, other_label)
        confidence = torch.maximum(path, 1 - path)
        # TensorRT 8 makes uint8 from float only; + 0.5 rounds to the nearest.
        return label[:, 0].to(torch.uint8), (confidence[:, 0] * 255 + 0.5).to(torch.uint8)


def _best(values: Sequence[Tensor], ids: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Return the id of the largest value, as float, and that value; the first of equals."""
    best = values[ids[0]]
    label = best.new_tensor(float(ids[0]))
    for k in ids[1:]:
        label = torch.where(values[k] > best, best.new_tensor(float(k)), label)
        best = torch.maximum(best, values[k])
    return label, best
