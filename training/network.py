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
The segmentation network: a small two-resolution encoder with pyramid pooling and a light decoder.

Built from inverted residuals (MobileNetV2, arXiv:1801.04381), pyramid pooling (PSPNet,
arXiv:1612.01105) and a Fast-SCNN-like fusion of a detailed and a deep branch (arXiv:1902.04502).
Only operators that TensorRT 8.5 to 11, ONNX Runtime and OpenVINO run natively.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn, Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class NetworkSize:
    """Channels of the stages at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input."""

    stem: int = 16
    detail: int = 24
    middle: int = 48
    deep: int = 80
    context: int = 112
    decoder: int = 48


def conv_bn(inputs: int, outputs: int, kernel: int = 3, stride: int = 1,
            groups: int = 1) -> nn.Sequential:
    """Return convolution, batch normalisation and ReLU, padded to keep H/stride, W/stride."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; with a shortcut where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, expansion: int = 4) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.body = nn.Sequential(
            conv_bn(inputs, hidden, kernel=1),
            conv_bn(hidden, hidden, stride=stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return x + y if self.shortcut else y


class PyramidPooling(nn.Module):
    """
    Mix in means over the whole picture, its left and right half and its thirds of height.

    Every pixel so knows the scene. The kernels follow from the feature size, which is static in an
    exported graph: TensorRT 8.5 has no adaptive pooling.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList([conv_bn(channels, channels // 4, 1) for _ in range(3)])
        self.merge = conv_bn(channels + 3 * (channels // 4), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = int(x.shape[-2]), int(x.shape[-1])
        kernels = [(height, width), (height, width // 2), (height // 3, width)]
        pooled = [F.interpolate(reduce(F.avg_pool2d(x, kernel)), size=(height, width),
                                mode='nearest')
                  for kernel, reduce in zip(kernels, self.reduce, strict=True)]
        return self.merge(torch.cat([x, *pooled], dim=1))


class RoadNet(nn.Module):
    """
    Segment normalised RGB pictures.

    Input float [N, 3, H, W], H and W multiples of 32, H >= 96, W >= 64; output float
    [N, classes, H/4, W/4]: the logits, upsampled by the caller.
    """

    def __init__(self, classes: int, size: NetworkSize = NetworkSize()) -> None:
        super().__init__()
        self.stem = conv_bn(3, size.stem, stride=2)
        self.detail = nn.Sequential(
            InvertedResidual(size.stem, size.detail, stride=2, expansion=3),
            InvertedResidual(size.detail, size.detail, expansion=2))
        self.middle = nn.Sequential(
            InvertedResidual(size.detail, size.middle, stride=2),
            InvertedResidual(size.middle, size.middle, expansion=3),
            InvertedResidual(size.middle, size.middle, expansion=3))
        self.deep = nn.Sequential(
            InvertedResidual(size.middle, size.deep, stride=2),
            InvertedResidual(size.deep, size.deep),
            InvertedResidual(size.deep, size.deep))
        self.context = nn.Sequential(
            InvertedResidual(size.deep, size.context, stride=2),
            InvertedResidual(size.context, size.context),
            InvertedResidual(size.context, size.context),
            PyramidPooling(size.context))
        self.lateral_context = conv_bn(size.context, size.decoder, 1)
        self.lateral_deep = conv_bn(size.deep, size.decoder, 1)
        self.lateral_middle = conv_bn(size.middle, size.decoder, 1)
        self.lateral_detail = conv_bn(size.detail, size.decoder // 2, 1)
        self.smooth_deep = InvertedResidual(size.decoder, size.decoder, expansion=2)
        self.smooth_middle = InvertedResidual(size.decoder, size.decoder, expansion=2)
        self.squeeze = conv_bn(size.decoder, size.decoder // 2, 1)
        self.head = nn.Sequential(
            conv_bn(size.decoder // 2, size.decoder // 2, groups=size.decoder // 2),
            nn.Conv2d(size.decoder // 2, classes, 1))

    def forward(self, x: Tensor) -> Tensor:
        detail = self.detail(self.stem(x))
        middle = self.middle(detail)
        deep = self.deep(middle)
        context = self.context(deep)
        fused = self.smooth_deep(_double(self.lateral_context(context)) + self.lateral_deep(deep))
        fused = self.smooth_middle(_double(fused) + self.lateral_middle(middle))
        return self.head(_double(self.squeeze(fused)) + self.lateral_detail(detail))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode='bilinear', align_corners=False)
