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
Begin road_dense with road_plus: `python -m training.graft --pack FILE --donor GRAPH ...`.

The decoder and the blocks at 1/16 and 1/32 are taken over, but for those that can go; the dense
layers before them learn to give what the layers in their place gave. `training.train --begin OUT`
goes on from OUT/road_dense/model.onnx.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import time

import numpy as np
import torch
from torch import nn, Tensor

from training.designs import build, DESIGNS
from training.export import export_graph
from training.graph import DeployedNetwork
from training.network import RoadNet
from training.packed import read_pack
from training.pixels import normalise
from training.pool import Pool, SHARES
from training.train import begin, Plan

NETWORK, DONOR = 'road_dense', 'road_plus'
LEFT_OUT = {2: (1, 4), 3: (1, 2)}
"""Blocks of the donor's stages at 1/16 and 1/32 without which it scores as well at 352x192."""
PEAK_RATE = 4e-3


def graft(network: RoadNet, donor: RoadNet) -> list[nn.Module]:
    """Give a network what it can take over, and return its layers that are still to learn."""
    new = [network.encoder.stem, *network.encoder.stages[:2]]
    for index, left_out in LEFT_OUT.items():
        kept = [block for place, block in enumerate(donor.encoder.stages[index])
                if place not in left_out]
        for own, given in zip(network.encoder.stages[index], kept, strict=True):
            own.load_state_dict(given.state_dict())
    own_rest, rest = (dict(one.named_children()) for one in (network, donor))
    for name in own_rest.keys() - {'encoder'}:
        own_rest[name].load_state_dict(rest[name].state_dict())
    return new


def mismatch(network: RoadNet, donor: RoadNet, images: Tensor) -> Tensor:
    """
    Return by how much features at 1/4 and 1/8 differ from the donor's, as a share of its variance.

    :param images: normalised RGB, float [N, 3, H, W].
    """
    with torch.no_grad():
        wanted = donor.encoder(images)[:2]
    x, total = network.encoder.stem(images), images.new_zeros(())
    for stage, target in zip(network.encoder.stages, wanted, strict=False):
        x = stage(x)
        spread = target.float().var((0, 2, 3), keepdim=True) + 1e-3
        total = total + ((x.float() - target.float()) ** 2 / spread).mean()
    return total / len(wanted)


def grafted(donor: RoadNet, pool: Pool, minutes: float, batch: int) -> RoadNet:
    """Return a road_dense whose new layers have learned, on the views that trainings see."""
    device, size = pool.images.device, DESIGNS[NETWORK].size
    donor = donor.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    network = build(NETWORK).to(device, memory_format=torch.channels_last).eval()
    new = graft(network, donor)
    parameters = [one for part in new for one in part.train().parameters()]
    optimizer = torch.optim.AdamW(parameters, weight_decay=0.01)
    begun, step = time.monotonic(), 0
    while (done := (time.monotonic() - begun) / (60 * minutes)) < 1:
        for group in optimizer.param_groups:
            group['lr'] = PEAK_RATE * min(1.0, (step + 1) / 50) * (1 - done)
        views = pool.draw(batch, size, np.random.default_rng((7, step)))
        with torch.autocast(device.type, dtype=torch.bfloat16):
            loss = mismatch(network, donor, normalise(views.images))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f'step {step}, {done:.0%}: mismatch {float(loss.detach()):.4f}', flush=True)
        step += 1
    return network.eval().cpu()


def main() -> None:
    """Graft from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pack', type=Path, required=True, help='file of training.pack')
    parser.add_argument('--donor', type=Path, required=True, help='its graph, in fp32')
    parser.add_argument('--minutes', type=float, required=True)
    parser.add_argument('--batch', type=int, default=12, help='views in a step')
    parser.add_argument('--out', type=Path, required=True, help='folder to write road_dense/ into')
    options = parser.parse_args()
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    pool = Pool(read_pack(options.pack), tuple(SHARES), device)
    donor = begin(Plan(DONOR, steps=1), {}, options.donor, pool)
    network = grafted(donor, pool, options.minutes, options.batch)
    path = options.out / NETWORK / 'model.onnx'
    path.parent.mkdir(parents=True, exist_ok=True)
    export_graph(DeployedNetwork(network, 1.0), DESIGNS[NETWORK].size, path)


if __name__ == '__main__':
    main()
