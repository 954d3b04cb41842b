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

"""Features followed from one image to a later one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Pixels = NDArray[np.float32]

_CELLS = (8, 6)
"""Columns and rows of cells that features are chosen from: no part of the image has them all."""
_QUALITY = 0.05
"""Share of the best corner of its cell that one must have."""
_APART = 0.012
"""Least distance of two features, share of the image's width."""
_MOVED, _SHARE = 0.02, 0.05
"""Share of the width that so many, of the features that were wanted, must have moved at least."""
_LEFT = 0.7
"""Share of the features that are left at least while it goes on following them."""
_MOST_FRAMES = 40
_WINDOW, _LEVELS = (15, 15), 4
_RETURNS = 0.5
"""Pixels that a feature may be off when it is followed back."""
_UNTIL = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.02)


@dataclass(frozen=True, eq=False)
class Tracks:
    """
    Two images, uint8 [H, W], and what was followed from one to the other.

    then and now: float32 [N, 2] pixels (u, v).
    """

    first: Grey
    last: Grey
    then: Pixels
    now: Pixels


class Tracker:
    """
    Follow features through images until they have moved far enough to tell something.

    :param most: features that are followed.
    :param fewest: with fewer it begins anew.
    """

    def __init__(self, most: int, fewest: int) -> None:
        self._most, self._fewest = most, fewest
        self.forget()

    def forget(self) -> None:
        """Begin from nothing: the next image does not follow the one before."""
        self._first: Grey | None = None
        self._then: Pixels = np.empty((0, 2), np.float32)
        self._now = self._then
        self._frames = self._chosen = 0
        self.lost = False
        """Whether the newest image could not be told to follow the one before."""

    def follow(self, grey: Grey) -> Tracks | None:
        """Take the next image; return the tracks up to it where they are long enough."""
        self.lost = False
        if self._first is None:
            self._begin(grey)
            return None
        self._frames += 1
        self._move(self._first, grey)
        if len(self._then) < self._fewest:
            self.lost = True
            self._begin(grey)
            return None
        moved = np.hypot(*(self._now - self._then).T) > _MOVED * grey.shape[1]
        # What is near is lost first: with it goes what tells most.
        if (np.count_nonzero(moved) < _SHARE * self._most
                and len(moved) > _LEFT * self._chosen):
            if self._frames >= _MOST_FRAMES:
                self._begin(grey)
            return None
        tracks = Tracks(self._first, grey, self._then, self._now)
        self._begin(grey)
        return tracks

    @property
    def fresh(self) -> bool:
        """Whether it began anew with the newest image."""
        return self._frames == 0

    def _begin(self, grey: Grey) -> None:
        self._first, self._frames = grey, 0
        self._then = self._now = choose_features(grey, self._most)
        self._chosen = len(self._then)

    def _move(self, first: Grey, grey: Grey) -> None:
        self._then, self._now = follow(first, grey, self._then, self._now)


def track_pair(first: Grey, last: Grey, most: int) -> Tracks:
    """Follow up to so many features from one image to another, which may be some way apart."""
    chosen = choose_features(first, most)
    return Tracks(first, last, *follow(first, last, chosen, chosen))


def follow(first: Grey, last: Grey, then: Pixels, now: Pixels) -> tuple[Pixels, Pixels]:
    """Return the features [N, 2] that are found again, in both images; `now`: where about."""
    if not len(then):
        return then, now
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        first, last, then, now.copy(), winSize=_WINDOW, maxLevel=_LEVELS, criteria=_UNTIL,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(
        last, first, there, then.copy(), winSize=_WINDOW, maxLevel=_LEVELS, criteria=_UNTIL,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW)
    good = ((found[:, 0] > 0) & (returned[:, 0] > 0)
            & (np.hypot(*(back - then).T) < _RETURNS))
    return then[good], np.asarray(there[good], np.float32)


def choose_features(grey: Grey, most: int) -> Pixels:
    """Return corners, float32 [N, 2] pixels, from every part of the image."""
    height, width = grey.shape
    across, down = _CELLS
    each = max(1, most // (across * down))
    found: list[Pixels] = [np.empty((0, 2), np.float32)]
    for row in range(down):
        for column in range(across):
            top, left = row * height // down, column * width // across
            cell = grey[top:(row + 1) * height // down, left:(column + 1) * width // across]
            if not cell.size:   # of an image with fewer rows than cells
                continue
            corners = cv2.goodFeaturesToTrack(cell, each, _QUALITY, _APART * width)
            if corners is not None:
                found.append(np.asarray(corners[:, 0] + (left, top), np.float32))
    return np.concatenate(found)
