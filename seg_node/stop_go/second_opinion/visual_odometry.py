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

"""The vehicle's own motion where there is no odometry: from features of the ground."""

from __future__ import annotations

from collections.abc import Callable
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.images.tracks import choose_features, follow, Pixels
from seg_node.stop_go.second_opinion.ground_fit import Correction, earlier_pixels, Field
from seg_node.stop_go.second_opinion.level_camera import HORIZON, Image, LevelCamera
from seg_node.stop_go.second_opinion.travel import StampedPose, Step
from seg_node.stop_go.vehicle import Motion

_FEATURES, _FEWEST = 144, 16
"""That are followed, and that must agree."""
_AGREE = 0.6
"""Share of them that must: else most of what is seen is no ground, or moves by itself."""
_BELOW, _RIM = 6.0, 4
"""Rows below the horizon from which on a feature counts; pixels kept from the rim of the view."""
_AROUND, _SOBEL = 9, 3
_ROUND, _CONTRAST = 0.2, 1e-4
"""Share of the greatest that the least eigenvalue of a corner is, and its least value."""
_OFF = 1.5
"""Pixels by which a feature may be off that agrees."""
_EXACT = 0.15
"""Pixels: what a feature's place is wrong by."""
_LIKELY = np.array([np.inf, np.inf, 0.01, 0.01])
"""Standard deviations: metres driven, radians turned; nod and roll between two images, rad."""
_PRIOR = np.diag(_LIKELY ** -2.0)
_NUDGE, _DONE = 1e-4, 2e-4
_ROUNDS = 6
_STANDS = 0.1
"""Pixels that the ground moves, in the median, where the vehicle stands."""
_HARDEST = 12.0
"""m/s^2 by which a vehicle brakes at most: two pairs of images must tell the same speed."""
_UNSURE, _LEAST_UNSURE = 0.15, 0.01
"""Share of the way driven, and metres, by which that may be wrong: GroundFit mends the rest."""


class VisualOdometry:
    """
    Tell from each image of a camera how the vehicle moved since the one before.

    Features that move as those of one plane do (RANSAC, by OpenCV) tell how far the vehicle drove
    and turned, for the height of the camera is known; as a vehicle does, it moves along its way.
    Not thread-safe.
    """

    def __init__(self, camera: LevelCamera, ahead: float) -> None:
        """
        Begin from nothing.

        :param ahead: the way of the vehicle that the camera looks along, radians from its front.
        """
        self._camera = camera
        self._cos, self._sin = math.cos(ahead), math.sin(ahead)
        self._inner = cv2.erode(camera.seen, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8),
                                borderType=cv2.BORDER_CONSTANT, borderValue=0)
        self._before: tuple[float, Image, Pixels] | None = None
        self._last: tuple[float, float] | None = None
        self.silent = ''
        """Why the last image told no motion; empty where it did."""

    def motion(self, grey: Image, time: float) -> Motion | None:
        """Take the next level image, uint8, of a time in seconds; None where it does not tell."""
        before = self._before
        self._before = time, grey, self._corners(grey)
        if before is None or not time > before[0]:
            self.silent = 'no image before'
            return None
        gap = time - before[0]
        last, self._last = self._last, None
        speed, yaw_rate = last or (0.0, 0.0)
        driven = self._driven(*follow(
            before[1], grey, before[2], self._expected(before[2], speed * gap, yaw_rate * gap)))
        if driven is None:
            self.silent = 'the ground does not tell how the vehicle moved'
            return None
        self._last = speed, yaw_rate = driven[0] / gap, driven[1] / gap
        if last is None or abs(speed - last[0]) > _HARDEST * gap + _UNSURE * abs(speed):
            self.silent = 'the ground told once how the vehicle moved, or other than before'
            return None
        self.silent = ''
        return Motion(self._cos * speed, yaw_rate, self._sin * speed)

    def _expected(self, then: Pixels, forward: float, turned: float) -> Pixels:
        """Return where features [N, 2] are likely to be seen now."""
        camera = self._camera
        u, v = earlier_pixels(camera, *_ground(camera, then), np.float32(camera.height),
                              _step(camera, -forward, -turned), Correction())
        return np.asarray(np.stack([u, v], axis=-1), np.float32)

    def _corners(self, grey: Image) -> Pixels:
        """
        Return features [N, 2] below the horizon that are corners, not at the rim of the view.

        On a line, as that beside a lane, a feature is found anywhere along it: the ground seems to
        stand still.
        """
        pixels = choose_features(grey, _FEATURES)
        column, row = np.rint(pixels).astype(int).T
        across, along = cv2.cornerEigenValsAndVecs(
            grey, _AROUND, _SOBEL)[row, column, :2].T
        kept = ((pixels[:, 1] > HORIZON + _BELOW) & (self._inner[row, column] > 0)
                & (along > np.maximum(_ROUND * across, _CONTRAST)))
        return np.asarray(pixels[kept], np.float32)

    def _driven(self, then: Pixels, now: Pixels) -> tuple[float, float] | None:
        """Return metres and radians to the left between features [N, 2] of two images."""
        below = now[:, 1] > HORIZON + _BELOW
        then, now = then[below], now[below]
        if len(now) < _FEWEST:
            return None
        agree = cv2.findHomography(then, now, cv2.RANSAC, _OFF)[1]
        if agree is None or agree.sum() < max(_FEWEST, _AGREE * len(now)):
            return None
        kept = agree[:, 0] > 0
        return self._fitted(then[kept].astype(np.float64), now[kept])

    def _fitted(self, then: NDArray[np.float64], now: Pixels) -> tuple[float, float] | None:
        """Return what fits best: Gauss-Newton with the weights of Cauchy."""
        if np.median(np.hypot(*(now - then).T)) < _STANDS:
            return 0.0, 0.0
        camera = self._camera
        x, y = _ground(camera, now)

        def seen(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
            forward, turned, nod, roll = numbers.tolist()
            return np.concatenate(earlier_pixels(
                camera, x, y, np.float32(camera.height), _step(camera, forward, turned),
                Correction(nod=nod, roll=roll))).astype(np.float64)

        return _solved(seen, then.T.ravel())


def _ground(camera: LevelCamera, pixels: Pixels) -> tuple[Field, Field]:
    """Return where pixels [N, 2] lie on the ground: metres before the camera's foot, and left."""
    x = np.float32(camera.focal * camera.height) / (pixels[:, 1] - np.float32(HORIZON))
    return x, (np.float32(camera.centre) - pixels[:, 0]) / np.float32(camera.focal) * x


def _step(camera: LevelCamera, forward: float, turned: float) -> Step:
    """Return the camera's step to before the vehicle drove along an arc."""
    now = StampedPose(forward * math.cos(turned / 2), forward * math.sin(turned / 2), turned)
    x, y = now.from_here(camera.ahead, camera.aside)
    return Step(x - camera.ahead, y - camera.aside, turned)


def _solved(seen: Callable[[NDArray[np.float64]], NDArray[np.float64]],
            then: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return metres and radians with which features are seen where they were; None: unsure."""
    found = np.zeros(4)
    for _ in range(_ROUNDS):
        at = seen(found)
        slopes = np.stack([(seen(found + step) - at) / _NUDGE for step in np.eye(4) * _NUDGE])
        off = at - then
        weighted = slopes / (_EXACT ** 2 + off * off / 4.0)
        normal = weighted @ slopes.T + _PRIOR
        try:
            change = np.linalg.solve(normal, weighted @ off + _PRIOR @ found)
        except np.linalg.LinAlgError:
            return None
        found = found - change
        if np.abs(change).max() < _DONE:
            break
    forward, turned = found[:2].tolist()
    if not math.isfinite(forward + turned):
        return None
    unsure = math.sqrt(abs(float(np.linalg.inv(normal)[0, 0])))
    return (forward, turned) if unsure < max(_LEAST_UNSURE, _UNSURE * abs(forward)) else None
