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

"""From pixels to what the networks take."""

from __future__ import annotations

import torch
from torch import Tensor

from training.fields import on_device

MEAN = (0.485, 0.456, 0.406)       # ImageNet's, RGB, pixels scaled to 0..1
STD = (0.229, 0.224, 0.225)


def unpacked(images: Tensor) -> Tensor:
    """Turn uint8 [N, H, W, 3] RGB into float [N, 3, H, W], 0 to 1."""
    return images.permute(0, 3, 1, 2).float() / 255


def normalise(images: Tensor) -> Tensor:
    """Turn float [N, 3, H, W] RGB, 0 to 1, into the networks' input of the same shape."""
    mean, std = (on_device(v, images.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)
