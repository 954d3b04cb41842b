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
Losses over complete and partial labels, that know what a mistake costs.

An obstacle called path can end in a crash; path called obstacle costs a stop. So what is not path
has a price by what it is: most for the feet of obstacles, by which the distance to them is judged,
and for what is thin.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from training import labels
from training.fields import on_device

# Within its side, path or not: obstacles and speed bumps are small and rare.
CLASS_WEIGHTS = (1.0, 1.0, 1.5, 2.5, 3.0)
DICE_SHARE = 0.3
OBSTACLE_PRICE = 3.0
THIN_PRICE = 6.0
FOOT_PRICE = 8.0
SIDEWALK_PRICE = 3.0
BESIDE_PRICE = 2.5
"""Of whatever else is no path: shoulders of gravel look as if one could drive there."""
BUMP_PRICE = 3.0
"""Of a speed bump, and of the path right before and behind it: few pixels, and all of the way."""
FOOT_ROWS = 9
"""
Rows above path, or the picture's lower edge, that belong to a foot, of those at which the loss is
taken; odd.
"""
_THIN = 5
"""What is narrower is thin, px; odd."""
_OTHERS = tuple(k for k in range(len(labels.CLASSES)) if k not in labels.DRIVABLE)


def prices(codes: Tensor) -> Tensor:
    """
    Return what calling a pixel by the wrong side costs, float [N, H, W], from its code, uint8.

    1 is the price of most path called something else.
    """
    obstacle = codes == labels.OBSTACLE
    path = _is_path(codes)
    mask = obstacle.float()[:, None]
    # An opening takes away what is narrower than itself.
    core = -F.max_pool2d(-mask, (1, _THIN), 1, (0, _THIN // 2))
    thick = F.max_pool2d(core, (1, _THIN), 1, (0, _THIN // 2)) > 0
    around = F.max_pool2d(mask, (FOOT_ROWS, 3), 1, (FOOT_ROWS // 2, 1)) > 0
    # Path lies within so many rows below a pixel; below the picture it may.
    under = F.pad(path.float()[:, None], (0, 0, 0, FOOT_ROWS - 1), value=1.0)
    below = F.max_pool2d(under, (FOOT_ROWS, 1), 1) > 0
    foot = around[:, 0] & below[:, 0] & (obstacle | (codes == labels.NOT_PATH))
    bump = (codes == labels.SPEED_BUMP).float()[:, None]
    at_bump = F.max_pool2d(bump, (FOOT_ROWS, 1), 1, (FOOT_ROWS // 2, 0)) > 0
    price = torch.ones(codes.shape, device=codes.device)
    price = price.masked_fill(at_bump[:, 0] & path, BUMP_PRICE)
    price = price.masked_fill((codes == labels.BACKGROUND) | (codes == labels.NOT_PATH),
                              BESIDE_PRICE)
    price = price.masked_fill(codes == labels.SIDEWALK, SIDEWALK_PRICE)
    price = price.masked_fill(obstacle, OBSTACLE_PRICE)
    price = price.masked_fill(obstacle & ~thick[:, 0], THIN_PRICE)
    return price.masked_fill(foot, FOOT_PRICE)


def segmentation_loss(logits: Tensor, codes: Tensor) -> Tensor:
    """
    Return the loss of logits, float [N, 5, H, W], against label codes, uint8 [N, H, W].

    The side, path or not, at its price, wherever that is known; where the class is known too, the
    class given the side; and soft dice of path.
    """
    price = prices(codes)
    codes = codes.long()
    log_path, log_other = _log_sides(logits)
    full = codes < len(labels.CLASSES)
    known = codes != labels.UNKNOWN
    target = _is_path(codes)
    side = -torch.where(target, log_path, log_other) * price * known

    known_class = codes.where(full, 0)
    picked = F.log_softmax(logits, 1).gather(1, known_class.unsqueeze(1)).squeeze(1)
    weights = on_device(CLASS_WEIGHTS, logits.device)[known_class]
    given_side = (torch.where(target, log_path, log_other) - picked) * weights * full

    p_path = log_path.exp()
    overlap = (p_path * (target & known)).sum(dim=(1, 2))
    total = (p_path * known).sum(dim=(1, 2)) + (target & known).sum(dim=(1, 2))
    dice = 1 - (2 * overlap + 1) / (total + 1)
    pixels = known.sum().clamp(min=1)
    return (side.sum() + given_side.sum()) / pixels + DICE_SHARE * dice.mean()


def distillation_loss(logits: Tensor, teacher: Tensor) -> Tensor:
    """Return the divergence of logits from a teacher's, float [N, C, h, w] each."""
    log_p, p = F.log_softmax(logits, 1), F.softmax(teacher, 1)
    return (p * (p.clamp(min=1e-6).log() - log_p)).sum(1).mean()


def path_logit(logits: Tensor) -> Tensor:
    """Return the log-odds of path against all else, float [N, H, W]."""
    path, others = (torch.stack([logits[:, k] for k in side], 1).logsumexp(1)
                    for side in (labels.DRIVABLE, _OTHERS))
    return path - others


def _log_sides(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the logarithms of the probabilities of path and of all else, float [N, H, W]."""
    odds = path_logit(logits)
    return F.logsigmoid(odds), F.logsigmoid(-odds)


def _is_path(codes: Tensor) -> Tensor:
    return (codes == labels.PATH) | (codes == labels.SPEED_BUMP) | (codes == labels.SOME_PATH)
