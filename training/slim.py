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
A smaller network out of a larger one: fewer blocks, and fewer channels within those that stay.

Block by block, on some hundred views: channels before the block's last convolution, its
projection, are taken out, each time the one that is missed least when the rest makes up for it
(Optimal Brain Surgeon, Hassibi and Stork 1993), and the projection is fitted by least squares to
what the larger network gives there (He et al., arXiv:1707.06168), out of what the smaller one has
got so far. So errors do not add up, and for a block that is left out the one before it does what
it can.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import nn, Tensor

from training.network import Encoder, InvertedResidual, RoadNet

_RIDGE = 1e-3
"""Of the mean variance, added to each: some channels are always zero."""


@dataclass
class _Moments:
    """Sums over pixels, float64: of hidden channels [C] and of what is wanted of them [O]."""

    pixels: int = 0
    hidden: Tensor | float = 0.0
    wanted: Tensor | float = 0.0
    hidden_hidden: Tensor | float = 0.0
    wanted_hidden: Tensor | float = 0.0

    def add(self, hidden: Tensor, wanted: Tensor) -> None:
        """Count hidden channels, float [N, C, H, W], and what is wanted, float [N, O, H, W]."""
        h, w = (x.transpose(0, 1).flatten(1) for x in (hidden, wanted))
        self.pixels += h.shape[1]
        self.hidden = self.hidden + h.sum(1).double()
        self.wanted = self.wanted + w.sum(1).double()
        self.hidden_hidden = self.hidden_hidden + (h @ h.T).double()
        self.wanted_hidden = self.wanted_hidden + (w @ h.T).double()

    def solved(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return both means, the covariance of hidden channels, and with what is wanted."""
        mean_hidden, mean_wanted = self.hidden / self.pixels, self.wanted / self.pixels
        assert isinstance(mean_hidden, Tensor) and isinstance(mean_wanted, Tensor)
        covariance = self.hidden_hidden / self.pixels - torch.outer(mean_hidden, mean_hidden)
        covariance.diagonal().add_(_RIDGE * covariance.diagonal().mean())
        crossed = self.wanted_hidden / self.pixels - torch.outer(mean_wanted, mean_hidden)
        return mean_hidden, mean_wanted, covariance, crossed


@torch.no_grad()
def slim(large: RoadNet, small: RoadNet, left_out: Collection[tuple[int, int]],
         views: Sequence[Tensor]) -> None:
    """
    Give a small network what a large one has learned.

    :param left_out: stage, and place in it, of the large one's blocks that the small one lacks;
        never the first of a stage.
    :param views: normalised RGB, float [N, 3, H, W] each, of the small one's size.
    """
    large.eval()
    small.eval()
    small.encoder.stem.load_state_dict(large.encoder.stem.state_dict())
    decoder = {name: value for name, value in large.state_dict().items()
               if not name.startswith('encoder.')}
    small.load_state_dict(decoder, strict=False)
    expected = [large.encoder.stem(x) for x in views]
    given = list(expected)
    for group, block in zip(_groups(large.encoder, left_out), _blocks(small.encoder), strict=True):
        moments = _Moments()
        for number, x in enumerate(given):
            expected[number] = group(expected[number])
            wanted = expected[number] - x if block.shortcut else expected[number]
            moments.add(group[0].hidden(x), wanted)
        _fit(group[0], block, moments)
        given = [block(x) for x in given]


def _blocks(encoder: Encoder) -> list[InvertedResidual]:
    return [block for stage in encoder.stages for block in stage]


def _groups(encoder: Encoder, left_out: Collection[tuple[int, int]]) -> list[nn.Sequential]:
    """Return the blocks that stay, each with those behind it that do not."""
    groups: list[list[nn.Module]] = []
    for index, stage in enumerate(encoder.stages):
        for place, block in enumerate(stage):
            if (index, place) in left_out:
                groups[-1].append(block)
            else:
                groups.append([block])
    return [nn.Sequential(*group) for group in groups]


def _fit(old: InvertedResidual, new: InvertedResidual, moments: _Moments) -> None:
    """Give `new` the best of the channels of `old`, and the projection that then fits best."""
    mean_hidden, mean_wanted, covariance, crossed = moments.solved()
    *layers, projection, norm = new.body
    chosen = _chosen(covariance, torch.linalg.solve(covariance, crossed.T).T,
                     projection.in_channels)
    for layer, own in zip(old.body, layers, strict=False):
        own.load_state_dict({name: value[chosen] if value.dim() else value
                             for name, value in layer.state_dict().items()})
    covariance = covariance[chosen][:, chosen]
    weight = torch.linalg.solve(covariance, crossed[:, chosen].T).T
    variance = ((weight @ covariance) * weight).sum(1)
    projection.weight.copy_(weight[:, :, None, None])
    # Takes off the mean that is seen here, and puts on the one that is wanted.
    for target, found in ((norm.running_mean, weight @ mean_hidden[chosen]),
                          (norm.running_var, variance),
                          (norm.weight, (variance + norm.eps).sqrt()), (norm.bias, mean_wanted)):
        target.copy_(found)


def _chosen(covariance: Tensor, weight: Tensor, count: int) -> Tensor:
    """
    Return the places of `count` channels, in order, without whose others least is lost.

    :param covariance: of the channels, float64 [C, C]. weight: by which they are projected,
        [O, C].
    """
    inverse, left = torch.linalg.inv(covariance), torch.ones(len(covariance), dtype=torch.bool)
    left = left.to(weight.device)
    for _ in range(len(covariance) - count):
        spread = inverse.diagonal().clamp(min=1e-12)
        loss = (weight ** 2).sum(0) / spread
        k = int(loss.masked_fill(~left, float('inf')).argmin())
        # The others take over what they can of what the channel did.
        weight = weight - torch.outer(weight[:, k], inverse[k]) / spread[k]
        inverse = inverse - torch.outer(inverse[:, k], inverse[k]) / spread[k]
        left[k] = False
    return left.nonzero()[:, 0]
