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

"""The limits of a usable image."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.bounds import bounded, check_bounds

SATURATED = 250
"""Brightness, 0 to 255, from which an area counts as saturated."""
_MIN_BAND = 0.15


@dataclass(frozen=True)
class HealthThresholds:
    """
    Limits of a usable image.

    A check is switched off by the end of its range that no image can miss: 0 for a limit that
    begins with min, the upper end for one that begins with max; max_identical by 0.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_brightness: float = bounded(5.0, 0.0, 255.0, 'mean brightness, 0 to 255')
    max_saturated: float = bounded(
        0.5, 0.0, 1.0, f'share of the image at {SATURATED} of 255 or brighter')
    min_contrast: float = bounded(
        5.0, 0.0, 127.0, 'standard deviation of brightness, 0 to 127')
    min_sharpness: float = bounded(
        0.36, 0.0, 1.0, 'rise of brightness over 1/256 of the image as a share of that over '
        '1/64; a fully blurred image has 0.25')
    max_noise: float = bounded(
        6.0, 0.0, 255.0, 'standard deviation of the noise of single pixels, 0 to 255')
    max_tear: float = bounded(
        5.0, 0.0, 255.0, 'new jump of brightness from one row to the next over the whole width, '
        '0 to 255; 255 switches the check off, and JPEG is then decoded no larger than needed')
    max_identical: int = bounded(
        10, 0, 100000, 'frames in a row that repeat the one before exactly; 0: any number, for '
        'simulated cameras without noise')
    max_blocked: float = bounded(
        0.22, 0.0, 1.0, 'share of the rows from blocked_top to blocked_bottom that shows nothing')
    blocked_after: int = bounded(
        5, 1, 10000, 'frames in a row for which an area shows nothing before it counts as blocked')
    blocked_top: float = bounded(
        0.45, 0.0, 0.85, 'where the rows judged for a blocked lens begin, share of the height '
        'from the top: below the sky')
    blocked_bottom: float = bounded(
        1.0, 0.15, 1.0, 'where the rows judged for a blocked lens end, share of the height from '
        "the top: above the vehicle's own bonnet")

    @property
    def needs_every_row(self) -> bool:
        """
        Whether an image of reduced size is not enough.

        A tear between two rows is lost where both become one: of images decoded to half of
        their size, half as many were found torn.
        """
        return self.max_tear < 255.0

    def __post_init__(self) -> None:
        check_bounds(self)
        if self.blocked_bottom - self.blocked_top < _MIN_BAND:
            raise ValueError(
                f'blocked_bottom: {self.blocked_bottom:g} is less than {_MIN_BAND:g} below '
                f'blocked_top, {self.blocked_top:g}')
