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

"""Region growing: from the ground in front of the bumper to all that looks like it."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

_MIN_LIKELY = 0.08
_OPENING = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


def region_growing(image: SeededImage) -> Plane:
    """
    Return the ground that grows from the seed, uint8 [h, w] of 0 and 1.

    It grows over pixels whose colour without the light's is frequent in the seed, so that a shadow
    does not end it (J. M. Alvarez and A. M. Lopez, "Road detection based on illuminant
    invariance", 2011).
    """
    similar = cv2.LUT(image.invariant, (image.likelihood >= _MIN_LIKELY).astype(np.uint8))
    return image.grown(cast('Plane', cv2.morphologyEx(similar, cv2.MORPH_OPEN, _OPENING)))
