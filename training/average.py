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
Go part of the way back to the weights in use: `python -m training.average`.

What was learned anew and what was forgotten lie apart in the space of the weights: their mean
keeps most of both (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from training.designs import DESIGNS, load_network
from training.packed import read_pack
from training.pool import Pool, SHARES
from training.train import begin, Plan


def average(old: dict[str, Tensor], new: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return weights that are so much `new`, else `old`; what is counted is that of `new`."""
    return {name: torch.lerp(old[name], value, share) if value.is_floating_point() else value
            for name, value in new.items()}


def main() -> None:
    """Average from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pack', type=Path, required=True, help='file of training.pack')
    parser.add_argument('--network', choices=tuple(DESIGNS), default='road_plus')
    parser.add_argument('--run', type=Path, required=True, help='folder with network.pt')
    parser.add_argument('--models', type=Path, default=Path('models'),
                        help='folder of the graphs in use (default: models)')
    parser.add_argument('--share', type=float, required=True, help='of the run, 0 to 1')
    parser.add_argument('--out', type=Path, required=True, help='folder for network.pt')
    options = parser.parse_args()
    pack = read_pack(options.pack)
    pool = Pool(pack, tuple(SHARES), torch.device('cpu'))
    old = begin(Plan(options.network, steps=1), pack.encoder,
                options.models / options.network / 'model.onnx', None, pool)
    new = load_network(options.network, options.run / 'network.pt')
    options.out.mkdir(parents=True, exist_ok=True)
    torch.save(average(old.state_dict(), new.state_dict(), options.share),
               options.out / 'network.pt')


if __name__ == '__main__':
    main()
