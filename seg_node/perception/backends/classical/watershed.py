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

"""Watershed: water rises from the seed and from what is no ground, and meets at edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends.classical.seeded_image import enlarged

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

_GROUND, _OTHER = 1, 2
_SKY_ROWS = 0.12
"""Share of the image's height at its top that is surely no ground."""
_FAR_SHARE = 0.2
"""Share of the pixels, those least like the seed, that are surely no ground."""


def watershed(image: SeededImage) -> Plane:
    """
    Return the ground by the watershed of colour edges, uint8 [h, w] of 0 and 1.

    F. Meyer, "Color image segmentation", 1992.
    """
    small = image.half
    markers = np.zeros((small.height, small.width), np.int32)
    markers[:round(_SKY_ROWS * small.height)] = _OTHER
    far = small.difference > max(20, float(np.quantile(small.difference, 1 - _FAR_SHARE)))
    markers[cv2.erode(far.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)] = _OTHER
    markers[small.seed] = _GROUND
    cv2.watershed(cv2.GaussianBlur(small.bgr, (3, 3), 0), markers)
    return enlarged(small.grown((markers == _GROUND).view(np.uint8)), image)
