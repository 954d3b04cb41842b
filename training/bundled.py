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

"""Weights out of an exported graph: to go on from a network that is in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import numpy_helper
import torch
from torch import nn, Tensor

from training.network import RoadNet
from training.pixels import STD

NOTHING = np.empty(0, np.float32), np.empty(0, np.float32)


@torch.no_grad()
def load_graph(network: RoadNet, path: Path, images: Tensor) -> None:
    """
    Give a network the weights of a graph that `training.export` wrote in fp32.

    The graph has each batch normalisation folded into its convolution. To learn on, a
    normalisation needs the mean and deviation of what it normalises: they are measured on
    `images`, and its scale and offset then follow from the graph, so that the network answers as
    the graph does.

    :param images: normalised RGB, float [N, 3, H, W]; some twenty of what will be learned from.
    :raises ValueError: when the graph is of another design.
    """
    folded = _convolutions(path)
    hooks = []
    for convolution, normalisation in _pairs(network):
        def unfold(module: nn.Conv2d, inputs: tuple[Tensor], output: Tensor,
                   follower: nn.BatchNorm2d | None = normalisation) -> Tensor:
            weight, bias = next(folded, NOTHING)
            if tuple(weight.shape) != tuple(module.weight.shape):
                raise ValueError(f'{path}: a convolution has shape {tuple(weight.shape)} where '
                                 f'the design has {tuple(module.weight.shape)}; the graph is of '
                                 f'another design, begin without it')
            module.weight.copy_(torch.from_numpy(weight.copy()))
            if module is stem:
                # The graph takes pixels from 0 to 255, with the mean taken off.
                module.weight.mul_(255 * torch.tensor(STD).view(1, 3, 1, 1))
            offset = torch.from_numpy(bias.copy())
            if follower is None:
                assert module.bias is not None
                module.bias.copy_(offset)
                return module._conv_forward(inputs[0], module.weight, module.bias)
            output = module._conv_forward(inputs[0], module.weight, None)
            mean, variance = output.mean((0, 2, 3)), output.var((0, 2, 3))
            follower.running_mean.copy_(mean)
            follower.running_var.copy_(variance)
            follower.weight.copy_((variance + follower.eps).sqrt())
            follower.bias.copy_(offset + mean)
            return output
        hooks.append(convolution.register_forward_hook(unfold))
    stem = next(m for m in network.modules() if isinstance(m, nn.Conv2d))
    network.eval()(images)
    for hook in hooks:
        hook.remove()
    if next(folded, None) is not None:
        raise ValueError(f'{path}: has more convolutions than the design; it is of another one')


def _pairs(network: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Return the convolutions, each with the normalisation that stands after it."""
    modules = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    return [(one, after if isinstance(after, nn.BatchNorm2d) else None)
            for one, after in zip(modules, [*modules[1:], None], strict=True)
            if isinstance(one, nn.Conv2d)]


def _convolutions(path: Path) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """
    Yield weight and bias of the network's convolutions, in the order in which they are applied.

    A last one, `planes`, only turns probabilities into what is enlarged.
    """
    graph = onnx.load(str(path)).graph
    values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == 'Identity' and node.input[0] in values:  # what is equal is shared
            values[node.output[0]] = values[node.input[0]]
        if node.op_type == 'Conv' and node.input[1] != 'planes':
            yield values[node.input[1]], values[node.input[2]]
