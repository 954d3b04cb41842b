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
Show what fewer swallowed obstacles cost: `python -m training.trade --pack FILE --run RUN`.

Each row asks for other log-odds before a pixel is called path. `--obstacle-odds` gives obstacles
some more over every other class, which costs less where a path meets a shoulder. The same options
of `training.export` build what is chosen into the graphs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from pathlib import Path

import torch

from seg_node.scoring.swallowed import GROUPS
from seg_node.tools.common.text_table import markdown_table
from training.designs import DESIGNS, load_network
from training.packed import read_pack
from training.validation import path_odds, Score, score, ValidSet

THRESHOLDS = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)


def trade(network: torch.nn.Module, size: tuple[int, int], sets: Sequence[ValidSet],
          device: torch.device) -> dict[float, dict[str, Score]]:
    """Return the scores of each set by threshold."""
    odds = {one.name: path_odds(network, one.images, size, device) for one in sets}
    return {threshold: {one.name: score(odds[one.name], one, threshold) for one in sets}
            for threshold in THRESHOLDS}


def table(found: dict[float, dict[str, Score]]) -> str:
    """Return it as a Markdown table: path IoU of each set, and over all what is swallowed."""
    names = list(next(iter(found.values())))
    rows = []
    for threshold, scores in found.items():
        total = sum(scores.values(), Score())
        rows.append([f'{threshold:g}', *(f'{scores[name].path.iou:.3f}' for name in names),
                     f'{100 * total.sidewalk.false_path_rate:.1f} %',
                     f'{total.swallowed.lost.total()} of {total.swallowed.seen.total()}',
                     f'{100 * total.swallowed.share:.1f} %'])
    return markdown_table(['threshold', *(f'{name}: path IoU' for name in names),
                           'pavement called path', 'swallowed', 'share'], rows)


def by_group(total: Score) -> dict[str, dict[str, tuple[int, int]]]:
    """Return swallowed and seen by kind, by size and by distance."""
    return {name: total.swallowed.by(position)
            for position, name in enumerate(GROUPS)}


def main() -> None:
    """Show the trade from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pack', type=Path, required=True, help='file of training.pack')
    parser.add_argument('--run', type=Path, required=True, help='folder with network.pt')
    parser.add_argument('--network', choices=tuple(DESIGNS), default='road')
    parser.add_argument('--obstacle-odds', type=float, default=0.0,
                        help='log-odds that an obstacle is given over every other class')
    options = parser.parse_args()
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    network = load_network(options.network, options.run / 'network.pt',
                           options.obstacle_odds).to(device)
    sets = [ValidSet.of(name, one) for name, one in read_pack(options.pack).valid.items()]
    found = trade(network, DESIGNS[options.network].size, sets, device)
    print(table(found))
    print(json.dumps(by_group(sum(found[0.0].values(), Score())), indent=1))


if __name__ == '__main__':
    main()
