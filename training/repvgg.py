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
Blocks that learn as three branches and run as one dense convolution.

RepVGG (arXiv:2101.03697): a 3x3 convolution, a 1x1 convolution and, where the shapes agree, the
identity, each with batch normalisation, are one 3x3 convolution once the training is over. A CPU
runs dense convolutions at several times the rate of depthwise ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn, Tensor

from training.network import conv_bn, Encoder


class RepBlock(nn.Module):
    """Convolution 3x3 and ReLU, H/stride x W/stride; see the module."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.dense = _conv_bn(inputs, outputs, 3, stride)
        self.point = _conv_bn(inputs, outputs, 1, stride)
        self.same = nn.BatchNorm2d(inputs) if inputs == outputs and stride == 1 else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.dense(x) + self.point(x)
        return (y if self.same is None else y + self.same(x)).relu()

    def fused(self) -> nn.Sequential:
        """Return the one convolution that it comes to, with its ReLU."""
        convolution = self.dense[0]
        inputs, outputs = convolution.in_channels, convolution.out_channels
        weight, bias = _folded(convolution.weight, self.dense[1])
        point, more = _folded(self.point[0].weight, self.point[1])
        weight, bias = weight + nn.functional.pad(point, (1, 1, 1, 1)), bias + more
        if self.same is not None:
            identity = torch.eye(inputs).view(inputs, inputs, 1, 1)
            same, more = _folded(identity, self.same)
            weight, bias = weight + nn.functional.pad(same, (1, 1, 1, 1)), bias + more
        one = nn.Conv2d(inputs, outputs, 3, convolution.stride, 1)
        one.weight, one.bias = nn.Parameter(weight), nn.Parameter(bias)
        return nn.Sequential(one, nn.ReLU(inplace=True))


def rep_encoder(stem: int, channels: tuple[int, int, int, int], blocks: Sequence[int]) -> Encoder:
    """
    Return an encoder of dense blocks; three colours need no more than one branch.

    :param stem: channels at 1/2. channels, blocks: of the stages at 1/4, 1/8, 1/16, 1/32.
    """
    stages: list[nn.Module] = []
    inputs = stem
    for outputs, count in zip(channels, blocks, strict=True):
        stages.append(nn.Sequential(*(
            RepBlock(inputs if k == 0 else outputs, outputs, 2 if k == 0 else 1)
            for k in range(count))))
        inputs = outputs
    return Encoder(conv_bn(3, stem, stride=2), stages, channels)


@torch.no_grad()
def fuse(network: nn.Module) -> None:
    """Put the one convolution in the place of every block, in a network that is ready."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, RepBlock):
                setattr(module, name, child.fused())


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs))


def _folded(weight: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return weight and bias of a convolution with the normalisation behind it."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    return weight * scale.view(-1, 1, 1, 1), norm.bias - norm.running_mean * scale
