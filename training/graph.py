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

import torch
from torch import nn, Tensor
from torch.nn import functional as F

from training.network import RoadNet
from training.train import MEAN, STD


class DeployedNetwork(nn.Module):
    """
    Wrap a network: uint8 [N, H, W, 3] RGB -> labels, confidence, uint8 [N, H, W].

    Normalisation, softmax and argmax are inside. Softmax comes before the upsampling, which is
    linear: a quarter of the exponentials, and probabilities still sum to one.
    """

    def __init__(self, network: RoadNet, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature
        # (x / 255 - mean) / std as one multiplication and one addition.
        self.register_buffer('scale', (1 / (255 * torch.tensor(STD))).view(1, 3, 1, 1))
        self.register_buffer(
            'offset', (-torch.tensor(MEAN) / torch.tensor(STD)).view(1, 3, 1, 1))

    def probabilities(self, image: Tensor) -> Tensor:
        """Return the class probabilities, float [N, classes, H, W]."""
        # TensorRT refuses to transpose uint8, so the cast comes first.
        x = image.float().permute(0, 3, 1, 2) * self.scale + self.offset
        p = (self.network(x) / self.temperature).softmax(dim=1)
        return F.interpolate(p, scale_factor=4.0, mode='bilinear', align_corners=False)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        p = self.probabilities(image)
        best, labels = p.max(dim=1)
        # TensorRT 8 makes uint8 from float only; + 0.5 rounds to the nearest.
        return labels.float().to(torch.uint8), (best * 255 + 0.5).to(torch.uint8)
