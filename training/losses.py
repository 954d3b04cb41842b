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

"""Losses over complete and partial labels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from training import labels

# Obstacles and speed bumps are small and rare; the weights keep them from drowning.
CLASS_WEIGHTS = (1.0, 1.0, 1.5, 2.5, 3.0)
DICE_SHARE = 0.3


def segmentation_loss(logits: Tensor, codes: Tensor) -> Tensor:
    """
    Return the loss of logits, float [N, 5, H, W], against label codes, uint8 [N, H, W].

    Full labels: weighted cross-entropy. Partial labels: the negative logarithm of the summed
    probability of the classes that the label allows. Both: soft dice of path over known pixels.
    """
    codes = codes.long()
    log_p = F.log_softmax(logits, dim=1)
    p_path = log_p[:, list(labels.DRIVABLE)].exp().sum(dim=1).clamp(1e-6, 1 - 1e-6)

    full = codes < len(labels.CLASSES)
    weights = logits.new_tensor(CLASS_WEIGHTS)
    picked = log_p.gather(1, codes.where(full, 0).unsqueeze(1)).squeeze(1)
    full_loss = -(picked * weights[codes.where(full, 0)])[full].sum()

    some_path, not_path = codes == labels.SOME_PATH, codes == labels.NOT_PATH
    partial_loss = -p_path[some_path].log().sum() - (1 - p_path[not_path]).log().sum()

    known = full | some_path | not_path
    target = (codes == labels.PATH) | (codes == labels.SPEED_BUMP) | some_path
    overlap = (p_path * target * known).sum(dim=(1, 2))
    total = (p_path * known).sum(dim=(1, 2)) + (target & known).sum(dim=(1, 2))
    dice = 1 - (2 * overlap + 1) / (total + 1)
    return (full_loss + partial_loss) / known.sum().clamp(min=1) + DICE_SHARE * dice.mean()


def distillation_loss(logits: Tensor, soft: Tensor) -> Tensor:
    """
    Return the divergence of logits, float [N, C, h, w], from soft labels, uint8 [N, h, w, C].

    The labels hold the classes but the first in 255ths, and at last 255 where they are known.
    """
    known = soft[..., -1] > 0
    others = soft[..., :-1].permute(0, 3, 1, 2).float() / 255
    p = torch.cat([(1 - others.sum(1, keepdim=True)).clamp(min=0), others], dim=1)
    log_p = F.log_softmax(logits, dim=1)
    divergence = (p * (p.clamp(min=1e-4).log() - log_p)).sum(1)
    return divergence[known].sum() / known.sum().clamp(min=1)


def path_logit(logits: Tensor) -> Tensor:
    """Return the log-odds of path against all else, float [N, H, W]."""
    drivable = torch.tensor(labels.DRIVABLE)
    others = torch.tensor([k for k in range(logits.shape[1]) if k not in labels.DRIVABLE])
    return logits[:, drivable].logsumexp(1) - logits[:, others].logsumexp(1)
