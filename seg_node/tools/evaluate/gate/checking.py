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

from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.common.text_table import aligned
from seg_node.tools.evaluate.compare.changes import loss
from seg_node.tools.evaluate.gate.limits import GateRule, Limit
from seg_node.tools.evaluate.report.catalogue import score_of
from seg_node.tools.evaluate.report.words import plural

_ROUNDING = 1e-12


@dataclass(frozen=True)
class CheckedLimit:
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

    @property
    def cells(self) -> tuple[str, ...]:
        """Name, limit, and both numbers as tables show them."""
        return (self.limit.name, f'{self.limit.rule.value} {self.limit.value:g}',
                *('-' if value is None else f'{value:.6g}'
                  for value in (self.found, self.before)))


@dataclass(frozen=True)
class OtherRun:
    """The numbers of the run that is compared with, and why they must not be."""

    numbers: Mapping[str, float | None]
    doubts: Sequence[str] = ()


def check_limits(limits: Sequence[Limit], numbers: Mapping[str, float | None],
          before: OtherRun | None = None) -> tuple[CheckedLimit, ...]:
    """Hold limits against a run; what is not known fails, as every doubt does."""
    return tuple(_check(limit, numbers.get(limit.name), before) for limit in limits)


def _check(limit: Limit, found: float | None, before: OtherRun | None) -> CheckedLimit:
    if found is None:
        return CheckedLimit(limit, None, None, 'is not known')
    if not limit.rule.is_relative:
        kept = found >= limit.value if limit.rule is GateRule.MIN else found <= limit.value
        words = 'too low' if limit.rule is GateRule.MIN else 'too high'
        return CheckedLimit(limit, found, None, '' if kept else words)
    if before is None:
        return CheckedLimit(limit, found, None, 'needs another run: --compare')
    old = before.numbers.get(limit.name)
    if old is None:
        return CheckedLimit(limit, found, None, 'is not known of the other run')
    if before.doubts:
        return CheckedLimit(limit, found, old, f'cannot be compared: {before.doubts[0]}')
    lost = loss(score_of(limit.name), old, found)
    allowed = limit.value if limit.rule is GateRule.MAX_LOSS else limit.value / 100 * abs(old)
    return CheckedLimit(limit, found, old,
                  '' if lost <= allowed + _ROUNDING else f'lost {lost:.6g}')


def gate_text(checked: Sequence[CheckedLimit]) -> str:
    """Return a table of what failed, below a line that says how many did."""
    failed = [one for one in checked if not one.passed]
    if not failed:
        return f'gate: passed, {plural(len(checked), "limit")} kept'
    rows = [('number', 'limit', 'found', 'before', ''),
            *((*one.cells, one.problem) for one in failed)]
    return (f'gate: FAILED, {len(failed)} of {plural(len(checked), "limit")} not kept\n'
            + aligned(rows))


def gate_json(checked: Sequence[CheckedLimit]) -> str:
    """Return gate.json."""
    return strict_json({
        'passed': all(one.passed for one in checked),
        'limits': [{'name': one.limit.name, one.limit.rule.value: one.limit.value,
                    'found': one.found, 'before': one.before, 'passed': one.passed,
                    'problem': one.problem} for one in checked]}, None)
