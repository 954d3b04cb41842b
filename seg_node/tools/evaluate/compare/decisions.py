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

"""The frames that two runs decide differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from seg_node.tools.evaluate.mistakes import Mistake, mistake_of
from seg_node.tools.evaluate.report.results import RecordingResults, RunResults
from seg_node.tools.evaluate.row import Columns


class DecisionChange(Enum):
    """What a differing decision means, the most serious first."""

    NEW_FALSE_GO = 'new false GO'
    NEW_EARLY_GO = 'new GO earlier than the truth'
    NEW_FALSE_STOP = 'new false STOP'
    DRIVES_NOW = 'drives, stopped before'
    STOPS_NOW = 'stops, drove before'
    OTHER_SPEED = 'another speed'
    NO_FALSE_GO = 'false GO no more'
    NO_EARLY_GO = 'GO earlier than the truth no more'
    NO_FALSE_STOP = 'false STOP no more'

    @property
    def weight(self) -> int:
        """Rank; 0 is the most serious."""
        return list(DecisionChange).index(self)


@dataclass(frozen=True)
class DifferingFrames:
    """Frames in a row, first to last, that differ in the same way."""

    recording: str
    first: int
    last: int
    kind: DecisionChange
    decision_a: str
    reason_a: str
    text_a: str
    decision_b: str
    reason_b: str
    text_b: str
    truth: str | None
    truth_reason: str | None

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class DecisionChanges:
    """
    All differing frames, the most serious first.

    common counts frames that are in both runs, only_a and only_b those in one of them. other lists
    recordings whose images are not the same in both, by their stamps; they are left out.
    other_truth counts frames of which the truth decides differently: it is judged at the size of
    the network, and with the limits of each run.
    """

    stretches: tuple[DifferingFrames, ...]
    common: int
    only_a: int
    only_b: int
    other: tuple[str, ...]
    other_truth: int = 0

    def frames(self, kind: DecisionChange) -> int:
        """Count the frames of a kind."""
        return sum(one.frames for one in self.stretches if one.kind is kind)


def decision_changes(a: RunResults, b: RunResults) -> DecisionChanges:
    """
    Compare the decisions on the frames that both runs have.

    :raises UserError: when a table of frames cannot be read.
    """
    old, new = ({one.name: one for one in run.recordings if one.summary is not None}
                for run in (a, b))
    found: list[DifferingFrames] = []
    common, only, other_truth = 0, [0, 0], 0
    other = []
    for name in [*old, *(name for name in new if name not in old)]:
        before, after = _rows(old.get(name)), _rows(new.get(name))
        shared = [index for index in before if index in after]
        if any(before[k]['stamp_ns'] != after[k]['stamp_ns'] for k in shared):
            other.append(name)
            continue
        common += len(shared)
        only[0] += len(before) - len(shared)
        only[1] += len(after) - len(shared)
        other_truth += sum(before[k]['truth_decision'] != after[k]['truth_decision']
                           for k in shared)
        found += _stretches(name, before, after, shared)
    found.sort(key=lambda one: (one.kind.weight, -one.frames, one.recording, one.first))
    return DecisionChanges(tuple(found), common, only[0], only[1], tuple(other), other_truth)


_USED = ('index', 'stamp_ns', 'decision', 'reason', 'text', 'truth_decision', 'truth_reason')


def _rows(one: RecordingResults | None) -> dict[int, dict[str, Any]]:
    if one is None:
        return {}
    table: Columns = one.table()
    return {values[0]: dict(zip(_USED, values, strict=True))
            for values in zip(*(table[name] for name in _USED), strict=True)}


def _stretches(name: str, before: Mapping[int, Mapping[str, Any]],
               after: Mapping[int, Mapping[str, Any]], shared: list[int],
               ) -> Iterator[DifferingFrames]:
    open_one: DifferingFrames | None = None
    for index in shared:
        one = _different(name, before[index], after[index])
        if open_one is not None and one is not None and one.first == open_one.last + 1 \
                and _alike(open_one, one):
            open_one = DifferingFrames(**{**vars(open_one), 'last': index})
            continue
        if open_one is not None:
            yield open_one
        open_one = one
    if open_one is not None:
        yield open_one


def _alike(one: DifferingFrames, other: DifferingFrames) -> bool:
    names = ('kind', 'decision_a', 'reason_a', 'decision_b', 'reason_b', 'truth')
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _different(name: str, old: Mapping[str, Any], new: Mapping[str, Any],
               ) -> DifferingFrames | None:
    kind = change_of(old['decision'], new['decision'], *(
        mistake_of(one['decision'], one['truth_decision'], one['truth_reason'])
        for one in (old, new)))
    if kind is None:
        return None
    known = new if new['truth_decision'] is not None else old
    return DifferingFrames(
        name, new['index'], new['index'], kind,
        old['decision'], old['reason'], old['text'], new['decision'], new['reason'], new['text'],
        known['truth_decision'], known['truth_reason'])


def change_of(old: str, new: str, wrong_a: Mistake | None, wrong_b: Mistake | None,
              ) -> DecisionChange | None:
    """
    Say what another decision means; None for the same one, no more and no less wrong than before.

    :param wrong_a: what was wrong with it in run A; wrong_b: in run B.
    """
    if wrong_a is not wrong_b:
        if wrong_b is not None:
            return DecisionChange[f'NEW_{wrong_b.name}']
        if wrong_a is not None:
            return DecisionChange[f'NO_{wrong_a.name}']
    if old == new:
        return None
    if old == 'stop':
        return DecisionChange.DRIVES_NOW
    return DecisionChange.STOPS_NOW if new == 'stop' else DecisionChange.OTHER_SPEED
