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

from training import labels
from training.views import Array

PAVEMENT: frozenset[str] = frozenset()
"""All that looks like path in these pictures is pavement."""
UNCERTAIN: frozenset[str] = frozenset()
"""What looks like path in these pictures is a matter of opinion, or wrong in parts."""


def corrected(name: str, codes: Array) -> Array:
    """Return the codes of a picture's ground as a person would have them, uint8 [H, W]."""
    corrected = codes.copy()
    if name in PAVEMENT:
        corrected[labels.is_path(codes)] = labels.SIDEWALK
    if name in UNCERTAIN:
        corrected[labels.is_path(codes)] = labels.UNKNOWN
    return corrected
