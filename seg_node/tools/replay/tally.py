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

from collections import deque
from dataclasses import dataclass

from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.common.text_table import aligned

LATE_NS = 10_000_000
"""A message sent later than this after its time counts as late."""
KEPT = 100_000
"""Durations of which percentiles are told: the newest, so that memory stays bounded."""


class Lateness:
    """Mean and maximum of any number of durations in ns, and percentiles of the newest."""

    def __init__(self) -> None:
        """Begin with none."""
        self._newest: deque[int] = deque(maxlen=KEPT)
        self.count = 0
        self.max_ns = 0
        self._sum = 0

    def add(self, duration_ns: int) -> None:
        """Count a duration."""
        self._newest.append(duration_ns)
        self.count += 1
        self.max_ns = max(self.max_ns, duration_ns)
        self._sum += duration_ns

    @property
    def mean_ns(self) -> float:
        """Mean of all; 0 of none."""
        return self._sum / self.count if self.count else 0.0

    @property
    def percentiles_ns(self) -> Percentiles:
        """Percentiles of the newest."""
        return Percentiles.of(self._newest)


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
                f'at most {late.percentiles_ns.p95 / 1e6:.2f} ms, all by at most '
                f'{late.max_ns / 1e6:.2f} ms; more than {LATE_NS / 1e6:g} ms counts as late')
        rows = [(counts.topic, f'{counts.sent:>6} sent'
                 + (f': {remarks}' if (remarks := counts.remarks()) else ''))
                for counts in sorted(self._topics.values(), key=lambda each: each.topic)]
        lines += aligned(rows).splitlines()
        return lines
