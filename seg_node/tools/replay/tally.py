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

"""What a replay has sent, by topic, and how late: nothing goes missing without being told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LATE_NS = 10_000_000
"""A message sent later than this after its time counts as late."""
STEPS_PER_DECADE = 100
"""Resolution of the lateness histogram: quantiles are right to 2.3 %."""
FIRST_NS, DECADES = 1_000, 9
"""The histogram reaches from 1 us to 1000 s."""


class Lateness:
    """Mean, quantiles and greatest of any number of durations in ns, in constant memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts = np.zeros(STEPS_PER_DECADE * DECADES + 1, np.int64)
        self.count = 0
        self.max_ns = 0
        self._sum = 0

    def add(self, duration_ns: int) -> None:
        """Count a duration."""
        steps = 0.0 if duration_ns <= FIRST_NS else (
            STEPS_PER_DECADE * np.log10(duration_ns / FIRST_NS))
        self._counts[min(int(np.ceil(steps)), len(self._counts) - 1)] += 1
        self.count += 1
        self.max_ns = max(self.max_ns, duration_ns)
        self._sum += duration_ns

    @property
    def mean_ns(self) -> float:
        """Mean of all; 0 of none."""
        return self._sum / self.count if self.count else 0.0

    def quantile_ns(self, share: float) -> float:
        """Return the duration that this share of all does not exceed."""
        if not self.count:
            return 0.0
        step = int(np.searchsorted(np.cumsum(self._counts), share * self.count))
        return min(float(self.max_ns), FIRST_NS * 10 ** (step / STEPS_PER_DECADE))


@dataclass
class TopicTally:
    """Counts of one topic: late and unheard ones are sent too, failed ones are not."""

    topic: str
    type: str
    sent: int = 0
    late: int = 0
    unheard: int = 0
    failed: int = 0
    missing: int = 0
    error: str = ''

    def remarks(self) -> str:
        """Say in words what was not as it should be."""
        told = [
            (self.late, f'{self.late} late'),
            (self.unheard, f'{self.unheard} while nobody listened'),
            (self.failed, f'{self.failed} NOT SENT ({self.error})'),
            (self.missing, f'{self.missing} MISSING IN THE RECORDING, which promises them'),
        ]
        return ', '.join(text for count, text in told if count)


class Tally:
    """The counts of all topics and the lateness of all messages."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lateness = Lateness()
        self._topics: dict[tuple[str, str], TopicTally] = {}

    def topic(self, topic: str, message_type: str) -> TopicTally:
        """Return the counts of a topic."""
        return self._topics.setdefault(
            (topic, message_type), TopicTally(topic, message_type))

    def sent(self, counts: TopicTally, lateness_ns: int | None, heard: bool) -> None:
        """Count a message that was sent; without lateness when it had no deadline."""
        counts.sent += 1
        counts.unheard += not heard
        if lateness_ns is not None:
            self.lateness.add(lateness_ns)
            counts.late += lateness_ns > LATE_NS

    @property
    def total(self) -> int:
        """Messages sent."""
        return sum(counts.sent for counts in self._topics.values())

    @property
    def failed(self) -> int:
        """Messages that were not sent."""
        return sum(counts.failed for counts in self._topics.values())

    def lines(self) -> list[str]:
        """Return the report: how late all were, then what each topic sent."""
        late = self.lateness
        if not self._topics:
            return []
        lines = []
        if late.count:
            lines.append(
                f'behind their recorded times by {late.mean_ns / 1e6:.2f} ms on average, 95 % by '
                f'at most {late.quantile_ns(0.95) / 1e6:.2f} ms, all by at most '
                f'{late.max_ns / 1e6:.2f} ms; more than {LATE_NS / 1e6:g} ms counts as late')
        width = max(len(counts.topic) for counts in self._topics.values())
        for counts in sorted(self._topics.values(), key=lambda each: each.topic):
            remarks = counts.remarks()
            lines.append(f'  {counts.topic:<{width}}  {counts.sent:>6} sent'
                         + (f': {remarks}' if remarks else ''))
        return lines
