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

"""An image, what is known of it without looking, and the planes that the techniques share."""

from __future__ import annotations

from functools import cached_property
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]

SEED_ROWS, SEED_COLS = (0.76, 0.95), (0.38, 0.62)
"""The ground in front of the bumper, as shares of the image's height and width."""
_MIN_SEED_SHARE = 0.25
"""Share of the seed that a region must hold to be the vehicle's own ground."""
_INVARIANT_ANGLE = 1.6
"""
Direction of projection in the plane of log-chromaticities, radians; of ten directions that with
which region growing did best on the training images.
"""


class SeededImage:
    """
    A BGR image uint8 [h, w, 3] at working size, with a seed of what is surely ground.

    Every plane is computed when it is first asked for, and must not be changed.
    """

    def __init__(self, bgr: Plane) -> None:
        """Take the image; single wrong pixels are taken out of it."""
        self.bgr = cast('Plane', cv2.medianBlur(bgr, 3))
        self.height, self.width = bgr.shape[:2]
        (top, bottom), (left, right) = (
            [round(share * side) for share in shares] for shares, side in (
                (SEED_ROWS, self.height), (SEED_COLS, self.width)))
        self.seed = (slice(top, bottom), slice(left, right))

    @cached_property
    def gray(self) -> Plane:
        """Brightness, uint8 [h, w]."""
        return cast('Plane', cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY))

    @cached_property
    def lab(self) -> Plane:
        """Colour in CIELAB, where distances are those that an eye sees, uint8 [h, w, 3]."""
        return cast('Plane', cv2.cvtColor(self.bgr, cv2.COLOR_BGR2LAB))

    @cached_property
    def half(self) -> SeededImage:
        """The image at half the size, for what is slow."""
        size = (self.width // 2, self.height // 2)
        return SeededImage(np.asarray(
            cv2.resize(self.bgr, size, interpolation=cv2.INTER_AREA), np.uint8))

    @cached_property
    def difference(self) -> Plane:
        """
        Distance of each colour from that of the seed, uint8 [h, w].

        Brightness counts half, for shadows fall onto the ground.
        """
        typical = np.median(self.lab[self.seed].reshape(-1, 3), axis=0).astype(np.float32)
        away = self.lab.astype(np.float32) - typical
        away *= (0.5, 2.0, 2.0)
        distance = np.sqrt(np.einsum('hwc,hwc->hw', away, away))
        near = np.minimum(distance, 255).astype(np.uint8)
        return cast('Plane', cv2.GaussianBlur(near, (5, 5), 0))

    @cached_property
    def invariant(self) -> Plane:
        """
        Colour without the light's, uint8 [h, w].

        Log-chromaticities projected across the direction in which they move when the light
        changes (G. D. Finlayson et al., "On the removal of shadows from images", PAMI 2006; for
        roads J. M. Alvarez and A. M. Lopez, "Road detection based on illuminant invariance",
        2011).
        """
        blurred = cv2.GaussianBlur(self.bgr, (5, 5), 0)
        logs = cv2.LUT(blurred, _LOGS)
        blue, green, red = cv2.split(logs)
        plane = (np.cos(_INVARIANT_ANGLE) * (red - green)
                 + np.sin(_INVARIANT_ANGLE) * (blue - green))
        return cast('Plane', np.clip(128 + 100 * plane, 0, 255).astype(np.uint8))

    @cached_property
    def likelihood(self) -> NDArray[np.float32]:
        """How frequent each value of `invariant` is in the seed, float32 [256], 1 at most."""
        histogram = np.bincount(self.invariant[self.seed].reshape(-1), minlength=256)
        smooth = cv2.GaussianBlur(histogram.astype(np.float32)[None], (0, 0), 3.0)[0]
        return cast('NDArray[np.float32]', smooth / max(float(smooth.max()), 1e-6))

    @cached_property
    def steepness(self) -> Plane:
        """How fast the colour changes at or beside each pixel, levels, uint8 [h, w]."""
        smooth = cv2.GaussianBlur(self.lab, (5, 5), 0)
        slopes = cv2.add(cv2.convertScaleAbs(cv2.Sobel(smooth, cv2.CV_16S, 1, 0)),
                         cv2.convertScaleAbs(cv2.Sobel(smooth, cv2.CV_16S, 0, 1)))
        lightness, *color = cv2.split(slopes)
        return cast('Plane', cv2.dilate(
            cv2.max(lightness, cv2.max(*color)), np.ones((5, 5), np.uint8)))

    def grown(self, similar: Plane) -> Plane:
        """
        Return the connected part of a mask, uint8 [h, w] of 0 and 1, in which the seed lies.

        Small holes are closed. Empty where the seed is hardly in it.
        """
        _, regions = cv2.connectedComponents(similar, connectivity=4, ltype=cv2.CV_16U)
        inside = np.bincount(regions[self.seed].reshape(-1))
        inside[0] = 0
        best = int(inside.argmax())
        if inside[best] < _MIN_SEED_SHARE * regions[self.seed].size:
            return np.zeros_like(similar)
        region = (regions == best).view(np.uint8)
        return cast('Plane', cv2.morphologyEx(region, cv2.MORPH_CLOSE, _CLOSING))


_LOGS = np.log(np.arange(256, dtype=np.float32) + 8)
_CLOSING = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))


def enlarged(mask: Plane, image: SeededImage) -> Plane:
    """Return a smaller mask, uint8 of 0 and 1, at the image's size."""
    large = cv2.resize(mask * 255, (image.width, image.height), interpolation=cv2.INTER_LINEAR)
    return cast('Plane', (large > 127).view(np.uint8))
