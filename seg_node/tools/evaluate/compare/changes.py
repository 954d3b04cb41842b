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

"""Each number of two runs, with what its change means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
import math

from seg_node.tools.evaluate.compare.noise import noise, spreads
from seg_node.tools.evaluate.report.catalogue import Better, numbers, Score, score_of
from seg_node.tools.evaluate.report.results import RunResults

_ROUNDING = 1e-9


class Effect(Enum):
    """What a change means."""

    BETTER = 'better'
    WORSE = 'worse'
    EQUAL = 'equal'
    DIFFERENT = 'different'
    UNKNOWN = 'unknown'

    @property
    def rank(self) -> int:
        """Place in this order."""
        return list(Effect).index(self)


@dataclass(frozen=True)
class Change:
    """
    A number of two runs; None where a run does not know it.

    noise: by how much it may differ and still be the same; infinite where that cannot be told.
    """

    score: Score
    a: float | None
    b: float | None
    noise: float = 0.0

    @property
    def difference(self) -> float | None:
        """What B has more than A."""
        return None if self.a is None or self.b is None else self.b - self.a

    @property
    def effect(self) -> Effect:
        """What the change means; DIFFERENT where neither way is better."""
        if self.a is None and self.b is None:
            return Effect.EQUAL
        if self.a is None or self.b is None:
            return Effect.UNKNOWN
        if math.isclose(self.a, self.b, rel_tol=_ROUNDING, abs_tol=max(self.noise, _ROUNDING)):
            return Effect.EQUAL
        if self.score.better is Better.NEITHER:
            return Effect.DIFFERENT
        higher = self.b > self.a
        return Effect.BETTER if higher is (self.score.better is Better.HIGHER) else Effect.WORSE


def loss(score: Score, before: float, after: float) -> float:
    """Return by how much a number got worse, negative for better; of a score with a direction."""
    return before - after if score.better is Better.HIGHER else after - before


def changes(a: RunResults, b: RunResults) -> tuple[Change, ...]:
    """Return all numbers that a run knows, the weightiest first; those that are 0 in both not."""
    return changed(numbers(a.summary), numbers(b.summary), (spreads(a), spreads(b)))


def changed(old: Mapping[str, float | None], new: Mapping[str, float | None],
            spread: tuple[Mapping[str, float], Mapping[str, float]] = ({}, {}),
            ) -> tuple[Change, ...]:
    """
    Return the changes between numbers by name.

    :param spread: by how much the times of each differ among the parts of its run.
    """
    names = [*old, *(name for name in new if name not in old)]
    found = (_change(score_of(name), old.get(name), new.get(name), spread) for name in names)
    return tuple(one for one in found
                 if not _is_idle(one) and not (one.a is None and one.b is None))


def _change(score: Score, a: float | None, b: float | None,
            spread: tuple[Mapping[str, float], Mapping[str, float]]) -> Change:
    return Change(score, a, b, noise(score.name, a, *spread) if score.is_time and a else 0.0)


def _is_idle(change: Change) -> bool:
    """Say whether it is a reason or finding that occurred in neither run."""
    return change.score.name.startswith(('decisions.reasons.', 'health.')) \
        and not change.a and not change.b
