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

"""Things: what stands on or beside the way, told apart, measured on the ground, and followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg_node.free_space.ground_points import ground_points
from seg_node.free_space.regions import RegionFinder, Regions
from seg_node.free_space.tracker import ThingTracker
from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.actions import class_rules
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.corridor.measure import UNLABELLED_NAME
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.vehicle import Vehicle

_AT_FOOT, _AT_FOOT_SHARE = 0.2, 0.05
"""Metres behind the nearest point of a foot that still belong to it, and for each of distance."""
_TALLEST, _STEPS = 5.0, 51
"""Metres up to which heights are looked for, and how many."""


@dataclass(frozen=True)
class Thing:
    """
    One thing, in the vehicle frame (REP 103, metres).

    id: stays from frame to frame, 1 to 65535. label: class id. box: left, top, right and bottom
    in shares of the upright image. foot: x and y of where it stands, the nearest of it. distance:
    from the vehicle's middle line, between its bumpers, to the foot. width, height: at the foot.
    confidence: mean of the network's, 0 to 1. cut: it leaves the image below, so that it may be
    nearer. in_way: a part of it lies in the corridor, as far as that must be clear.
    """

    id: int
    label: int
    name: str
    box: tuple[float, float, float, float]
    foot: tuple[float, float]
    distance: float
    width: float
    height: float
    confidence: float
    cut: bool
    in_way: bool


@dataclass(frozen=True, eq=False)
class Things:
    """
    The things of one frame, the nearest first.

    `instances`, uint16 [h, w] at the network's size: the thing of each pixel, 0 for none. `small`
    counts regions that the decision would not take for obstacles either, `footless` those whose
    foot is not on the ground within range; neither are things.
    """

    things: tuple[Thing, ...]
    instances: NDArray[np.uint16]
    small: int
    footless: int


class ThingMeter:
    """
    Measure and follow the things of one camera. Not thread-safe.

    :param classes: of the model, in the order of its label ids.
    """

    def __init__(self, classes: Sequence[ClassInfo]) -> None:
        self._classes = classes
        self._tracker = ThingTracker()
        self._finder: tuple[Limits, RegionFinder] | None = None
        self._ground: tuple[View, float, NDArray[np.float64]] | None = None

    def measure(self, labels: NDArray[np.uint8], confidence: NDArray[np.uint8],
                instances: NDArray[np.uint8] | None, assessment: Assessment, stamp: float,
                ) -> Things:
        """
        Measure a frame.

        :param labels: class ids, uint8 [h, w]; confidence and instances alike, see Segmentation.
        :param assessment: of the frame; with a view.
        :param stamp: of the image, seconds.
        """
        limits, view = assessment.limits, assessment.view
        assert view is not None
        regions = self._regions(limits).find(labels, instances, limits.ground.obstacle_rows)
        ground = self._ground_of(view, labels.shape[::-1], limits.ground.max_range)
        feet = _Feet.find(regions, ground, limits.vehicle)
        chosen = np.flatnonzero(np.isfinite(feet.distance))
        chosen = chosen[np.argsort(feet.distance[chosen], kind='stable')]
        ids = self._tracker.update(stamp, feet.place[chosen], regions.labels[chosen],
                                   assessment.motion, limits.vehicle.max_speed)
        numbers = np.zeros(len(regions.labels) + 1, np.uint16)
        numbers[chosen + 1] = ids
        sums = np.bincount(regions.index.ravel(), confidence.ravel(), len(numbers))[1:]
        sizes = np.bincount(regions.index.ravel(), minlength=len(numbers))[1:]
        heights = _heights(view.scaled(*labels.shape[::-1]), regions.boxes, feet.place)
        blocking = _in_way(assessment, regions)
        shape = np.array([*labels.shape[::-1], *labels.shape[::-1]])
        things = tuple(Thing(
            number, int(regions.labels[k]), self._name(int(regions.labels[k])),
            tuple((regions.boxes[k] / shape).tolist()), tuple(feet.place[k].tolist()),
            float(feet.distance[k]), float(feet.width[k]), float(heights[k]),
            float(sums[k] / sizes[k] / 255), bool(feet.cut[k]), k + 1 in blocking)
            for number, k in zip(ids, chosen.tolist(), strict=True))
        return Things(things, numbers[regions.index], regions.small,
                      len(regions.labels) - len(chosen))

    def _name(self, label: int) -> str:
        return self._classes[label].name if label < len(self._classes) else UNLABELLED_NAME

    def _regions(self, limits: Limits) -> RegionFinder:
        if self._finder is None or self._finder[0] is not limits:
            rules = class_rules(self._classes, limits.class_actions)
            self._finder = limits, RegionFinder(self._classes, rules)
        return self._finder[1]

    def _ground_of(self, view: View, size: tuple[int, int], max_range: float,
                   ) -> NDArray[np.float64]:
        """Return the ground point x, y of each pixel in the vehicle frame, [h, w, 2], or NaN."""
        if self._ground is None or self._ground[0] is not view or self._ground[1] != max_range:
            scaled = view.scaled(*size)
            optical = ground_points(scaled, max_range).astype(np.float64)
            optical[..., :2] = optical[..., :2] @ view.intrinsics.rotation.axes.T
            points = optical @ view.pose.rotation + view.pose.position
            self._ground = view, max_range, points[..., :2]
        return self._ground[2]


@dataclass(frozen=True, eq=False)
class _Feet:
    """Where regions stand: place [K, 2], distance, width [K] in metres (NaN: nowhere), cut [K]."""

    place: NDArray[np.float64]
    distance: NDArray[np.float64]
    width: NDArray[np.float64]
    cut: NDArray[np.bool_]

    @classmethod
    def find(cls, regions: Regions, ground: NDArray[np.float64], vehicle: Vehicle) -> _Feet:
        """Find them: of each column the lowest pixel, of those the nearest on the ground."""
        height, width = regions.index.shape
        count = len(regions.labels)
        rows, cols = np.nonzero(regions.index)
        lowest = np.full((count, width), -1)
        # From top to bottom, so that the last that is written is the lowest.
        lowest[regions.index[rows, cols] - 1, cols] = rows
        known = lowest >= 0
        # What stands on a point shows from the pixel on whose lower edge lies on that point.
        below = np.minimum(lowest + 1, height - 1)
        every = np.broadcast_to(np.arange(width), lowest.shape)
        points = (ground[lowest, every] + ground[below, every]) / 2
        points[~known] = np.nan
        beside = np.clip(points[..., 0], *sorted((-vehicle.rear, vehicle.front)))
        apart = np.hypot(points[..., 0] - beside, points[..., 1])
        apart[np.isnan(apart)] = np.inf
        nearest = apart.min(axis=1, initial=np.inf)
        at_foot = apart <= (nearest + _AT_FOOT + _AT_FOOT_SHARE * nearest)[:, None]
        at_foot &= np.isfinite(apart)
        shares = at_foot / np.maximum(at_foot.sum(axis=1), 1)[:, None]
        place = np.einsum('kw,kwd->kd', shares, np.nan_to_num(points))
        place[~np.isfinite(nearest)] = np.nan
        each = np.arange(count)
        sides = np.stack([at_foot.argmax(axis=1), width - 1 - at_foot[:, ::-1].argmax(axis=1)])
        across = np.linalg.norm(np.diff(points[each, sides], axis=0)[0], axis=-1)
        columns = np.ptp(sides, axis=0)
        spread = across * (columns + 1) / np.maximum(columns, 1)
        return cls(place, np.where(np.isfinite(nearest), nearest, np.nan), spread,
                   (lowest == height - 1).any(axis=1))


def _heights(view: View, boxes: NDArray[np.int32], feet: NDArray[np.float64],
             ) -> NDArray[np.float64]:
    """Return how high what stands at the feet reaches up to the top of its box, metres, [K]."""
    ups = np.linspace(0.0, _TALLEST, _STEPS)
    points = np.empty((len(feet), _STEPS, 3))
    points[..., :2], points[..., 2] = feet[:, None], ups
    rows = view.project(points)[..., 1]
    # Those that are not in view are past the border, where nothing of the box is.
    below_top = rows >= boxes[:, 1, None]
    return np.asarray(ups[np.maximum(below_top.sum(axis=1) - 1, 0)], np.float64)


def _in_way(assessment: Assessment, regions: Regions) -> set[int]:
    """Return the numbers of the regions that lie in the corridor, as far as it must be clear."""
    corridor, measure = assessment.corridor, assessment.measure
    if corridor is None or measure is None:
        return set()
    near = corridor.rows_within(measure.required)
    return set(np.unique(corridor.sample('regions', regions.index)[:near]).tolist()) - {0}
