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

"""Numbers that stay with things from frame to frame: the nearest on the ground is the same."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.vehicle import Motion

MAX_ID = 65535
"""The highest number; those after it begin anew at 1, without those in use."""
_FORGOTTEN = 1.0
"""Seconds after which a thing that is not seen is another one when it is."""
_REACH, _SHARE, _SPEED = 0.5, 0.1, 3.0
"""Metres that a foot is off its place, and for each metre of distance; a thing's speed, m/s."""
_OTHER_CLASS = 2.0
"""How much farther away a thing of another class counts: networks change their mind."""


@dataclass
class _Track:
    id: int
    place: NDArray[np.float64]
    label: int
    seen: float


class ThingTracker:
    """Number the things of one camera. Not thread-safe."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._stamp = -math.inf
        self._newest = 0

    def update(self, stamp: float, places: NDArray[np.float64], labels: NDArray[np.uint8],
               motion: Motion | None, max_speed: float) -> list[int]:
        """
        Return a number for each thing of a frame, from 1 to MAX_ID, all different.

        :param stamp: of the image, seconds; where it goes back all is forgotten.
        :param places: float64 [K, 2], feet in the vehicle frame, metres.
        :param labels: uint8 [K], class ids.
        :param motion: of the vehicle since the frame before; None without odometry, where it may
            have gone anywhere at max_speed, m/s.
        """
        passed = stamp - self._stamp
        if not 0 <= passed <= _FORGOTTEN:
            self._tracks.clear()
            passed = 0.0
        self._stamp = stamp
        for track in self._tracks:
            track.place = _moved(track.place, motion, passed)
        self._tracks = [each for each in self._tracks if stamp - each.seen <= _FORGOTTEN]
        drift = 0.0 if motion is not None else max_speed * passed
        known = self._match(stamp, places, labels, drift)
        used = {track.id for track in self._tracks}
        ids = []
        for k, label in enumerate(labels.tolist()):
            track = known.get(k)
            if track is None:
                track = _Track(self._new_id(used), places[k], label, stamp)
                used.add(track.id)
                self._tracks.append(track)
            track.place, track.label, track.seen = places[k], label, stamp
            ids.append(track.id)
        return ids

    def _match(self, stamp: float, places: NDArray[np.float64], labels: NDArray[np.uint8],
               drift: float) -> dict[int, _Track]:
        """Return the track of each thing that has one, the nearest pairs first."""
        if not len(places) or not self._tracks:
            return {}
        before = np.array([track.place for track in self._tracks])
        apart = np.linalg.norm(places[:, None] - before[None], axis=-1)
        unseen = stamp - np.array([track.seen for track in self._tracks])
        gate = (_REACH + drift + _SHARE * np.linalg.norm(places, axis=-1)[:, None]
                + _SPEED * unseen[None])
        other = labels[:, None] != np.array([track.label for track in self._tracks])
        cost = apart / gate * np.where(other, _OTHER_CLASS, 1.0)
        found: dict[int, _Track] = {}
        taken: set[int] = set()
        for flat in np.argsort(cost, axis=None, kind='stable').tolist():
            k, j = divmod(flat, len(self._tracks))
            if not cost[k, j] <= 1:
                break
            if k not in found and j not in taken:
                found[k] = self._tracks[j]
                taken.add(j)
        return found

    def _new_id(self, used: set[int]) -> int:
        while True:
            self._newest = self._newest % MAX_ID + 1
            if self._newest not in used:
                return self._newest


def _moved(place: NDArray[np.float64], motion: Motion | None, seconds: float,
           ) -> NDArray[np.float64]:
    """Return where a place that stands still lies from the vehicle after it has driven."""
    if motion is None:
        return place
    turn = motion.yaw_rate * seconds
    ahead = place - np.array([motion.forward, motion.left]) * seconds
    cos, sin = math.cos(turn), math.sin(turn)
    return np.array([[cos, sin], [-sin, cos]]) @ ahead
