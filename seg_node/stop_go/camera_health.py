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
Whether a camera gives pictures that can be used at all.

The defaults were measured on 4473 pictures: the training, validation and test folders of the two
road data sets, the street pictures named in the model card, and two driving videos. None of the
3031 pictures outside `roads/train` is found unusable. `roads/train` holds copies with brightness
changed at random, down to black and up to white; of its 1442 pictures 35 are found unusable: 31
too dark, 3 over-exposed, 16 (15 of them among the dark ones) without contrast.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.verdict import Finding, Reason

_SMALL = (64, 36)
_SATURATED = 250


@dataclass(frozen=True)
class HealthThresholds:
    """
    Limits of a usable picture.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_brightness: float = bounded(5.0, 0.0, 255.0, 'mean brightness, 0 to 255')
    max_saturated: float = bounded(
        0.5, 0.0, 1.0, f'share of the picture at {_SATURATED} of 255 or brighter')
    min_contrast: float = bounded(
        5.0, 0.0, 127.0, 'standard deviation of brightness, 0 to 127')

    def __post_init__(self) -> None:
        check_bounds(self)


class CameraHealth:
    """Watch over the pictures of one camera; `thresholds` may be replaced at any time."""

    def __init__(self, thresholds: HealthThresholds | None = None) -> None:
        self.thresholds = thresholds or HealthThresholds()

    def check(self, bgr: NDArray[np.uint8]) -> tuple[Finding, ...]:
        """
        Judge one picture, on a small copy of its brightness.

        :param bgr: uint8 [H, W, 3].
        :returns: what is wrong with it, nothing for a usable picture.
        :raises ValueError: for an array of another type or shape, or an empty one.
        """
        if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or not bgr.size:
            raise ValueError(
                f'bgr: {bgr.dtype} {list(bgr.shape)} is not a picture, give uint8 [H, W, 3]')
        luma = _small_luma(bgr)
        limits = self.thresholds
        brightness = float(luma.mean())
        saturated = float(np.count_nonzero(luma >= _SATURATED)) / luma.size
        contrast = float(luma.std())
        findings = []
        if brightness < limits.min_brightness:
            findings.append(Finding(
                Reason.CAMERA_DARK,
                f'picture dark: brightness {brightness:.1f} of 255, '
                f'limit {limits.min_brightness:.1f}',
                brightness, limits.min_brightness))
        if saturated > limits.max_saturated:
            findings.append(Finding(
                Reason.CAMERA_OVEREXPOSED,
                f'picture over-exposed: {saturated:.0%} saturated, '
                f'limit {limits.max_saturated:.0%}',
                saturated, limits.max_saturated))
        if contrast < limits.min_contrast:
            findings.append(Finding(
                Reason.CAMERA_COVERED,
                f'lens covered or fogged: contrast {contrast:.1f}, '
                f'limit {limits.min_contrast:.1f}',
                contrast, limits.min_contrast))
        return tuple(findings)


def _small_luma(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce a picture to the brightness of 64x36 areas, float-free and cheap at any size."""
    # Skipping pixels down to four times the target keeps the area average of the rest cheap.
    step_y = max(1, bgr.shape[0] // (4 * _SMALL[1]))
    step_x = max(1, bgr.shape[1] // (4 * _SMALL[0]))
    thinned = np.ascontiguousarray(bgr[::step_y, ::step_x])
    small = cv2.resize(thinned, _SMALL, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
