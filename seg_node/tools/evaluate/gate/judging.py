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

"""Limits held against the numbers of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seg_node.tools.evaluate.compare.changes import loss
from seg_node.tools.evaluate.gate.limits import Limit, Rule
from seg_node.tools.evaluate.report.catalogue import score_of

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Judged:
    """
    A limit, what was found, and '' or what is wrong with it.

    before is the number of the other run, for limits on the loss.
    """

    limit: Limit
    found: float | None
    before: float | None
    problem: str

    @property
    def passed(self) -> bool:
        """Whether the limit is kept."""
        return not self.problem


@dataclass(frozen=True)
class Before:
    """The numbers of the run that is compared with, and why they must not be."""

    numbers: Mapping[str, float | None]
    doubts: Sequence[str] = ()


def judge(limits: Sequence[Limit], numbers: Mapping[str, float | None],
          before: Before | None = None) -> tuple[Judged, ...]:
    """Hold limits against a run; what is not known fails, as every doubt does."""
    return tuple(_judge(limit, numbers.get(limit.name), before) for limit in limits)


def _judge(limit: Limit, found: float | None, before: Before | None) -> Judged:
    if found is None:
        return Judged(limit, None, None, 'is not known')
    if not limit.rule.is_relative:
        kept = found >= limit.value if limit.rule is Rule.MIN else found <= limit.value
        words = 'too low' if limit.rule is Rule.MIN else 'too high'
        return Judged(limit, found, None, '' if kept else words)
    if before is None:
        return Judged(limit, found, None, 'needs another run: --compare')
    old = before.numbers.get(limit.name)
    if old is None:
        return Judged(limit, found, None, 'is not known of the other run')
    if before.doubts:
        return Judged(limit, found, old, f'cannot be compared: {before.doubts[0]}')
    lost = loss(score_of(limit.name), old, found)
    allowed = limit.value if limit.rule is Rule.MAX_LOSS else limit.value / 100 * abs(old)
    return Judged(limit, found, old,
                  '' if lost <= allowed + _ROUNDING else f'lost {lost:.6g}')
