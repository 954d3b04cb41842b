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

"""The witness of geometry: what does not move as the ground does, stands up."""

from __future__ import annotations

import cv2
import numpy as np

from seg_node.stop_go.corridor.ground_corridor import SweptPath
from seg_node.stop_go.second_opinion.ground_fit import Field, GroundFit, Pair
from seg_node.stop_go.second_opinion.level_camera import Image, LevelCamera
from seg_node.stop_go.second_opinion.on_the_way import Ahead, Standing, standing_on
from seg_node.stop_go.second_opinion.opinion_limits import OpinionLimits
from seg_node.stop_go.second_opinion.standing import (
    moving_score,
    Peak,
    peaks,
    Posts,
    standing_score,
)
from seg_node.stop_go.second_opinion.suspicions import Suspicions
from seg_node.stop_go.second_opinion.travel import Keyframe, Travel
from seg_node.stop_go.vehicle import Motion

_SMOOTHED = 1.0
_BASELINE, _MIN_BASELINE = 0.2, 0.15
"""Metres between two images: so much per metre looked ahead, and at least."""
_MOMENT = 0.3
"""Seconds between two images that show what moves."""
_RESTING = 0.02
"""Metres within that moment up to which the vehicle stands."""
_FITS_BADLY = 0.75
"""Weight of a score that says that something is no flat ground, but not that it stands."""
_MIN_MOVING = 0.3
"""Metres: height over which something that moves is looked for."""
_BESIDE = 0.5
"""Metres beside the way that are looked at too: what stands there must not seem to stand on it."""
_LOOKS_ON = 1.25
_BEHIND = 0.5
"""Metres beyond the farthest that was suspected up to which is looked, to see it go too."""
_MOST_PEAKS = 4
_TOLERATED = 0.05
"""Metres of way sideways at its end by which the posts may be off."""


class GeometryWitness:
    """Follow what stands up on the way of one camera. Not thread-safe; images in their order."""

    def __init__(self, camera: LevelCamera, limits: OpinionLimits, half_width: float,
                 ahead: float) -> None:
        """
        Begin from nothing.

        :param half_width: of the way, metres. `ahead`: the way of the vehicle that the camera
            looks along, radians from its front.
        """
        self._camera, self._limits = camera, limits
        self._fit = GroundFit(camera, half_width)
        self.travel = Travel(ahead)
        self._suspicions = Suspicions()
        self._posts: tuple[Ahead, Posts] | None = None
        self.silent = ''
        """Why the last image said nothing; empty where it did."""
        self.stirred: list[Peak] = []
        """What moved before the standing vehicle."""
        self.posts: Posts | None = None
        """Where it looked last."""
        self.upright: Field | None = None
        """What it said of each foot, see standing_score(); None where it said nothing."""

    def look(self, grey: Image, time: float, motion: Motion, ahead: Ahead) -> tuple[Standing, ...]:
        """
        Take the next level image, uint8, and return what stands on the way, nearest first.

        :param time: of the image, seconds. :param motion: from odometry.
        """
        smooth = cv2.GaussianBlur(np.asarray(grey, np.float32), (0, 0), _SMOOTHED)
        now = np.asarray(smooth, np.float32)
        if not self.travel.go_on(time, motion):
            self._suspicions = Suspicions()
        self.silent = self._compare(now, ahead)
        self.travel.keep(now)
        return standing_on(self._suspicions, ahead, self._camera, self.travel.place)

    def _compare(self, now: Field, ahead: Ahead) -> str:
        """Hold an image against earlier ones; return why that says nothing, else nothing."""
        limits, travel, camera = self._limits, self.travel, self._camera
        natural = ahead.far * _LOOKS_ON
        reach = max(natural,
                    self._suspicions.farthest(travel.place) - camera.ahead + _BEHIND)
        posts = self._posts_for(ahead, reach)
        moving = self._moving(now, posts)
        upright = np.zeros_like(posts.feet_x)
        shot = travel.shot_from(max(_MIN_BASELINE, _BASELINE * reach))
        apart = None if shot is None else self._pair(now, shot)
        moved = 0.0 if shot is None else travel.step_to(shot, camera).length
        tells = apart is not None and moved >= _MIN_BASELINE
        if apart is not None and tells:
            upright = standing_score(camera, posts, apart, limits.min_width, limits.min_height)
        self.posts, self.upright = posts, upright if tells else None
        scores = np.maximum(upright, moving)
        found = peaks(posts, scores, upright >= limits.min_score, limits.min_score,
                      limits.min_width, _MOST_PEAKS)
        # What is suspected farther on is only watched until it goes.
        found = [peak for peak in found if peak.x <= natural]
        self._suspicions.weigh(found, posts if tells else None, scores, travel.place, camera)
        if moved < _MIN_BASELINE:
            return (f'the vehicle moved {moved:.2f} m within the last images, '
                    f'{_MIN_BASELINE:.2f} are needed')
        return '' if tells else 'the ground does not tell how it moved between two images'

    def _moving(self, now: Field, posts: Posts) -> Field:
        """Return how badly the image fits the ground of a moment ago, see moving_score()."""
        limits, travel = self._limits, self.travel
        before = travel.shot_before(_MOMENT)
        pair = None if before is None else self._pair(now, before)
        self.stirred = []
        if pair is None:
            return np.zeros_like(posts.feet_x)
        scores = np.asarray(np.float32(_FITS_BADLY) * moving_score(
            self._camera, posts, pair, limits.min_width, _MIN_MOVING), np.float32)
        if pair.step.length < _RESTING:
            # Images from before it moved would show it where it no longer is.
            self.stirred = peaks(posts, scores, np.zeros(scores.shape, bool), limits.min_score,
                                 limits.min_width, _MOST_PEAKS)
            if self._suspicions.stir(self.stirred, travel.place, self._camera):
                travel.forget_earlier()
        return scores

    def _pair(self, now: Field, shot: Keyframe) -> Pair | None:
        """Lay an earlier image under this one; None where they do not tell how."""
        step = self.travel.step_to(shot, self._camera)
        correction = self._fit.correct(now, shot.grey, step)
        return None if correction is None else Pair(now, shot.grey, step, correction)

    def _posts_for(self, ahead: Ahead, reach: float) -> Posts:
        if self._posts is not None:
            built, posts = self._posts
            off = (abs(built.way.curvature - ahead.way.curvature) * reach ** 2 / 2
                   + abs(built.turned - ahead.turned) * reach)
            if (off < _TOLERATED and built.way.width == ahead.way.width
                    and 0.9 < built.far / ahead.far < 1.1 and 0.9 < built.near / ahead.near < 1.1):
                return posts
        wide = SweptPath(ahead.way.width + 2 * _BESIDE, ahead.way.bumper, ahead.way.curvature)
        posts = Posts.build(self._camera, wide, ahead.turned, ahead.near, reach)
        self._posts = ahead, posts
        return posts
