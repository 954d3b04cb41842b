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

_AT_FOOT, _AT_FOOT_SHARE = 0.2, 0.05
"""Metres behind the nearest point of a foot that still belong to it, and for each of distance."""
_UPS = np.linspace(0.0, 5.0, 51)
"""Heights that are looked for, metres."""


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
        self._footing: tuple[View, Limits, _Footing] | None = None

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
        feet = _Feet.find(regions, self._footing_of(view, labels.shape[::-1], limits))
        ids = self._tracker.update(stamp, feet.place, regions.labels[feet.region],
                                   assessment.motion, limits.vehicle.max_speed)
        numbers = np.zeros(len(regions.labels), np.uint16)
        numbers[feet.region] = ids
        painted = regions.paint(numbers)
        blocking = _in_way(assessment, painted)
        sums = np.bincount(regions.numbers, confidence.reshape(-1)[regions.pixels], len(numbers))
        sizes = np.bincount(regions.numbers, minlength=len(numbers))
        boxes = regions.boxes[feet.region]
        heights = _heights(view.scaled(*labels.shape[::-1]), boxes, feet.place)
        height, width = labels.shape
        things = tuple(Thing(
            number, label, self._name(label), tuple(box), tuple(place), distance, across, up,
            confident, bottom == height, number in blocking)
            for number, label, box, bottom, place, distance, across, up, confident in zip(
                ids, regions.labels[feet.region].tolist(),
                (boxes / (width, height, width, height)).tolist(), boxes[:, 3].tolist(),
                feet.place.tolist(), feet.distance.tolist(), feet.width.tolist(),
                heights.tolist(), (sums / sizes / 255)[feet.region].tolist(), strict=True))
        return Things(things, painted, regions.small, len(regions.labels) - len(things))

    def _name(self, label: int) -> str:
        return self._classes[label].name if label < len(self._classes) else UNLABELLED_NAME

    def _regions(self, limits: Limits) -> RegionFinder:
        if self._finder is None or self._finder[0] is not limits:
            rules = class_rules(self._classes, limits.class_actions)
            self._finder = limits, RegionFinder(self._classes, rules)
        return self._finder[1]

    def _footing_of(self, view: View, size: tuple[int, int], limits: Limits) -> _Footing:
        if self._footing is None or self._footing[:2] != (view, limits):
            self._footing = view, limits, _Footing.build(view.scaled(*size), limits)
        return self._footing[2]


@dataclass(frozen=True, eq=False)
class _Footing:
    """
    Where that stands whose lowest pixel is here: `place`, float64 [h * w, 2], vehicle frame.

    `apart`, float64 [h * w]: how far that is from the vehicle's middle line between its bumpers.
    Metres; NaN and inf where there is no ground within range.
    """

    place: NDArray[np.float64]
    apart: NDArray[np.float64]

    @classmethod
    def build(cls, view: View, limits: Limits) -> _Footing:
        """Lay it for a view at the size of the label map."""
        optical = ground_points(view, limits.ground.max_range).astype(np.float64)
        optical[..., :2] = optical[..., :2] @ view.intrinsics.rotation.axes.T
        ground = (optical @ view.pose.rotation + view.pose.position)[..., :2]
        # What stands on a point shows from the pixel on whose lower edge lies on that point.
        place = ((ground + np.concatenate([ground[1:], ground[-1:]])) / 2).reshape(-1, 2)
        vehicle = limits.vehicle
        beside = np.clip(place[:, 0], *sorted((-vehicle.rear, vehicle.front)))
        return cls(place, np.nan_to_num(
            np.hypot(place[:, 0] - beside, place[:, 1]), nan=np.inf, posinf=np.inf))


@dataclass(frozen=True, eq=False)
class _Feet:
    """
    Where regions stand, the nearest first: those of the K that do, and of each what is below.

    `region`, intp [F]. `place` [F, 2], `distance`, `width` [F]: metres.
    """

    region: NDArray[np.intp]
    place: NDArray[np.float64]
    distance: NDArray[np.float64]
    width: NDArray[np.float64]

    @classmethod
    def find(cls, regions: Regions, footing: _Footing) -> _Feet:
        """Find them: of each column the lowest pixel, of those the nearest on the ground."""
        width, count = regions.size[1], len(regions.labels)
        lowest = np.full(count * width, -1)
        # From top to bottom, so that the last that is written is the lowest.
        lowest[regions.numbers * width + regions.pixels % width] = regions.pixels
        columns = np.flatnonzero(lowest >= 0)
        pixels = lowest[columns]
        region = columns // width
        apart = footing.apart[pixels]
        nearest = np.minimum.reduceat(apart, np.searchsorted(region, np.arange(count)))
        at_foot = apart <= (nearest + _AT_FOOT + _AT_FOOT_SHARE * nearest)[region]
        at_foot &= np.isfinite(apart)
        region, columns, points = region[at_foot], columns[at_foot], footing.place[pixels[at_foot]]
        found = np.flatnonzero(np.isfinite(nearest))
        found = found[np.argsort(nearest[found], kind='stable')]
        first = np.searchsorted(region, found)
        last = np.searchsorted(region, found, 'right') - 1
        place = np.stack([np.bincount(region, points[:, axis], count) for axis in (0, 1)], axis=-1)
        between = columns[last] - columns[first]
        across = np.hypot(*(points[last] - points[first]).T) * (
            (between + 1) / np.maximum(between, 1))
        return cls(found, place[found] / (last - first + 1)[:, None], nearest[found], across)


def _heights(view: View, boxes: NDArray[np.int32], feet: NDArray[np.float64],
             ) -> NDArray[np.float64]:
    """Return how high what stands at the feet reaches up to the top of its box, metres, [K]."""
    points = np.empty((len(feet), len(_UPS), 3))
    points[..., :2], points[..., 2] = feet[:, None], _UPS
    rows = view.project(points)[..., 1]
    # Those that are not in view are past the border, where nothing of the box is.
    below_top = rows >= boxes[:, 1, None]
    return np.asarray(_UPS[np.maximum(below_top.sum(axis=1) - 1, 0)], np.float64)


def _in_way(assessment: Assessment, instances: NDArray[np.uint16]) -> set[int]:
    """Return the ids of those that lie in the corridor, as far as it must be clear; maybe 0."""
    corridor, measure = assessment.corridor, assessment.measure
    if corridor is None or measure is None:
        return set()
    near = corridor.rows_within(measure.required)
    return set(np.unique(corridor.sample('instances', instances)[:near]).tolist())
