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

"""Where a camera sits, from a drive straight ahead; its height where a speed is known."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.calibration.estimate import (
    angles_of,
    CalibrationError,
    Estimate,
    Measured,
    upright_pose,
)
from seg_node.calibration.ground_motion import GroundMotion
from seg_node.calibration.image_pair import motion_of
from seg_node.calibration.pinhole import Pinhole
from seg_node.perception.images.tracks import Tracker
from seg_node.stop_go.geometry import Intrinsics, Mounting

MAX_WIDTH, FEATURES = 640, 600
"""Width of the images that are looked at, pixels, and features in them."""
_FEWEST_TRACKS = 40
ENOUGH = 8
"""Pairs of images that must tell the same."""
STRAIGHT = 0.012
"""Radians turned for each camera height driven, up to which a drive counts as straight."""
_MOST_SPREAD = 0.03
"""Radians of spread beyond which the pairs do not agree on a pitch."""


@dataclass(frozen=True)
class PairEstimate:
    """
    How the camera sits by one pair of images.

    mounting: its angles; its height is 1. advance: metres driven over the camera's height;
    turned: radians to the left. distance: metres driven by odometry, None where that is unknown.
    """

    mounting: Mounting
    advance: float
    turned: float
    distance: float | None

    @property
    def straight(self) -> bool:
        """Whether the vehicle drove straight ahead."""
        return abs(self.turned) <= STRAIGHT * self.advance

    @classmethod
    def of(cls, motion: GroundMotion, distance: float | None) -> PairEstimate:
        """Read the motion of the ground; backwards where the distance is negative."""
        ahead, down = motion.between
        if distance is not None and distance < 0:
            ahead, distance = -ahead, -distance
        return cls(angles_of(upright_pose(ahead, down, 1.0)), motion.advance, motion.turned_left,
                   distance)


class DriveCalibration:
    """
    Look at the images of a drive in their order, and tell what they say. Not thread-safe.

    :param intrinsics: of the upright images.
    """

    def __init__(self, intrinsics: Intrinsics, max_width: int = MAX_WIDTH,
                 features: int = FEATURES) -> None:
        self._pinhole = Pinhole.build(intrinsics, max_width)
        self._features = features
        self._tracker = Tracker(features, min(_FEWEST_TRACKS, features // 4))
        self._driven: float | None = 0.0
        self.images = self.lost = self.silent = 0
        self.sights: list[PairEstimate] = []

    def look(self, bgr: NDArray[np.uint8], driven: float | None) -> PairEstimate | None:
        """
        Take the next image, uint8 [H, W, 3]; return what it tells with one before.

        :param driven: metres since the image before, negative backwards; None: unknown.
        """
        self.images += 1
        self._driven = None if self._driven is None or driven is None else self._driven + driven
        tracks = self._tracker.follow(self._pinhole.grey(bgr))
        self.lost += self._tracker.lost
        if self._tracker.fresh:
            distance, self._driven = self._driven, 0.0
        if tracks is None:
            return None
        motion = motion_of(tracks, self._pinhole, self._features)
        if motion is None:
            self.silent += 1
            return None
        try:
            sight = PairEstimate.of(motion, distance)
        except CalibrationError:
            self.silent += 1
            return None
        self.sights.append(sight)
        return sight

    def estimate(self) -> Estimate:
        """
        Return where the camera sits.

        :raises CalibrationError: where the drive does not tell it.
        """
        straight = [sight for sight in self.sights if sight.straight]
        if len(straight) < ENOUGH:
            raise CalibrationError(self._refusal(len(straight)))
        found = combined(straight)
        if found.pitch.spread > _MOST_SPREAD:
            raise CalibrationError(
                f'{len(straight)} pairs of images do not agree: the pitch spreads by '
                f'{found.pitch.spread:.3f} rad, limit {_MOST_SPREAD}; drive slowly over even '
                'ground, away from others that move, with a camera that is fixed')
        return found

    def _refusal(self, straight: int) -> str:
        """Tell why there are too few pairs of images."""
        seen = f'{straight} pairs of images tell how the ground moved, {ENOUGH} are needed: '
        remedy = '; drive straight ahead for ten camera heights and more'
        if self.images < 2:
            return ('one picture shows no motion: give a drive, or points on the floor (--points) '
                    'or a checkerboard (--board)')
        if len(self.sights) - straight > straight:
            turned = float(np.median([sight.turned / sight.advance for sight in self.sights]))
            return (f'{seen}the vehicle turns, by {turned:+.3f} rad for each camera height '
                    f'driven, limit {STRAIGHT}{remedy}')
        if self.lost > self.images / 2:
            return (f'{seen}from {self.lost} of {self.images} images to the next nothing could be '
                    'followed: too little texture, too dark, too blurred or too far apart; drive '
                    'slowly, in light, over ground with marks or grain')
        if self.silent > len(self.sights):
            return (f'{seen}in {self.silent} others no ground was found that moves as a level '
                    'one does; check camera_info, and drive over even ground with texture')
        return f'{seen}the vehicle stands, or hardly drives, in {self.images} images{remedy}'


def combined(sights: list[PairEstimate]) -> Estimate:
    """Return what several pairs of images say together (one at least)."""
    first = sights[0].mounting.yaw
    yaws = [first + math.remainder(sight.mounting.yaw - first, 2 * math.pi) for sight in sights]
    yaw = Measured.of(yaws)
    heights = [sight.distance / sight.advance for sight in sights if sight.distance]
    return Estimate(
        Measured.of([sight.mounting.pitch for sight in sights]),
        Measured.of([sight.mounting.roll for sight in sights]),
        Measured(math.remainder(yaw.value, 2 * math.pi), yaw.spread, yaw.count),
        Measured.of(heights) if len(heights) >= ENOUGH else None)
