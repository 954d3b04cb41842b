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

"""What happened over the frames of a recording: changes of the decision, STOPs missed or late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from seg_node.tools.evaluate.mistakes import Mistake, STOP


@dataclass(frozen=True)
class FalseGo:
    """Frames in a row, by their first and last number, that are false GOs."""

    recording: str
    first: int
    last: int


@dataclass
class Events:
    """
    Those of one recording, or of several together.

    A STOP of the truth begins with its first frame of STOP after one that drives. `leads` are the
    frames by which the decision stood at STOP before, `lags` those until it did (0: at once);
    `missed` counts those through which it never did.
    """

    changes: int = 0
    false_go: list[FalseGo] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)
    missed: int = 0

    def add(self, other: Events) -> None:
        """Take in those of another recording."""
        self.changes += other.changes
        self.false_go += other.false_go
        self.leads += other.leads
        self.lags += other.lags
        self.missed += other.missed


def find_events(recording: str, index: Sequence[int], decided: Sequence[str],
                true: Sequence[str | None], mistakes: Sequence[Mistake | None]) -> Events:
    """
    Find the events of one recording.

    :param index: numbers of the frames, increasing.
    :param decided: go, slow or stop for each frame.
    :param true: what the truth would have given; None where it is not known.
    :param mistakes: what is wrong with each decision.
    """
    events = Events(sum(a != b for a, b in zip(decided, decided[1:], strict=False)))
    first: int | None = None
    for place in range(len(decided) + 1):
        wrong = place < len(decided) and mistakes[place] is Mistake.FALSE_GO
        if wrong and first is None:
            first = place
        elif not wrong and first is not None:
            events.false_go.append(FalseGo(recording, index[first], index[place - 1]))
            first = None
    for place in range(1, len(true)):
        if true[place] == STOP and true[place - 1] not in (None, STOP):
            _time(place, decided, true, events)
    return events


def _time(onset: int, decided: Sequence[str], true: Sequence[str | None], events: Events) -> None:
    """Tell by how many frames the decision came before or after a STOP of the truth."""
    if decided[onset] == STOP:
        early = 0
        while onset - early - 1 >= 0 and decided[onset - early - 1] == STOP \
                and true[onset - early - 1] not in (None, STOP):
            early += 1
        if early:
            events.leads.append(early)
        else:
            events.lags.append(0)
        return
    late = 0
    while onset + late < len(true) and true[onset + late] == STOP:
        if decided[onset + late] == STOP:
            events.lags.append(late)
            return
        late += 1
    events.missed += 1
