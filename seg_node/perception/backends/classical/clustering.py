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

"""Clustering: pixels of like colour form groups, and those of the seed's groups are ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends.classical.seeded_image import enlarged

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage

_CLUSTERS = 4
_ROUNDS = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 0.5)
_MIN_OWN_SHARE = 0.05
"""Share of the seed that a cluster must have to be ground."""
_RADIUS, _LEVELS = 5, 14
"""Mean shift's window: pixels and levels of colour."""
_STEP = 5
"""How far two neighbouring modes of one ground may differ, levels of colour."""


def k_means(image: SeededImage) -> Plane:
    """
    Return the ground by k-means, uint8 [h, w] of 0 and 1.

    The clusters of colour start as bands from top to bottom and not at random, so that the same
    image gives the same clusters (S. Lloyd, "Least squares quantization in PCM", 1982).
    """
    small = image.half
    pixels = small.lab * np.array((1, 2, 2), np.float32)
    thin = np.ascontiguousarray(pixels[::2, ::2])
    bands = (np.arange(thin.shape[0], dtype=np.int32) * _CLUSTERS // thin.shape[0])
    start = np.repeat(bands, thin.shape[1])[:, None]
    _, _, centers = cv2.kmeans(
        thin.reshape(-1, 3), _CLUSTERS, start, _ROUNDS, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    flat, middles = pixels.reshape(-1, 3), np.asarray(centers, np.float32)
    # The nearest centre has the largest product with the pixel, less half its own square.
    nearest = (flat @ middles.T - 0.5 * (middles ** 2).sum(axis=1)).argmax(axis=1)
    clusters = nearest.reshape(small.height, small.width)
    own = np.bincount(clusters[small.seed].reshape(-1), minlength=_CLUSTERS)
    ground = own >= _MIN_OWN_SHARE * own.sum()
    return enlarged(small.grown(ground[clusters].view(np.uint8)), image)


def mean_shift(image: SeededImage) -> Plane:
    """
    Return the ground by mean shift, uint8 [h, w] of 0 and 1.

    Every pixel climbs to the densest colour around it (D. Comaniciu and P. Meer, "Mean shift",
    PAMI 2002). What is left are even patches, of which those connected with the seed in
    small steps are ground.
    """
    small = image.half
    modes = cv2.pyrMeanShiftFiltering(small.lab, _RADIUS, _LEVELS, maxLevel=1)
    return enlarged(small.grown(flooded(np.asarray(modes, np.uint8), small, _STEP)), image)


def flooded(planes: Plane, image: SeededImage, step: int) -> Plane:
    """
    Return what can be reached from the seed in steps of colour, uint8 [h, w] of 0 and 1.

    :param planes: uint8 [h, w, 3].
    :param step: largest difference between neighbours, in each plane.
    """
    rows, cols = image.seed
    mask = np.zeros((image.height + 2, image.width + 2), np.uint8)
    for row in range(rows.start, rows.stop, 6):
        for col in range(cols.start, cols.stop, 8):
            if not mask[row + 1, col + 1]:
                cv2.floodFill(planes, mask, (col, row), 0, (step,) * 3, (step,) * 3,
                              4 | cv2.FLOODFILL_MASK_ONLY | 1 << 8)
    return mask[1:-1, 1:-1].copy()
