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
The segmentation networks: an encoder of five stages, pyramid pooling and a light decoder.

The encoders are built from inverted residuals (MobileNetV2, arXiv:1801.04381). Pyramid pooling
(PSPNet, arXiv:1612.01105) mixes in the scene, and the stages are added up from deep to detailed
(FPN, arXiv:1612.03144). Only operators that TensorRT 8.5 to 11, ONNX Runtime and OpenVINO run
natively.
"""

from __future__ import annotations

import torch
from torch import nn, Tensor
from torch.nn import functional as F


def conv_bn(inputs: int, outputs: int, kernel: int = 3, stride: int = 1,
            groups: int = 1) -> nn.Sequential:
    """Return convolution, batch normalisation and ReLU, padded to keep H/stride, W/stride."""
    return nn.Sequential(
        _conv(inputs, outputs, kernel, stride, groups),
        nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _conv(inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> nn.Conv2d:
    kind = nn.Conv2d if groups == 1 else _GroupedConv2d
    return kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)


class _GroupedConv2d(nn.Conv2d):
    """In float32 on a CPU: in bfloat16 the gradients of one with a stride take thrice the time."""

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != 'cpu' or x.dtype != torch.bfloat16:
            return super().forward(x)
        with torch.autocast('cpu', enabled=False):
            return super().forward(x.float()).to(x.dtype)


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; with a shortcut where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, expansion: int = 4,
                 kernel: int = 3) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [conv_bn(inputs, hidden, kernel=1)] if expansion > 1 else []
        self.body = nn.Sequential(
            *expand, conv_bn(hidden, hidden, kernel, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = stride == 1 and inputs == outputs

    def hidden(self, x: Tensor) -> Tensor:
        """Return what the last convolution projects."""
        return self.body[:-2](x)

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return x + y if self.shortcut else y


class Encoder(nn.Module):
    """
    Features at 1/4, 1/8, 1/16 and 1/32 of a normalised RGB image, float [N, 3, H, W].

    stages: modules that each halve the size, the first from 1/2 to 1/4; channels: of what they
    give.
    """

    def __init__(self, stem: nn.Module, stages: list[nn.Module], channels: tuple[int, ...],
                 ) -> None:
        super().__init__()
        self.stem = stem
        self.stages = nn.ModuleList(stages)
        self.channels = channels

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return features


class PyramidPooling(nn.Module):
    """
    Mix in means over the whole image, its left and right half, its upper and lower half.

    Every pixel so knows the scene. The kernels follow from the feature size, which is static in an
    exported graph: TensorRT 8.5 has no adaptive pooling.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList([conv_bn(channels, channels // 4, 1) for _ in range(3)])
        self.merge = conv_bn(channels + 3 * (channels // 4), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = int(x.shape[-2]), int(x.shape[-1])
        strides = [(height, width), (height, width // 2), (height // 2, width)]
        # Of an odd number, both halves have the middle row or column.
        kernels = [(height, width), (height, -(-width // 2)), (-(-height // 2), width)]
        pooled = [F.interpolate(reduce(F.avg_pool2d(x, kernel, stride)), size=(height, width),
                                mode='nearest')
                  for kernel, stride, reduce in zip(kernels, strides, self.reduce, strict=True)]
        return self.merge(torch.cat([x, *pooled], dim=1))


class RoadNet(nn.Module):
    """
    Segment normalised RGB images.

    Input float [N, 3, H, W], H and W multiples of 32; output float [N, classes, H/4, W/4]: the
    logits, upsampled by the caller.
    """

    def __init__(self, classes: int, encoder: Encoder, width: int) -> None:
        """Join an encoder and a decoder of so many features, and of half as many at 1/4."""
        super().__init__()
        self.encoder = encoder
        detail, middle, deep, context = encoder.channels
        self.pooling = PyramidPooling(context)
        self.lateral_context = conv_bn(context, width, 1)
        self.lateral_deep = conv_bn(deep, width, 1)
        self.lateral_middle = conv_bn(middle, width, 1)
        self.lateral_detail = conv_bn(detail, width // 2, 1)
        self.smooth_deep = InvertedResidual(width, width, expansion=2)
        self.smooth_middle = InvertedResidual(width, width, expansion=2)
        self.squeeze = conv_bn(width, width // 2, 1)
        self.head = nn.Sequential(
            conv_bn(width // 2, width // 2, groups=width // 2),
            nn.Conv2d(width // 2, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        detail, middle, deep, context = self.encoder(x)
        context = self.pooling(context)
        fused = self.smooth_deep(_double(self.lateral_context(context)) + self.lateral_deep(deep))
        fused = self.smooth_middle(_double(fused) + self.lateral_middle(middle))
        return self.head(_double(self.squeeze(fused)) + self.lateral_detail(detail))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode='bilinear', align_corners=False)
