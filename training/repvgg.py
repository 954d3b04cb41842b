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

    def beside(self) -> list[nn.Module]:
        """Return the modules of the branches beside the dense one."""
        same = [] if self.same is None else [self.same]
        return [*self.point, *same]

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


def dense_start(encoder: Encoder, stem: int, hidden: tuple[int, int]) -> Encoder:
    """
    Give an encoder other first layers, down to 1/8: dense ones, that give as many channels.

    On large maps a CPU waits for memory where a depthwise convolution, or a pointwise one to many
    channels, has little to do with much; EfficientNetV2 (arXiv:2104.00298) begins densely too.

    :param stem: channels at 1/2. hidden: channels within the stages at 1/4 and 1/8.
    """
    first, second = encoder.channels[:2]
    stages = [_dense_stage(stem, hidden[0], first), _dense_stage(first, hidden[1], second)]
    return Encoder(conv_bn(3, stem, stride=2), [*stages, *encoder.stages[2:]], encoder.channels)


def _dense_stage(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Halve the size; what comes out is linear, as of an inverted residual."""
    return nn.Sequential(RepBlock(inputs, hidden, 2), *_conv_bn(hidden, outputs, 3, 1))


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
