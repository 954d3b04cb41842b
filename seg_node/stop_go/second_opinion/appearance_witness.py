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

"""The witness of appearance: what looks unlike the ground just driven over."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from seg_node.stop_go.second_opinion.geometry_witness import GeometryWitness
from seg_node.stop_go.second_opinion.ground_fit import Field, sample
from seg_node.stop_go.second_opinion.level_camera import HORIZON, Image, LevelCamera
from seg_node.stop_go.second_opinion.on_the_way import Ahead, Standing, standing_on
from seg_node.stop_go.second_opinion.opinion_limits import OpinionLimits
from seg_node.stop_go.second_opinion.standing import peaks, Posts
from seg_node.stop_go.second_opinion.suspicions import Suspicions
from seg_node.stop_go.second_opinion.travel import StampedPose

_SMOOTHED = 1.5
_LESSON = (6, 10)
"""Rows and columns of the samples that are learnt from each image."""
_LESSON_LONG = 1.2
"""Metres of ground before the beginning of the way's view that are learnt."""
_LESSONS, _EVERY = 30, 0.15
"""How many lessons are kept, and metres from one to the next."""
_FEWEST = 4
_STRICT = np.array([8.0, 2.5, 2.5, 2.5], np.float32)
"""
Standard deviations at least: lightness and two of colour, of CIE Lab in 8 bits; texture, percent.
"""
_GRAIN = 7
"""Pixels within which lightness changes where there is texture."""
_SLOPE = 0.6
"""Grey levels a pixel for the root of OpenCV's eigenvalue, with this grain."""
_DIM = 24.0
"""Lightness below which contrast is the camera's noise."""
_SHADE = 0.45
"""Share of the light that is left in a shadow: darker by so much is still the same ground."""
_FILLED, _EMPTY = 0.7, 0.3
"""Shares of a thing's width that look different, and of the ground before its foot that do."""
_WHOLE = 0.85
"""Share of the way's width from which on another surface begins, not a thing."""
_SPEAKS = 3.0
"""Score of geometry from which on something may stand there; what lies flat has less."""
_MOST_PEAKS = 3


class AppearanceWitness:
    """
    Learn what the ground looks like that is driven over, and find what looks different ahead.

    It knows nothing of what lies flat: only where the witness of geometry, which looks at the same
    image first, does not take a place for flat ground, is a difference a doubt.
    """

    def __init__(self, camera: LevelCamera, limits: OpinionLimits) -> None:
        self._camera, self._limits = camera, limits
        self._lessons: deque[Field] = deque(maxlen=_LESSONS)
        self._learnt_at: StampedPose | None = None
        self._suspicions = Suspicions()
        self.silent = ''
        """Why the last image said nothing; empty where it did."""

    def look(self, level: Image, grey: Image, geometry: GeometryWitness, ahead: Ahead,
             ) -> tuple[Standing, ...]:
        """
        Take the next level image and return what looks different on the way.

        :param level: uint8 BGR; `grey`: the same, uint8.
        """
        place = geometry.travel.place
        looks = _looks(level, grey)
        if place.time == geometry.travel.begun:
            self._suspicions = Suspicions()
        self.silent = self._compare(looks, geometry, place)
        self._learn(looks, ahead, place)
        return standing_on(self._suspicions, ahead, self._camera, place)

    def _compare(self, looks: Field, geometry: GeometryWitness, place: StampedPose) -> str:
        self._suspicions.stir(geometry.stirred, place, self._camera)
        self._suspicions.fade(place)
        if len(self._lessons) < _FEWEST:
            return 'too little ground has been driven over to know it'
        posts, upright = geometry.posts, geometry.upright
        if posts is None:
            return 'nothing has been looked at yet'
        different = self._differences(looks, posts)
        wide = max(1, min(different.shape[1], round(self._limits.min_width / posts.spacing)))
        strength = np.asarray(cv2.blur(different, (wide, 1)), np.float32)
        if upright is None:
            # What looks like the ground by now has gone.
            self._suspicions.weigh([], posts, strength, place, self._camera)
            return 'what lies flat cannot be told'
        share = np.asarray(cv2.blur(
            (different > self._limits.min_difference).astype(np.float32), (wide, 1)), np.float32)
        before = np.vstack([share[:1], share[:1], share[:-2]])
        whole = (different > self._limits.min_difference).mean(axis=1, keepdims=True) > _WHOLE
        found = (share > _FILLED) & (before < _EMPTY) & (upright > _SPEAKS) & ~whole
        scores = np.where(found, strength, np.float32(0))
        limits = self._limits
        self._suspicions.weigh(
            peaks(posts, scores, upright > _SPEAKS, limits.min_difference, limits.min_width,
                  _MOST_PEAKS), posts, scores, place, self._camera)
        return ''

    def _differences(self, looks: Field, posts: Posts) -> Field:
        """Return how far the ground at each foot is from what was learnt, standard deviations."""
        focal = np.float32(self._camera.focal)
        u = np.float32(self._camera.centre) - focal * posts.feet_y / posts.feet_x
        v = np.float32(HORIZON) + focal * np.float32(self._camera.height) / posts.feet_x
        seen = sample(looks, u, v)
        learnt = np.concatenate(self._lessons)
        middle = np.median(learnt, axis=0)
        spread = np.maximum(np.abs(learnt - middle).mean(axis=0) * 1.25, _STRICT)
        apart = (seen - middle) / spread
        darkest = (middle[0] * _SHADE - middle[0]) / spread[0]
        # A shadow only darkens: nearness to black alone is beyond it.
        apart[..., 0] = np.where(apart[..., 0] < 0, np.minimum(apart[..., 0] - darkest, 0),
                                 apart[..., 0])
        # Blur and distance take texture away from the ground itself: only more of it counts.
        apart[..., 3] = np.maximum(apart[..., 3], 0)
        inside = cv2.remap(self._camera.seen, u, v, cv2.INTER_NEAREST,
                           borderMode=cv2.BORDER_CONSTANT) > 0
        return np.asarray(np.sqrt((apart * apart).sum(axis=-1)) * inside, np.float32)

    def _learn(self, looks: Field, ahead: Ahead, place: StampedPose) -> None:
        """Take the ground right before the vehicle, which will soon have been driven over."""
        last = self._learnt_at
        if last is not None and (last.x - place.x) ** 2 + (last.y - place.y) ** 2 < _EVERY ** 2:
            return
        self._learnt_at = place
        camera, half = self._camera, ahead.way.width / 2
        x, y = np.meshgrid(np.linspace(ahead.near, ahead.near + _LESSON_LONG, _LESSON[0]),
                           np.linspace(-half, half, _LESSON[1]))
        u = np.asarray(camera.centre - camera.focal * y / x, np.float32)
        v = np.asarray(HORIZON + camera.focal * camera.height / x, np.float32)
        self._lessons.append(sample(looks, u, v).reshape(-1, looks.shape[-1]))


def _looks(level: Image, grey: Image) -> Field:
    """
    Return how the level image looks: float32 [rows, columns, 4].

    Lightness and colour (CIE Lab in 8 bits), and texture: how much lightness changes in whichever
    direction it changes least within a few pixels, percent of it. So neither a shadow nor its edge
    counts, nor a mark's.
    """
    lab = cv2.cvtColor(cv2.GaussianBlur(level, (0, 0), _SMOOTHED), cv2.COLOR_BGR2LAB)
    least = cv2.cornerMinEigenVal(grey.astype(np.float32), _GRAIN, ksize=3)
    slope = np.sqrt(np.maximum(least, 0)) * np.float32(_SLOPE)
    texture = np.float32(100) * slope / (lab[..., 0] + np.float32(_DIM))
    return np.asarray(np.dstack([lab, texture]), np.float32)
