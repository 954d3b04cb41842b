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

"""What one frame shows of the ground: where it is free, and where something stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.free_space.feet import join_feet
from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.actions import blocking_table, class_rules
from seg_node.stop_go.corridor.measure import standing
from seg_node.stop_go.geometry import View
from seg_node.stop_go.ground_rays import GroundRays, RayRanges
from seg_node.stop_go.limits import Limits

POINT_HEIGHT = 0.1
"""
Metres over the ground at which points are told: Nav2's layers take 0 and more by default, its
collision monitor 0.05 to 0.5.
"""
_PATH, _STANDS = 1, 2


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """What one frame shows along the rays of its camera."""

    rays: GroundRays
    ranges: RayRanges

    def obstacles(self) -> NDArray[np.float64]:
        """
        Return the feet of what stands in the way, one for each ray that ends at one.

        float64 [N, 2], x and y in the vehicle frame, metres.
        """
        return self._points(np.isfinite(self.ranges.foot), self.ranges.foot)

    def free_ends(self) -> NDArray[np.float64]:
        """Return how far each ray is known to be free, none where nothing is; as obstacles()."""
        return self._points(self.ranges.free > self.rays.start, self.ranges.free)

    def _points(self, rays: NDArray[np.bool_], reach: NDArray[np.float32]) -> NDArray[np.float64]:
        points: NDArray[np.float64] = (
            self.rays.origin + reach[rays][:, None] * self.rays.directions[rays])
        return points


class FreeSpaceMeter:
    """
    Measure the frames of one camera. Not thread-safe.

    What may be driven on is what the decision takes for path; where the network is less sure of
    it than `stop_go.min_confidence_low`, and where it has no label, nothing is known.

    :param classes: of the model, in the order of its label ids.
    """

    def __init__(self, classes: Sequence[ClassInfo]) -> None:
        self._classes = classes
        self._built: tuple[View, Limits, tuple[int, ...]] | None = None

    def measure(self, labels: NDArray[np.uint8], confidence: NDArray[np.uint8], view: View,
                limits: Limits) -> FreeSpace:
        """
        Measure a frame.

        :param labels: class ids, uint8 [h, w].
        :param confidence: uint8 [h, w], 255 = 1.0.
        :param view: of the picture, of any size; the same object while it stays.
        :raises ValueError: when the camera sees no ground.
        """
        wanted = view, limits, labels.shape
        if self._built != wanted:
            self._rays = GroundRays.build(view.scaled(*labels.shape[::-1]), limits.ground)
            self._states = self._state_table(limits)
            self._built = wanted
        states = cv2.LUT(labels, self._states)
        sure = confidence >= round(limits.stop_go.min_confidence_low * 255)
        ranges = self._rays.measure(
            (states == _PATH) & sure, standing(states == _STANDS, limits.ground.obstacle_rows))
        return FreeSpace(self._rays, join_feet(self._rays, ranges))

    def _state_table(self, limits: Limits) -> NDArray[np.uint8]:
        """Return uint8 [256]: path, what stands in the way, or 0 for labels of no class."""
        blocks = blocking_table(class_rules(self._classes, limits.class_actions))
        table = np.where(blocks, _STANDS, _PATH).astype(np.uint8)
        table[len(self._classes):] = 0
        return table
