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

"""Score contenders on labelled images, plain and corrupted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import math

import numpy as np

from benchmarks.model.contender import Contender
from benchmarks.model.corruptions import STRENGTHS, SUITE
from benchmarks.model.images import Array, Item
from benchmarks.model.no_roads import CorridorJudge, CorridorReading
from seg_node.scoring.boundary import BoundaryScore
from seg_node.scoring.calibration import ConfidenceCalibration
from seg_node.scoring.confusion import Confusion
from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore
from seg_node.scoring.swallowed import mask_obstacles, Swallowed

Sets = Mapping[str, Sequence[Item]]


@dataclass
class SetScore:
    """
    What one contender made of one data set.

    images: counts of each image, by its name. confusion: None where the contender's classes
    are not those of the set. corridor: what each image shows in the corridor. swallowed: obstacles
    called path.
    """

    class_names: tuple[str, ...]
    confusion: Confusion | None
    images: dict[str, PathScore] = field(default_factory=dict)
    boundary: BoundaryScore = BoundaryScore()
    calibration: ConfidenceCalibration = field(default_factory=ConfidenceCalibration.empty)
    corridor: list[CorridorReading] = field(default_factory=list)
    swallowed: Swallowed = Swallowed()

    @property
    def path(self) -> PathScore:
        """Counts of all images."""
        return sum(self.images.values(), PathScore())


class Scorer:
    """Score one contender, image after image."""

    def __init__(self, contender: Contender) -> None:
        """Take a contender."""
        self.sets: dict[str, SetScore] = {}
        self._contender = contender
        self._judge = CorridorJudge(contender)

    def add(self, item: Item, bgr: Array, ids: Array) -> None:
        """Score one image, uint8 [H, W, 3], with the ids of its mask."""
        classes = self._contender.classes
        class_codes = item.format.class_codes(classes)
        score = self.sets.setdefault(item.format.name, SetScore(
            tuple(info.name for info in classes),
            None if class_codes is None else Confusion.empty(len(classes))))
        answer = self._contender.segment(bgr)
        codes = item.format.path_codes[ids]
        ground_truth = path_truth(codes, ())
        score.images[item.name] = PathScore.of(answer.path, ground_truth)
        score.boundary += BoundaryScore.of(answer.path, ground_truth)
        score.calibration += ConfidenceCalibration.of(
            answer.path, answer.confidence_full, ground_truth)
        score.corridor.append(self._judge.read(answer))
        score.swallowed += Swallowed.of(answer.path, mask_obstacles(
            np.isin(ids, item.format.obstacles), codes, (), item.format.name))
        if score.confusion is not None and class_codes is not None:
            score.confusion += Confusion.of(answer.mask, class_codes[ids], len(classes))


def score_sets(contenders: Sequence[Contender], sets: Sets) -> Iterator[list[Scorer]]:
    """Score all contenders on all images; yield the scores so far after each image."""
    scorers = [Scorer(contender) for contender in contenders]
    for items in sets.values():
        for item in items:
            bgr, ids = item.read()
            for scorer in scorers:
                scorer.add(item, bgr, ids)
            yield scorers


@dataclass(frozen=True)
class Robustness:
    """
    Path IoU on the same images without corruption, and by kind at each strength.

    nan, where there is no path and none was seen, counts neither for the mean nor for the worst.
    """

    images: int
    clean: float
    ious: dict[str, tuple[float, ...]]

    @property
    def mean(self) -> float:
        """Mean over kinds and strengths."""
        every = [iou for _, _, iou in self._defined()]
        return sum(every) / len(every) if every else math.nan

    @property
    def worst(self) -> tuple[str, int, float]:
        """Kind, strength and IoU of the worst."""
        return min(self._defined(), key=lambda one: one[2], default=('none', 0, math.nan))

    def _defined(self) -> list[tuple[str, int, float]]:
        return [(kind, strength, iou) for kind, ious in self.ious.items()
                for strength, iou in zip(STRENGTHS, ious, strict=True) if not math.isnan(iou)]


Counts = dict[tuple[str, int], PathScore]
"""Counts by kind and strength; the clean images are ('', 0)."""


def count_corrupted(contenders: Sequence[Contender], items: Sequence[Item]
                    ) -> Iterator[list[Counts]]:
    """Count for all contenders; yield the counts so far after each image."""
    counts: list[Counts] = [{} for _ in contenders]
    for number, item in enumerate(items):
        bgr, ids = item.read()
        codes = item.format.path_codes[ids]
        _count(contenders, counts, ('', 0), bgr, codes)
        for kind in SUITE:
            for strength in STRENGTHS:
                _count(contenders, counts, (kind.name, strength),
                       *kind.apply(bgr, codes, strength, seed=number))
        yield counts


def robustness(counts: Counts, images: int) -> Robustness:
    """Sum up the counts of one contender."""
    return Robustness(images, counts['', 0].iou, {
        kind.name: tuple(counts[kind.name, strength].iou for strength in STRENGTHS)
        for kind in SUITE})


def _count(contenders: Sequence[Contender], counts: Sequence[Counts], key: tuple[str, int],
           bgr: Array, codes: Array) -> None:
    ground_truth = path_truth(codes, ())
    for contender, table in zip(contenders, counts, strict=True):
        found = PathScore.of(contender.segment(bgr).path, ground_truth)
        table[key] = table.get(key, PathScore()) + found
