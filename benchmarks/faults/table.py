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

"""Results of the fault benchmark: what one fault came to, the table, and the JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import Enum
import itertools
from typing import Any

from seg_node.tools.common.testbed.messages import StateMessage, StopMessage
from seg_node.tools.common.text_table import markdown_table

ALLOWED_MS = 100.0
"""STOP must be heard this long after it could be known."""
CONSUMER_TIMEOUT_MS = 500.0
"""Silence on ~/stop that its consumers take for STOP."""


class Clock(Enum):
    """From when on a fault can be known."""

    IMAGE = 'the image that shows it'
    TIMEOUT = 'the end of a configured time'
    REQUEST = 'the request'
    RESUME = 'the moment the node runs again'
    SILENCE = 'no message at all: the consumer notices the silence'


@dataclass(frozen=True)
class Moment:
    """When a fault began and from when on it could be known, monotonic clock, seconds."""

    fault: float
    knowable: float
    clock: Clock


@dataclass(frozen=True)
class Entry:
    """
    What became of one fault.

    `time_to_stop_ms` counts from the moment the fault could be known, `fault_to_stop_ms` from
    its beginning. Both are None where no STOP was heard. `reason` is the one of the first STOP;
    `reasons` are all that ~/state named while the fault lasted. `go_again_s` counts from the
    beginning of the recovery.
    """

    name: str
    setup: str
    about: str
    expected: tuple[str, ...]
    clock: str = ''
    caught: bool = False
    reason: str = ''
    reasons: tuple[str, ...] = ()
    knowable_after_ms: float = 0.0
    fault_to_stop_ms: float | None = None
    time_to_stop_ms: float | None = None
    false_go: int = 0
    longest_silence_ms: float = 0.0
    go_again_s: float | None = None
    crash: str = ''
    note: str = ''

    @property
    def reason_named(self) -> bool:
        """Whether ~/state named an expected reason while the fault lasted."""
        return not self.expected or any(reason in self.expected for reason in self.reasons)

    @property
    def passed(self) -> bool:
        """Whether the fault was caught, the node survived, and GO came back."""
        return self.caught and not self.crash and self.go_again_s is not None


@dataclass(frozen=True)
class Results:
    """All entries of a run."""

    entries: tuple[Entry, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every fault was caught and nothing else went wrong."""
        return all(entry.passed for entry in self.entries)

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the whole run."""
        entries = self.entries
        timed = [entry.time_to_stop_ms for entry in entries
                 if entry.time_to_stop_ms is not None and entry.clock != Clock.SILENCE.name]
        regained = [entry.go_again_s for entry in entries if entry.go_again_s is not None]
        return {
            'faults': len(entries),
            'caught': sum(entry.caught for entry in entries),
            'worst_time_to_stop_ms': max(timed, default=None),
            'false_go': sum(entry.false_go for entry in entries),
            'crashes': sum(bool(entry.crash) for entry in entries),
            'go_regained': len(regained),
            'worst_go_again_s': max(regained, default=None),
            'expected_reason': sum(entry.reason_named for entry in entries),
            'allowed_ms': ALLOWED_MS,
            'consumer_timeout_ms': CONSUMER_TIMEOUT_MS,
        }

    def to_json(self) -> dict[str, Any]:
        """Return everything, for json.dump."""
        return {**self.summary(), **self.facts,
                'entries': [{**asdict(entry), 'reason_named': entry.reason_named}
                            for entry in self.entries]}

    def table(self) -> str:
        """Return the table in Markdown, with the summary below."""
        header = ('fault', 'reason', 'known after', 'time to STOP', 'false GO', 'GO again', '')
        found = markdown_table(header, map(_row, self.entries))
        s = self.summary()
        worst = s['worst_time_to_stop_ms']
        return f'{found}\n\n' + (
            f'{s["caught"]} of {s["faults"]} faults caught, {s["false_go"]} false GO, '
            f'{s["crashes"]} crashes; worst time to STOP '
            f'{"-" if worst is None else f"{worst:.0f} ms"} (allowed {ALLOWED_MS:.0f} ms) '
            f'from the moment it can be known; GO regained after {s["go_regained"]}; '
            f'expected reason named in {s["expected_reason"]}.')


def judge(blank: Entry, moment: Moment, heard: Sequence[StopMessage],
          states: Sequence[StateMessage], end: float) -> Entry:
    """
    Hold what was heard against what had to be said.

    :param blank: the entry with its name and what was expected.
    :param heard: ~/stop from `moment.fault` to `end`, when the recovery began.
    :param states: ~/state over the same time.
    """
    allowed = ALLOWED_MS / 1e3
    # What goes out before a process stops may still arrive.
    deadline = (moment.fault if moment.clock in (Clock.SILENCE, Clock.RESUME)
                else max(moment.fault, moment.knowable)) + allowed
    heard = [item for item in heard if moment.fault <= item.time <= end]
    false_go = sum(not item.stop and item.time > deadline for item in heard)
    times = [moment.fault, *(item.time for item in heard), end]
    silent = max(later - earlier for earlier, later in itertools.pairwise(times))
    first = _first_stop(moment, heard)
    reasons = tuple(dict.fromkeys(
        state.reason for state in states
        if moment.fault <= state.time <= end and state.decision == 'stop'))
    by_consumer = moment.clock is Clock.SILENCE and silent * 1e3 >= CONSUMER_TIMEOUT_MS
    if by_consumer:
        before = [item.time for item in heard if item.time <= deadline]
        first = max(before, default=moment.fault) + CONSUMER_TIMEOUT_MS / 1e3
        latest = first
    else:
        latest = moment.knowable + allowed
    entry = {**blank.__dict__, 'clock': moment.clock.name, 'false_go': false_go,
             'reasons': reasons, 'longest_silence_ms': round(silent * 1e3, 1),
             'reason': reasons[0] if reasons else '',
             'knowable_after_ms': round((moment.knowable - moment.fault) * 1e3, 1)}
    if first is not None:
        entry['fault_to_stop_ms'] = round((first - moment.fault) * 1e3, 1)
        entry['time_to_stop_ms'] = (
            None if by_consumer else round(max(0.0, first - moment.knowable) * 1e3, 1))
        entry['caught'] = first <= latest and false_go == 0
    return Entry(**entry)


def _first_stop(moment: Moment, heard: Sequence[StopMessage]) -> float | None:
    begin = moment.knowable if moment.clock is Clock.RESUME else moment.fault
    return next((item.time for item in heard if item.stop and item.time >= begin), None)


def _row(entry: Entry) -> tuple[str, ...]:
    if entry.clock == Clock.SILENCE.name:
        stop = f'silent: {CONSUMER_TIMEOUT_MS:.0f} ms'
    elif entry.time_to_stop_ms is None:
        stop = '-'
    else:
        stop = f'{entry.time_to_stop_ms:.0f} ms'
    other = [reason for reason in entry.reasons if reason in entry.expected][:1]
    reason = entry.reason if entry.reason in entry.expected or not other else (
        f'{entry.reason}, {other[0]}')
    verdict = 'caught' if entry.caught else 'NOT CAUGHT'
    if entry.crash:
        verdict = f'{verdict}, CRASH: {entry.crash}'
    if entry.go_again_s is None:
        verdict += ', GO LOST'
    if not entry.reason_named:
        verdict += f', not named: {" or ".join(entry.expected)}'
    if entry.note:
        verdict += f' ({entry.note})'
    again = '-' if entry.go_again_s is None else f'{entry.go_again_s:.1f} s'
    return (entry.name, reason or '-', f'{entry.knowable_after_ms:.0f} ms', stop,
            str(entry.false_go), again, verdict)
