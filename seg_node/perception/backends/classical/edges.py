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

"""Edges: the ground ends where brightness or colour changes at once."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

_CELL = np.ones((3, 3), np.uint8)
_STEEP = 2.5
"""How much steeper than the seed's ground an edge is."""
_MIN_STEEP = 24.0
"""Levels; less steep is no edge, however even the ground."""
_CANNY = (40, 110)
_LOG_SIGMA, _LOG_ROUGH = 1.4, 2.2


def sobel(image: SeededImage) -> Plane:
    """
    Return the ground by Sobel's gradient, uint8 [h, w] of 0 and 1.

    What is much steeper than the ground in front of the vehicle bounds it.
    """
    smooth = cv2.GaussianBlur(image.gray, (5, 5), 0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    slope = np.asarray(cv2.magnitude(across, down), np.float32)
    limit = max(_MIN_STEEP, _STEEP * float(np.quantile(slope[image.seed], 0.9)))
    flat = (slope <= limit).view(np.uint8)
    return image.grown(flat)


def canny(image: SeededImage) -> Plane:
    """
    Return the ground that Canny's edges enclose, uint8 [h, w] of 0 and 1.

    Canny keeps the crest of each edge, and weak edges only where they go on from strong ones (J.
    Canny, "A computational approach to edge detection", PAMI 1986).
    """
    edges = cv2.Canny(cv2.GaussianBlur(image.gray, (5, 5), 0), *_CANNY)
    closed = cv2.dilate(edges, _CELL, iterations=2)
    return image.grown((closed == 0).view(np.uint8))


def laplacian_of_gaussian(image: SeededImage) -> Plane:
    """
    Return the ground by the Laplacian of Gaussian, uint8 [h, w] of 0 and 1.

    It answers to edges and to small blobs from all sides (D. Marr and E. Hildreth, "Theory of edge
    detection", 1980); where it answers more than on the seed, the texture is not the ground's.
    """
    smooth = cv2.GaussianBlur(image.gray, (0, 0), _LOG_SIGMA)
    answer = np.abs(cv2.Laplacian(smooth, cv2.CV_32F, ksize=3))
    rough = np.asarray(cv2.blur(answer, (7, 7)), np.float32)
    limit = max(1.5, _LOG_ROUGH * float(np.median(rough[image.seed])))
    return image.grown(cast('Plane', (rough <= limit).view(np.uint8)))
