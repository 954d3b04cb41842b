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
"""Numbers of each image and places in it, shaped to be reckoned with a batch of images."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
import torch
from torch import Tensor


def on_device(values: ArrayLike, device: torch.device) -> Tensor:
    """
    Return numbers as a tensor there, of their type, but for floats: those are float32.

    The CPU does not wait until the GPU has got that far, as it would with a plain copy.
    """
    found = np.asarray(values)
    if found.dtype == np.float64:
        found = found.astype(np.float32)
    return torch.from_numpy(found).to(device, non_blocking=True)


def per_image(values: NDArray[np.floating], like: Tensor) -> Tensor:
    """Return numbers, [N] or [N, C], as float [N, 1 or C, 1, 1] beside the images."""
    return on_device(np.asarray(values, np.float32), like.device).view(len(values), -1, 1, 1)


def axes(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return columns, float [1, 1, 1, w] -1 to 1, and rows, float [1, 1, h, 1] 0 to 1."""
    height, width = images.shape[2:]
    x = torch.linspace(-1, 1, width, device=images.device)
    y = torch.linspace(0, 1, height, device=images.device)
    return x.view(1, 1, 1, -1), y.view(1, 1, -1, 1)
