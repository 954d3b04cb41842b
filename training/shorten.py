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
Take blocks out of a network: `python -m training.shorten --graph FILE --blocks 1 2 2 2 2 1 ...`.

Shows what each block with a shortcut is worth, by the scores of the network without it, and writes
the graph without those that `--drop` names, from which `training.train --begin` goes on with a
design that has fewer blocks.
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from training.bundled import load_graph
from training.designs import DESIGNS, shortened
from training.export import export_graph
from training.graph import DeployedNetwork
from training.network import InvertedResidual, RoadNet
from training.packed import read_pack
from training.pixels import normalise, unpacked
from training.validation import path_odds, row, score, ValidSet

SETS = ('lums', 'roads')
FIRST_LOOK = 16
"""Images on which the graph's batch normalisations are measured."""


def dispensable(network: RoadNet) -> list[tuple[int, int]]:
    """Return stage and place in it of the encoder's blocks that a shortcut goes around."""
    return [(index, place) for index, stage in enumerate(network.encoder.stages)
            for place, block in enumerate(stage)
            if isinstance(block, InvertedResidual) and block.shortcut]


def without(network: RoadNet, blocks: list[tuple[int, int]]) -> RoadNet:
    """Return a copy of the network without some blocks of its encoder's stages."""
    network = deepcopy(network)
    for index, stage in enumerate(network.encoder.stages):
        network.encoder.stages[index] = nn.Sequential(
            *(block for place, block in enumerate(stage) if (index, place) not in blocks))
    return network


def _block(text: str) -> tuple[int, int]:
    stage, _, place = text.partition('.')
    return int(stage), int(place)


def main() -> None:
    """Shorten from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pack', type=Path, required=True, help='file of training.pack')
    parser.add_argument('--graph', type=Path, required=True, help='of road, in fp32')
    parser.add_argument('--blocks', type=int, nargs=6, required=True,
                        help='how many blocks its stages have')
    parser.add_argument('--drop', type=_block, nargs='+', default=[], metavar='STAGE.PLACE')
    parser.add_argument('--out', type=Path, help='graph to write')
    options = parser.parse_args()
    size = DESIGNS['road'].size
    sets = {name: one for name, one in read_pack(options.pack).valid.items() if name in SETS}
    network = shortened(options.blocks)
    some = unpacked(sets['lums'].images[:FIRST_LOOK])
    load_graph(network, options.graph, normalise(
        F.interpolate(some, size=size[::-1], mode='bilinear', antialias=True)))
    for blocks in ([], *([one] for one in dispensable(network)), options.drop):
        figures = {}
        for name, one in sets.items():
            odds = path_odds(without(network, blocks), one.images, size, torch.device('cpu'))
            figures |= row(name, score(odds, ValidSet.of(name, one)))
        print(' '.join(f'{stage}.{place}' for stage, place in blocks) or 'all of it', figures,
              flush=True)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        export_graph(DeployedNetwork(without(network, options.drop), 1.0), size, options.out)


if __name__ == '__main__':
    main()
