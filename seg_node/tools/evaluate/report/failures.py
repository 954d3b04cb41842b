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
"""Frames that stopped, and those judged falsely, by recording and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
import math

from seg_node.tools.evaluate.mistakes import Mistake, mistakes_in
from seg_node.tools.evaluate.row import Columns


@dataclass
class FailureMap:
    """Counts of frames by recording and reason; recordings without any are left out."""

    title: str
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, recording: str, counts: Counter[str]) -> None:
        """Take in a recording."""
        if counts:
            self.counts[recording] = counts

    @property
    def totals(self) -> dict[str, int]:
        """Frames by reason, the most frequent first."""
        return dict(sum(self.counts.values(), Counter()).most_common())

    @property
    def rows(self) -> list[tuple[str, Counter[str]]]:
        """Recordings with their counts, those with most frames first."""
        return sorted(self.counts.items(), key=lambda item: (-item[1].total(), item[0]))

    def heat(self, frames: int) -> int:
        """Return how strongly a count is coloured, percent."""
        maximum = max(max(counts.values()) for counts in self.counts.values())
        return round(12 + 78 * math.log1p(frames) / math.log1p(maximum))


class Failures:
    """Counts frames of one recording after the other."""

    def __init__(self) -> None:
        self._false_go = FailureMap('False GO, by the reason of the truth')
        self._early_go = FailureMap('GO earlier than the truth, by the reason of the truth')
        self._false_stop = FailureMap('False STOP, by the reason given')
        self._held = FailureMap('STOP and SLOW, by the reason given')

    def add(self, recording: str, table: Columns) -> None:
        """Take in a recording."""
        mistakes = mistakes_in(table)

        def add(found: FailureMap, wanted: Mistake, reasons: Sequence[str]) -> None:
            found.add(recording, Counter(
                reason for mistake, reason in zip(mistakes, reasons, strict=True)
                if mistake is wanted))

        add(self._false_go, Mistake.FALSE_GO, table['truth_reason'])
        add(self._early_go, Mistake.EARLY_GO, table['truth_reason'])
        add(self._false_stop, Mistake.FALSE_STOP, table['reason'])
        self._held.add(recording, Counter(
            reason for decision, reason in zip(table['decision'], table['reason'], strict=True)
            if decision != 'go'))

    def maps(self, has_truth: bool) -> list[FailureMap]:
        """Return what is known, the most serious first."""
        judged = (self._false_go, self._early_go, self._false_stop) if has_truth else ()
        return [*judged, self._held]
