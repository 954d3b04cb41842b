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

"""Thresholding: what is on the ground's side of a threshold is ground."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

_OPENING = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
_BLOCK, _TOLERANCE = 41, 12
"""Side of the neighbourhood in pixels, and how far from its mean a pixel may be."""


def otsu(image: SeededImage) -> Plane:
    """
    Return the ground by one threshold for the whole image, uint8 [h, w] of 0 and 1.

    Otsu's threshold splits a histogram where both sides are the most uniform (N. Otsu, "A
    threshold selection method from gray-level histograms", 1979): here that of the difference
    from the seed's colour, so that it does not matter whether the ground is dark or bright.
    """
    _, near = cv2.threshold(image.difference, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    return image.grown(cast('Plane', cv2.morphologyEx(near, cv2.MORPH_OPEN, _OPENING)))


def adaptive(image: SeededImage) -> Plane:
    """
    Return the ground by a threshold for each neighbourhood, uint8 [h, w] of 0 and 1.

    Even ground is as bright as its neighbourhood, whatever the light; things and verges are not.
    """
    smooth = cv2.GaussianBlur(image.gray, (5, 5), 0)
    mean = cv2.blur(smooth, (_BLOCK, _BLOCK))
    even = (cv2.absdiff(smooth, mean) <= _TOLERANCE).view(np.uint8)
    return image.grown(cast('Plane', cv2.morphologyEx(even, cv2.MORPH_OPEN, _OPENING)))
