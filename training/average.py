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
Go part of the way back: `python -m training.average --old BEGUN --new LEARNED --share 0.9`.

What was learned anew and what was forgotten lie apart in the space of the weights: their mean
keeps most of both (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor


def average(old: dict[str, Tensor], new: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return weights that are so much `new`, else `old`; what is counted is that of `new`."""
    return {name: torch.lerp(old[name], value, share) if value.is_floating_point() else value
            for name, value in new.items()}


def main() -> None:
    """Average from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--old', type=Path, required=True, help='weights to go back to')
    parser.add_argument('--new', type=Path, required=True, help='weights of a training')
    parser.add_argument('--share', type=float, required=True, help='of the new ones, 0 to 1')
    parser.add_argument('--out', type=Path, required=True, help='file for their mean')
    options = parser.parse_args()
    old, new = (torch.load(path, weights_only=True, map_location='cpu')
                for path in (options.old, options.new))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(average(old, new, options.share), options.out)


if __name__ == '__main__':
    main()
