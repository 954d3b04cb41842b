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

"""What one frame shows in its corridor, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import Action
from seg_node.stop_go.actions import blocking_table, ClassRule
from seg_node.stop_go.corridor.corridor import Corridor

LOW_QUANTILE = 0.05
UNLABELLED_NAME = 'unlabelled'
"""What is said of pixels that the network has no class for."""


@dataclass(frozen=True)
class Sighting:
    """A class whose rule has something to say, and how near it is seen, in the corridor's unit."""

    rule: ClassRule
    distance: float


@dataclass(frozen=True)
class CorridorMeasure:
    """
    What one frame shows.

    `free_distance` is the distance to the nearest blocked row in `unit`, 0 where that is the
    first row, the length of the corridor where nothing is `blocked`; `required` is what it should
    be. `sightings` are of the classes that slow, and of those that stop at a distance of their
    own. Of the rows nearer than `required`: `coverage` is the share of samples that are path,
    `confidence` the mean and `confidence_low` the 5 % quantile of the network's confidence, 0 to
    1, and `change` the share of samples that were path and are not any more, or the reverse,
    since the frame before. `path_share` is the share of path in the whole image. `stopped_for`:
    `required` reaches beyond what the vehicle was stopped for, which is more than it needs by now.
    `blocked_by` is the class of most of what blocks the nearest blocked row, '' where none is.
    """

    free_distance: float
    required: float
    coverage: float
    confidence: float
    confidence_low: float
    blocked: bool
    unit: str
    change: float = 0.0
    path_share: float = 0.0
    sightings: tuple[Sighting, ...] = ()
    stopped_for: bool = False
    blocked_by: str = ''

    @property
    def blocker(self) -> str:
        """What blocks, and how far away, for people: 'car, 6.2 m'; '' where nothing does."""
        if not self.blocked:
            return ''
        digits = 1 if self.unit == 'm' else 2
        return f'{self.blocked_by}, {self.free_distance:.{digits}f} {self.unit}'


@dataclass(frozen=True)
class MeasureLimits:
    """
    How large something must be to be noticed.

    An obstacle is as many pixels high as `rows`, and as wide as the run that the corridor asks
    for; what slows fills `slow_share` of the corridor's width instead.
    """

    rows: int
    slow_share: float


class CorridorMeter:
    """Measure frame after frame of one camera; remembers the labels of the one before."""

    def __init__(self, rules: Sequence[ClassRule]) -> None:
        self._rules = rules
        self._blocks = blocking_table(rules)
        self._before: NDArray[np.uint8] | None = None

    def restart(self) -> None:
        """Forget the frame before."""
        self._before = None

    def measure(self, corridor: Corridor, labels: NDArray[np.uint8],
                confidence: NDArray[np.uint8], required: float, limits: MeasureLimits,
                ) -> CorridorMeasure:
        """
        Measure a frame.

        :param labels: uint8 [height, width], class ids.
        :param confidence: uint8 [height, width], 255 = 1.0.
        :param required: distance that should be clear, in the corridor's unit.
        :param sizes: of what is to be noticed.
        :raises ValueError: for maps of another shape or type.
        """
        for name, values in (('labels', labels), ('confidence', confidence)):
            if values.dtype != np.uint8:
                raise ValueError(f'{name}: {values.dtype}, must be uint8')
        seen = corridor.sample('labels', labels)
        certain = corridor.sample('confidence', confidence)
        blocked = self._blocks[seen]
        # A look-up by OpenCV takes a quarter of NumPy's time, on the largest array here.
        everywhere = cv2.LUT(labels, self._blocks.view(np.uint8)).view(np.bool_)
        upright = standing(everywhere, limits.rows)
        stands = corridor.sample('labels', upright)
        row = corridor.nearest_row(stands, corridor.run)
        near = corridor.rows_within(required)
        histogram = np.bincount(certain[:near].reshape(-1), minlength=256)
        count = blocked[:near].size
        change = 0.0
        if self._before is not None and self._before.shape == labels.shape:
            was = self._blocks[corridor.sample('labels', self._before)[:near]]
            change = float(np.count_nonzero(was != blocked[:near])) / count
        self._before = labels.copy()      # the caller may use his buffer again
        return CorridorMeasure(
            free_distance=corridor.length if row is None else corridor.distance_of(row),
            required=required,
            coverage=1.0 - float(np.count_nonzero(blocked[:near])) / count,
            confidence=float(histogram @ np.arange(256)) / count / 255,
            confidence_low=int(np.searchsorted(
                np.cumsum(histogram), LOW_QUANTILE * count)) / 255,
            blocked=row is not None, unit=corridor.unit, change=change,
            path_share=(labels.size - int(np.count_nonzero(everywhere))) / labels.size,
            sightings=self._sightings(corridor, labels, seen, limits),
            blocked_by='' if row is None else self._name(seen[row][stands[row]]))

    def _name(self, labels: NDArray[np.uint8]) -> str:
        """Return the name of the class that most of some pixels have."""
        label = int(np.bincount(labels).argmax())
        return self._rules[label].name if label < len(self._rules) else UNLABELLED_NAME

    def _sightings(self, corridor: Corridor, labels: NDArray[np.uint8],
                   seen: NDArray[np.uint8], limits: MeasureLimits) -> tuple[Sighting, ...]:
        found = []
        present = np.bincount(seen.reshape(-1), minlength=256)
        columns = seen.shape[1]
        wide = np.full_like(corridor.run, max(1, round(limits.slow_share * columns)))
        for label, rule in enumerate(self._rules):
            tells = rule.action is Action.SLOW or (
                rule.action is Action.STOP and rule.distance > 0)
            if not (tells and present[label]):
                continue
            run = wide if rule.action is Action.SLOW else corridor.run
            upright = standing(labels == label, limits.rows)
            distance = corridor.nearest(corridor.sample('labels', upright), run)
            if distance is not None:
                found.append(Sighting(rule, distance))
        return tuple(found)


def standing(flags: NDArray[np.bool_], rows: int) -> NDArray[np.bool_]:
    """
    Keep the flags [H, W] of pixels that have flagged ones in the `rows` - 1 above, as far as seen.

    Up in the image, and not along the way: an obstacle stands upright, and far to the side of
    the image that leads out of a corridor in perspective. A column to the left or right will
    do: roll and distortion make posts lean.
    """
    upright: NDArray[np.bool_] = flags.copy()
    beside = flags.copy()
    beside[:, 1:] |= flags[:, :-1]
    beside[:, :-1] |= flags[:, 1:]
    for above in range(1, rows):
        upright[above:] &= beside[:-above]
    return upright
