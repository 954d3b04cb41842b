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

"""From the tracks of two images to how the ground moved between them."""

from __future__ import annotations

import cv2
import numpy as np

from seg_node.calibration.ground_motion import FEWEST, first_guess, Flags, GroundMotion
from seg_node.calibration.pinhole import Grey, Pinhole
from seg_node.perception.images.tracks import choose_features, Pixels, Tracks

_EXACT = 0.3
"""Pixels by which the place of a feature may be wrong."""
_AGAIN = 2
"""How often the earlier image is laid under the later one."""
_WINDOW = 11
_NEAR = 2.0
"""Pixels that may be missing when it is."""


def motion_of(tracks: Tracks, pinhole: Pinhole, features: int,
              ) -> GroundMotion | None:
    """
    Tell how the ground moved between two images; None where they do not tell.

    What lies near moves far and grows, so that following it errs, always to one side. So the
    earlier image is laid under the later one as the ground is thought to have moved, and what is
    then still missing is followed.

    :param features: that are chosen in an image.
    """
    exact = _EXACT / pinhole.focal
    then, now = pinhole.rays(tracks.then), pinhole.rays(tracks.now)
    motion = first_guess(then, now, exact, np.random.default_rng(len(then)))
    if motion is None:
        return None
    motion = motion.refined(
        then, now, motion.ground_weights(now) * motion.fits(then, now, exact), exact)
    chosen = choose_features(tracks.last, features)
    rays = pinhole.rays(chosen)
    count = 0
    for _ in range(_AGAIN):
        weights, stands = motion.ground_weights(rays), motion.ground_weights(now) == 0.0
        low = weights > 0.0
        earlier, found = _laid_under(tracks, motion, pinhole, chosen[low])
        ground = pinhole.rays(earlier[found]), rays[low][found]
        motion = motion.refined(
            np.concatenate([ground[0], then[stands]]), np.concatenate([ground[1], now[stands]]),
            np.concatenate([weights[low][found], np.zeros(np.count_nonzero(stands))]), exact)
        count = np.count_nonzero(motion.fits(*ground, exact))
        if count < FEWEST:
            return None
    return motion


def _laid_under(tracks: Tracks, motion: GroundMotion, pinhole: Pinhole, pixels: Pixels,
                ) -> tuple[Pixels, Flags]:
    """Return where features of the later image were in the earlier, and which were found."""
    homography = motion.homography(pinhole.matrix)
    if not len(pixels) or not np.isfinite(homography).all():
        return pixels, np.zeros(len(pixels), np.bool_)
    under: Grey = np.asarray(cv2.warpPerspective(tracks.first, homography, pinhole.size))
    covered = cv2.warpPerspective(np.full_like(tracks.first, 255), homography, pinhole.size)
    covered = cv2.erode(covered, np.ones((_WINDOW, _WINDOW), np.uint8),
                        borderType=cv2.BORDER_CONSTANT, borderValue=0)
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        tracks.last, under, pixels, pixels.copy(), winSize=(_WINDOW, _WINDOW), maxLevel=0,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW)
    u, v = np.rint(pixels).astype(int).T
    good = ((found[:, 0] > 0) & (covered[v, u] == 255)
            & (np.hypot(*(there - pixels).T) < _NEAR))
    back = cv2.perspectiveTransform(there[None].astype(np.float64), np.linalg.inv(homography))[0]
    return np.asarray(back, np.float32), np.asarray(good)
