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

"""One thing that must happen, or must not, and whether it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from seg_node.stop_go.verdict import Reason
from seg_node.tools.evaluate.row import Columns

_DECISIONS = {'stop': {'stop'}, 'slow': {'slow'}, 'go': {'go'}, 'drive': {'go', 'slow'}}
_GROUPS = {
    'obstacle': {Reason.BLOCKED, Reason.BLOCKED_BY_DEPTH, Reason.BLOCKED_REMEMBERED,
                 Reason.STANDS_UP, Reason.LOOKS_DIFFERENT},
    'no_road': {Reason.NO_PATH, Reason.LOW_COVERAGE, Reason.BEYOND_RANGE, Reason.ALL_PATH},
    'camera': {reason for reason in Reason if reason.value.startswith('camera_')}}
REASONS = {**{reason.value: {reason.value} for reason in Reason},
           **{name: {reason.value for reason in group} for name, group in _GROUPS.items()}}
"""Codes of reasons by what a scenario calls them."""
DECISIONS = tuple(_DECISIONS)
"""What a scenario calls decisions."""


class Quantifier(Enum):
    """How often something must happen; the values are the words of the file."""

    ALWAYS = 'always'
    ONCE = 'once'
    NEVER = 'never'


@dataclass(frozen=True)
class Expectation:
    """
    What must happen between two times, seconds since the first frame; until None: to the end.

    what is a decision or a reason; because are the reasons that count for that decision, any where
    there are none.
    """

    rule: Quantifier
    what: str
    since: float = 0.0
    until: float | None = None
    because: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The expectation as people read it."""
        what = self.what.upper() if self.what in _DECISIONS else self.what.replace('_', ' ')
        why = ' or '.join(name.replace('_', ' ') for name in self.because)
        often = {Quantifier.ALWAYS: '', Quantifier.ONCE: 'at least once ',
                 Quantifier.NEVER: 'never '}[self.rule]
        return f'{often}{what}{f" for {why}" if why else ""}{self._window}'

    @property
    def _window(self) -> str:
        if self.until is None:
            return f' from {self.since:g} s on' if self.since else ''
        return f' from {self.since:g} to {self.until:g} s' if self.since \
            else f' until {self.until:g} s'


@dataclass(frozen=True)
class Outcome:
    """
    An expectation with '' or why it is not kept.

    at_s is the time of the first frame that breaks it; None where no frame does.
    """

    expectation: Expectation
    problem: str
    at_s: float | None = None

    @property
    def kept(self) -> bool:
        """Whether it happened."""
        return not self.problem


def judge(expected: Expectation, table: Columns) -> Outcome:
    """Hold an expectation against the frames of a recording; what is not known is not kept."""
    times = table['time_s']
    until = expected.until
    inside = [k for k, time_s in enumerate(times)
              if expected.since <= time_s and (until is None or time_s <= until)]
    ends = f'the recording ends at {times[-1]:.2f} s' if times else 'there is no frame'
    if not inside:
        return Outcome(expected, f'no frame lies there: {ends}')
    never = expected.rule is Quantifier.NEVER
    broken = [k for k in inside if _matches(expected, table, k) is never]
    if expected.rule is Quantifier.ONCE:
        if len(broken) < len(inside):
            return Outcome(expected, '')
        return Outcome(expected, f'not once; {_told(table, inside[0])}', times[inside[0]])
    if broken:
        others = f', and in {len(broken) - 1} more of {len(inside)} frames' \
            if len(broken) > 1 else ''
        return Outcome(expected, _told(table, broken[0]) + others, times[broken[0]])
    if until is not None and _end(times) < until:
        return Outcome(expected, f'kept as far as it goes, but {ends}')
    return Outcome(expected, '')


def _matches(expected: Expectation, table: Columns, k: int) -> bool:
    """Say whether a frame is of the expected kind."""
    reason = table['reason'][k]
    if expected.what in _DECISIONS:
        codes = set().union(*(REASONS[name] for name in expected.because))
        return table['decision'][k] in _DECISIONS[expected.what] \
            and (not codes or reason in codes)
    found = {reason}
    if expected.rule is Quantifier.NEVER:      # also behind a reason that weighs more
        found |= {*table['findings'][k], *table['health'][k]}
    return not found.isdisjoint(REASONS[expected.what])


def _told(table: Columns, k: int) -> str:
    return (f'{table["decision"][k].upper()}, {table["text"][k]} at {table["time_s"][k]:.2f} s '
            f'(frame {table["index"][k]})')


def _end(times: Sequence[float]) -> float:
    """Return when the last frame ends: it lasts as long as the one before it."""
    return times[-1] + (times[-1] - times[-2] if len(times) > 1 else 0.0)
