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

"""How an earlier image lies under this one, if all it shows were the ground."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.second_opinion.level_camera import HORIZON, LevelCamera, WIDTH
from seg_node.stop_go.second_opinion.travel import Step

Field = NDArray[np.float32]

_FARTHEST = 35.0
_BESIDE = 3.0
"""Metres beside the way whose ground is used too."""
_EVERY = (3, 5)
"""Rows and columns from one sample to the next."""
_BELOW = 6
_RIM = 4
_ROUNDS = 4
_LIKELY = np.array([0.01, 0.01, 0.01, 0.1])
"""Standard deviations: nod, yaw and roll since the earlier image, rad; share of the way driven."""
_PRIOR = np.diag(_LIKELY ** -2.0).astype(np.float32)
_ENOUGH = 0.03
"""Pixels: a smaller change ends the search."""
_LEAST_NOISE = 1.0
"""Grey levels."""
_MOST_NOISE = 16.0
"""Grey levels beyond which two images have nothing to do with each other."""
_MIN_SAMPLES = 60


@dataclass(frozen=True, eq=False)
class Correction:
    """
    What the ground itself says about a step, beyond odometry.

    nod, yaw and roll of the camera since the earlier image, rad; scale: share by which more was
    driven. noise: standard deviation of what does not fit, grey levels; light: how much brighter
    the earlier image was.
    """

    nod: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0
    scale: float = 0.0
    noise: float = _LEAST_NOISE
    light: float = 0.0


@dataclass(frozen=True, eq=False)
class Pair:
    """Two level images, float32 grey, and how the vehicle moved between them."""

    now: Field
    then: Field
    step: Step
    correction: Correction


def earlier_pixels(camera: LevelCamera, x: Field, y: Field, below: Field | np.float32, step: Step,
                   correction: Correction) -> tuple[Field, Field]:
    """
    Return where points were seen in an earlier image, float32 columns and rows like x.

    :param x: metres ahead of the camera's foot, now; y to the left; `below` the camera.
    """
    cos, sin = np.float32(math.cos(step.turn)), np.float32(math.sin(step.turn))
    ahead = cos * x - sin * y + np.float32(step.x * (1.0 + correction.scale))
    nearness = 1.0 / np.maximum(ahead, np.float32(0.2))
    right = -(sin * x + cos * y + np.float32(step.y)) * nearness
    down = below * nearness
    nod, yaw, roll = (np.float32(value) for value in (
        correction.nod, correction.yaw, correction.roll))
    both = right * down
    focal = np.float32(camera.focal)
    u = right + yaw * (1 + right * right) + nod * both - roll * down
    v = down + nod * (1 + down * down) + yaw * both + roll * right
    return (np.asarray(u * focal + np.float32(camera.centre), np.float32),
            np.asarray(v * focal + np.float32(HORIZON), np.float32))


def sample(image: Field, u: Field, v: Field) -> Field:
    """Return the values of an image between its pixels."""
    return np.asarray(cv2.remap(image, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
                      np.float32)


def lies_inside(u: Field, v: Field, rows: int) -> NDArray[np.bool_]:
    """Tell which pixels lie in an image of so many rows, and not at its rim."""
    return (u > 1) & (u < WIDTH - 2) & (v > 0) & (v < rows - 2)


class GroundFit:
    """
    Lay earlier images of the ground under this one, as exactly as the ground itself allows.

    Gauss-Newton on the brightness of samples, with weights that leave out what does not fit
    (Baker and Matthews, "Lucas-Kanade 20 years on", 2004; weights of Cauchy). Four numbers only,
    for a vehicle nods, and its odometry is not exact.

    :param half_width: of the way, metres.
    """

    def __init__(self, camera: LevelCamera, half_width: float) -> None:
        self._camera = camera
        rows = camera.seen.shape[0]
        u, v = np.meshgrid(np.arange(_RIM, WIDTH - _RIM, _EVERY[1], dtype=np.float32),
                           np.arange(int(HORIZON) + _BELOW, rows - 1, _EVERY[0],
                                     dtype=np.float32))
        x = np.float32(camera.focal * camera.height) / (v - np.float32(HORIZON))
        y = (np.float32(camera.centre) - u) / np.float32(camera.focal) * x
        inner = cv2.erode(camera.seen, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8),
                          borderType=cv2.BORDER_CONSTANT, borderValue=0)
        kept = ((x < _FARTHEST) & (np.abs(y) < half_width + _BESIDE)
                & (inner[v.astype(int), u.astype(int)] > 0))
        self._u, self._v, self._x, self._y = (part[kept][None] for part in (u, v, x, y))

    def correct(self, now: Field, then: Field, step: Step) -> Correction | None:
        """Return what the images themselves say about a step; None where they say nothing."""
        camera = self._camera
        if self._u.size < _MIN_SAMPLES:
            return None
        seen = sample(now, self._u, self._v)
        found: NDArray[np.float64] = np.zeros((4,))
        u, v = self._then(step, found)
        slopes = self._slopes(now, step, u, v)
        noise, light = _LEAST_NOISE, 0.0
        for turn in range(_ROUNDS):
            if turn:
                u, v = self._then(step, found)
            inside = lies_inside(u, v, now.shape[0])
            if np.count_nonzero(inside) < _MIN_SAMPLES:
                return None
            misfit = sample(then, u, v) - seen
            light = _median(misfit[inside])
            misfit -= np.float32(light)
            noise = max(_LEAST_NOISE, 1.4826 * _median(np.abs(misfit[inside])))
            weight = inside / (np.float32(noise ** 2) + misfit * misfit * np.float32(0.25))
            weighted = slopes * weight
            change = np.linalg.solve(
                weighted @ slopes.T + _PRIOR, weighted @ misfit[0] + _PRIOR @ found)
            found = np.asarray(np.clip(found - change, -4.0 * _LIKELY, 4.0 * _LIKELY))
            if camera.focal * float(np.abs(change[:3]).max()) < _ENOUGH:
                break
        nod, yaw, roll, scale = found.tolist()
        return None if noise > _MOST_NOISE else Correction(nod, yaw, roll, scale, noise, light)

    def _then(self, step: Step, found: NDArray[np.float64]) -> tuple[Field, Field]:
        """Return where the samples were seen before, under a correction."""
        return earlier_pixels(self._camera, self._x, self._y, np.float32(self._camera.height),
                              step, Correction(*found.tolist()))

    def _slopes(self, now: Field, step: Step, then_u: Field, then_v: Field) -> Field:
        """Return how each sample changes with the four numbers, float32 [4, samples]."""
        camera, u, v = self._camera, self._u, self._v
        one = np.float32(1.0)
        across = (sample(now, u + one, v) - sample(now, u - one, v)) * np.float32(0.5)
        along = (sample(now, u, v + one) - sample(now, u, v - one)) * np.float32(0.5)
        focal = np.float32(camera.focal)
        right, down = (then_u - np.float32(camera.centre)) / focal, (
            then_v - np.float32(HORIZON)) / focal
        both, nearness = right * down, down * np.float32(step.x / camera.height)
        return np.asarray(np.concatenate([
            across * both + along * (1 + down * down), across * (1 + right * right) + along * both,
            along * right - across * down, -(across * right + along * down) * nearness,
        ]) * focal, np.float32)


def _median(values: Field) -> float:
    """Return the upper median; np.median() takes several times as long for so few."""
    half = values.size // 2
    return float(np.partition(values, half)[half])
