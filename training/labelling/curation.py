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
What a person has seen that the networks do not: corrections, by the picture's name.

Places where no car drives, such as pedestrian zones, cycle lanes and park paths, are pavement.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training import labels
from training.labelling.views import Array

PAVEMENT = frozenset({
    'handlebar_002', 'handlebar_013', 'panorama_020', 'panorama_021', 'panorama_026',
    'panorama_027', 'surfaces_002', 'surfaces_003', 'surfaces_006', 'surfaces_008',
    'surfaces_014', 'surfaces_016', 'surfaces_018'})
"""All that looks like path in these pictures is pavement."""
WAYS = frozenset({'handlebar_004', 'handlebar_005', 'handlebar_006', 'handlebar_015',
                  'panorama_087', 'surfaces_013'})
"""Grey ways without a kerb, as narrow roads are too: if they are path is not to be learned."""
ROAD = frozenset({
    'handlebar_010', 'handlebar_011', 'handlebar_012', 'handlebar_014', 'lund_001', 'lund_002',
    'lund_003', 'lund_004', 'lund_005', 'lund_010', 'lund_019', 'lund_020', 'surfaces_011',
    'surfaces_020', 'surfaces_022'})
"""What the teacher takes for path in these pictures is, also where it is not sure: cobbles."""
UNCLEAR = frozenset({'panorama_028', 'rdd_japan_0331', 'rdd_japan_1077', 'surfaces_012',
                     'surfaces_023', 'surfaces_024', 'surfaces_025'})
"""Tracks and yards: what is path here is a matter of opinion, and nothing is learned from it."""


def corrected(name: str, codes: Array, path: NDArray[np.float32]) -> Array:
    """
    Return the codes of a picture's ground as a person would have them, uint8 [H, W].

    :param path: probability of path by the teacher, [H, W].
    """
    codes = codes.copy()
    if name in UNCLEAR:
        codes[:] = labels.UNKNOWN
    if name in WAYS:
        codes[labels.is_path(codes) | (codes == labels.SIDEWALK) | (path >= 0.5)] = labels.UNKNOWN
    if name in ROAD:
        codes[(path >= 0.5) & (codes == labels.UNKNOWN)] = labels.SOME_PATH
    if name in PAVEMENT:
        codes[labels.is_path(codes)] = labels.SIDEWALK
        codes[(path >= 0.5) & (codes == labels.UNKNOWN)] = labels.SIDEWALK
    return codes
