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
"""What is known of pictures through a windscreen: the car stands on a road, which has markings."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.labelling.views import Array

FRONT = (0.7, 0.88, 0.4, 0.6)
"""Top, bottom, left, right of what lies before a car, above its bonnet, in shares."""
REACHES = 0.05
"""Share of the front from which on an area reaches it."""
BRIGHTER, PALE = 30, 60
"""Paint is brighter than the road by so much at least, and its colours differ by this at most."""


def from_a_car(bgr: Array, codes: Array) -> Array:
    """
    Return the codes of the ground, uint8 [H, W], without what cannot be.

    Pavement right before the car is a narrow road; what is pale in the midst of a road, and what
    lies between two such, is a crossing. Both become unknown.
    """
    codes = codes.copy()
    codes[_in_front(codes == labels.SIDEWALK)] = labels.UNKNOWN
    no_path = np.isin(codes, (labels.NOT_PATH, labels.SIDEWALK))
    codes[_crossing(bgr, no_path, labels.is_path(codes))] = labels.UNKNOWN
    return codes


def _in_front(areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the connected areas that reach what lies before the car."""
    height, width = areas.shape
    top, bottom, left, right = FRONT
    _, parts = cv2.connectedComponents(areas.astype(np.uint8))
    front = parts[int(top * height):int(bottom * height), int(left * width):int(right * width)]
    counts = np.bincount(front.ravel(), minlength=int(parts.max()) + 1)
    reaching = counts >= REACHES * front.size
    reaching[0] = False
    return reaching[parts]


def _crossing(bgr: Array, no_path: NDArray[np.bool_], path: NDArray[np.bool_],
              ) -> NDArray[np.bool_]:
    """Return the painted parts of what is said to be no path: road lies beyond it."""
    if not path.any():
        return np.zeros_like(path)
    height, width = path.shape
    darkest, brightest = bgr.min(axis=2).astype(np.int16), bgr.max(axis=2).astype(np.int16)
    road = float(np.median(darkest[path]))
    before = np.logical_or.accumulate(path, axis=0)     # path is above it in the picture
    before[:height // 2] = False
    paint = no_path & before & (darkest > road + BRIGHTER) & (brightest - darkest < PALE)
    paint = cv2.morphologyEx(paint.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    # Across the gaps between stripes, and over their rims.
    wide = cv2.morphologyEx(paint, cv2.MORPH_CLOSE, np.ones((7, width // 8), np.uint8))
    return no_path & before & (cv2.dilate(wide, np.ones((9, 9), np.uint8)) > 0)
