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

"""What seems to stand on the way, followed over the images until it is sure, or gone."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from seg_node.stop_go.second_opinion.ground_fit import Field
from seg_node.stop_go.second_opinion.level_camera import LevelCamera
from seg_node.stop_go.second_opinion.standing import Peak, Posts
from seg_node.stop_go.second_opinion.travel import StampedPose

_MOST = 16
_REACH, _GROWS = 0.3, 0.15
"""Metres, and metres per metre of distance, by which two sightings of one thing may differ."""
_CLOSE, _PER_METRE = 0.15, 0.05
"""Metres, and metres per metre of distance, within which feet speak for a place."""
_USUAL = 4.0
"""Score that flat ground reaches now and then; what is beyond speaks for a thing."""
_FOR, _AGAINST = 5.0, -3.0
"""The most that one image may say."""
_SURE, _HIGHEST, _NO_MORE = 10.0, 20.0, 2.0
_SIGHTINGS = 3
_MOVES_ON = 0.7
"""Seconds after which what moved is no longer where it was last seen."""


@dataclass
class Suspicion:
    """
    Something at a fixed place, metres; what the images have said for it so far.

    left, right: how far it reaches to both sides, metres. stayed: how often it fitted a thing that
    stands still. stopped_for: it was sure, and so near
    that the vehicle had to stop.
    """

    x: float
    y: float
    evidence: float
    seen_at: float
    sightings: int = 1
    stayed: int = 0
    strongest: float = 0.0
    left: float = 0.0
    right: float = 0.0
    sure: bool = False
    stopped_for: bool = False


class Suspicions:
    """Gather evidence, each thing by the place where it stands."""

    def __init__(self) -> None:
        self.all: list[Suspicion] = []

    def weigh(self, peaks: list[Peak], posts: Posts | None, scores: Field, place: StampedPose,
              camera: LevelCamera) -> None:
        """
        Take what one image says for and against each.

        :param posts: whose feet the scores belong to, float32 alike; None where an image without
            a peak says nothing against what was suspected.
        """
        seen = self._see(peaks, place, camera)
        for one in self.all if posts is not None else ():
            if id(one) not in seen and posts is not None:
                x, y = place.to_here(one.x, one.y)
                x, y = x - camera.ahead, y - camera.aside
                close = np.hypot(posts.feet_x - x, posts.feet_y - y) < _CLOSE + _PER_METRE * max(
                    x, 0.0)
                if close.any():
                    self._add(one, min(float(scores[close].max()), _USUAL))
        self.fade(place)

    def fade(self, place: StampedPose) -> None:
        """Forget those for which nothing speaks any more, and what has moved on."""
        self.all = [one for one in self.all if one.evidence > 0 and (
            one.stayed >= _SIGHTINGS or place.time - one.seen_at < _MOVES_ON)]

    def stir(self, peaks: list[Peak], place: StampedPose, camera: LevelCamera) -> bool:
        """Learn that something moves where peaks are; tell whether any was suspected there."""
        stirred = False
        for peak in peaks:
            x, y = place.from_here(peak.x + camera.ahead, peak.y + camera.aside)
            for one in self.all:
                if math.hypot(one.x - x, one.y - y) < _REACH + _GROWS * peak.x:
                    one.stayed, stirred = 0, True
        return stirred

    def farthest(self, place: StampedPose) -> float:
        """Return how far ahead of the vehicle's origin the farthest is, 0 for none, metres."""
        return max((place.to_here(one.x, one.y)[0] for one in self.all), default=0.0)

    def _see(self, peaks: list[Peak], place: StampedPose, camera: LevelCamera) -> set[int]:
        seen: set[int] = set()
        for peak in peaks:
            x, y = place.from_here(peak.x + camera.ahead, peak.y + camera.aside)
            reach = _REACH + _GROWS * peak.x
            near = [one for one in self.all if id(one) not in seen
                    and math.hypot(one.x - x, one.y - y) < reach]
            if near:
                one = min(near, key=lambda one: math.hypot(one.x - x, one.y - y))
                share = 1.0 / min(one.sightings + 1, 4)
                one.x, one.y = one.x + share * (x - one.x), one.y + share * (y - one.y)
                one.left += share * (peak.left - one.left)
                one.right += share * (peak.right - one.right)
                one.sightings += 1
            elif len(self.all) < _MOST:
                one = Suspicion(x, y, 0.0, place.time, left=peak.left, right=peak.right)
                self.all.append(one)
            else:
                continue
            one.seen_at, one.stayed = place.time, one.stayed + peak.stays
            one.strongest = max(one.strongest, peak.score)
            self._add(one, peak.score)
            seen.add(id(one))
        return seen

    def drop(self, one: Suspicion) -> None:
        """Forget one."""
        self.all = [other for other in self.all if other is not one]

    @staticmethod
    def _add(one: Suspicion, score: float) -> None:
        one.evidence = min(_HIGHEST, one.evidence + max(_AGAINST, min(_FOR, score - _USUAL)))
        if one.evidence >= _SURE and one.sightings >= _SIGHTINGS:
            one.sure = True
        elif one.evidence < _NO_MORE:
            one.sure = one.stopped_for = False
