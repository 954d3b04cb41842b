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

"""How well a score tells two kinds apart."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """
    Return the area under the ROC curve: the chance that a positive scores above a negative.

    From the sum of ranks, ties sharing theirs (Hanley and McNeil, Radiology 143, 1982): 0.5 tells
    nothing, 1 everything. nan without positives or without negatives.
    """
    if not len(positive) or not len(negative):
        return math.nan
    scores = np.concatenate([np.asarray(positive, np.float64), np.asarray(negative, np.float64)])
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place]
    above = ranks[:len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(above / (len(positive) * len(negative)))
