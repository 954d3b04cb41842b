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

"""Whether a doubt about what a network calls path is right, by the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.ground_truth import is_path, UNKNOWN
from seg_node.scoring.swallowed import SWALLOWED_FROM

_KNOWN = 0.5


def is_right(box: Sequence[float], codes: NDArray[np.uint8], drivable_ids: Sequence[int],
             ) -> bool | None:
    """
    Tell whether something other than path is at the foot of a place that is doubted.

    :param box: left, top, right, bottom in shares of the image; its lowest quarter counts, as for
        what a network swallows.
    :param codes: uint8 [H, W], the ground truth.
    :returns: None where less than half of that is known, or it is not in the image.
    """
    height, width = codes.shape
    left, top, right, bottom = box
    foot = codes[int((bottom - (bottom - top) / 4) * height):int(np.ceil(bottom * height)),
                 int(left * width):int(np.ceil(right * width))]
    known = foot != UNKNOWN
    if not foot.size or known.mean() < _KNOWN:
        return None
    other = known & ~is_path(foot, drivable_ids)
    return bool(np.count_nonzero(other) >= SWALLOWED_FROM * np.count_nonzero(known))
