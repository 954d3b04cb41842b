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

"""What is put side by side: single techniques, all of them together, networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import statistics

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.classical.backend import alone, together
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.perception.models.model import bundled_models, ModelError
from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.scoring.ground_truth import PathTruth
from seg_node.scoring.path_score import PathScore

TOGETHER = 'classical'


@dataclass(frozen=True, eq=False)
class Answer:
    """What a method made of one image; iou is None without a mask, else nan or 0 to 1."""

    name: str
    seen: Segmentation
    iou: float | None

    @property
    def milliseconds(self) -> float:
        """Time from the image to the labels."""
        return (self.seen.prepare + self.seen.network) * 1e3


@dataclass
class Method:
    """A method, its scores so far, and its times in milliseconds."""

    name: str
    segmenter: Segmenter
    score: PathScore = PathScore()
    times: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        """Median of the times, nan without any."""
        return statistics.median(self.times) if self.times else float('nan')

    def segment(self, bgr: NDArray[np.uint8], truth: PathTruth | None, runs: int = 1) -> Answer:
        """
        Segment an image, BGR uint8 [H, W, 3], and score it where its truth is known.

        :param runs: of which the quickest, the least disturbed, is the answer.
        :raises ValueError: for a truth of another size.
        :raises BackendError: when the inference fails.
        """
        seen = min((self.segmenter.segment(bgr) for _ in range(runs)),
                   key=lambda each: each.prepare + each.network)
        iou = None
        if truth is not None:
            score = PathScore.of(seen.path, truth)
            self.score += score
            iou = score.iou
        answer = Answer(self.name, seen, iou)
        self.times.append(answer.milliseconds)
        return answer


def known_methods() -> tuple[str, ...]:
    """Return the methods that have names, in the order in which they are shown."""
    return (*(each.name for each in TECHNIQUES), TOGETHER, *bundled_models())


def open_methods(names: Sequence[str]) -> list[Method]:
    """
    Open methods by their names; a name that is none is that of a model folder.

    :raises UserError: when one cannot be opened, or is given twice.
    """
    techniques = {each.name: each for each in TECHNIQUES}
    opened: list[Method] = []
    for name in names:
        if name in [each.name for each in opened]:
            raise UserError(f'--methods {name}: is given twice. Leave one out')
        try:
            if name in techniques:
                segmenter = Segmenter(alone(techniques[name]))
            else:
                segmenter = Segmenter(together()) if name == TOGETHER else Segmenter.open(name)
        except (ModelError, BackendError) as error:
            raise UserError(f'--methods {name}: is no technique ({", ".join(techniques)}, '
                            f'{TOGETHER}), and no model that can be opened: {error}') from None
        opened.append(Method(name, segmenter))
    return opened
