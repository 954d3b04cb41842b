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

"""What a drive left behind, read into one timeline: frames sent, masks, states, decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import csv
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from seg_node.tools.common.testbed.messages import parse_number


@dataclass(frozen=True)
class Sent:
    """A frame that was published; times in ns."""

    camera: str
    index: int
    stamp_ns: int
    wall_ns: int
    source_ns: int


@dataclass(frozen=True)
class State:
    """A message of ~/state with the wall time of its arrival in ns."""

    wall_ns: int
    message: str
    values: Mapping[str, str]

    @property
    def decision(self) -> str:
        """'go' or 'stop'; whatever is not 'go' counts as 'stop'."""
        told = self.values.get('decision', '').lower()
        return told if told in ('go', 'slow') else 'stop'

    @property
    def reason(self) -> str:
        """Code of the reason."""
        return self.values.get('reason') or 'unknown'


@dataclass(frozen=True)
class Records:
    """What the recorder heard, each in the order of arrival."""

    masks: tuple[tuple[str, int, int], ...]
    """(camera, stamp_ns, wall_ns)"""
    overlays: tuple[tuple[str, int, int], ...]
    """(camera, stamp_ns, frame of overlay.mp4)"""
    states: tuple[State, ...]
    diagnostics: Mapping[str, str]
    """All key-values of /diagnostics, the newest of each key."""


@dataclass(frozen=True)
class LoggedFrame:
    """What became of one frame: the first ~/state that reports it. None: not told."""

    sent: Sent
    time_s: float
    """When it was published, in seconds from the start of the drive."""
    latency_ms: float
    """From publishing to the arrival of that state."""
    inference_ms: float | None
    free_distance: float | None
    required_distance: float | None
    confidence: float | None
    decision: str
    reason: str


@dataclass(frozen=True)
class Segment:
    """A stretch of time with one decision and one reason; seconds from the start."""

    start_s: float
    end_s: float
    decision: str
    reason: str

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class LoggedDrive:
    """The whole drive on one time axis that starts when the first frame was published."""

    sent: tuple[Sent, ...]
    records: Records
    samples: tuple[LoggedFrame, ...]
    segments: tuple[Segment, ...]
    duration_s: float

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names in the order of their first frames."""
        return tuple(dict.fromkeys(sent.camera for sent in self.sent))

    @property
    def fps(self) -> float | None:
        """Frames per second of one camera as they were published; None of a single one."""
        own = [one for one in self.sent if one.camera == self.cameras[0]] if self.sent else []
        span = own[-1].wall_ns - own[0].wall_ns if own else 0
        return (len(own) - 1) * 1e9 / span if span > 0 else None

    @property
    def unit(self) -> str:
        """What distances are told in; '' where nothing was measured."""
        for state in self.records.states:
            for camera in self.cameras:
                if unit := state.values.get(f'{camera}.unit'):
                    return unit
        return ''

    @property
    def changes(self) -> tuple[Segment, ...]:
        """Segments that begin with another decision than the one before them."""
        pairs = zip(self.segments, self.segments[1:], strict=False)
        return tuple(after for before, after in pairs if after.decision != before.decision)


def read_sent(path: Path) -> list[Sent]:
    """Read the log of the replay; a last line that was cut off is left out."""
    rows = []
    with path.open(encoding='utf-8', newline='') as file:
        for row in csv.DictReader(file):
            try:
                rows.append(Sent(row['camera'], int(row['index']), int(row['stamp_ns']),
                                 int(row['wall_ns']), int(row['source_ns'])))
            except (TypeError, ValueError):
                continue
    return rows


def read_records(path: Path) -> Records:
    """Read the recorder's records; a last line that was cut off is left out."""
    masks, overlays, states = [], [], []
    diagnostics: dict[str, str] = {}
    with path.open(encoding='utf-8') as file:
        for line in file:
            try:
                record: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            kind = record['kind']
            if kind == 'mask':
                masks.append((record['camera'], record['stamp_ns'], record['wall_ns']))
            elif kind == 'overlay':
                overlays.append((record['camera'], record['stamp_ns'], record['frame']))
            elif kind == 'state':
                states.append(State(record['wall_ns'], record['message'], record['values']))
            elif kind == 'diagnostics':
                for status in record['status']:
                    diagnostics.update(status['values'])
    return Records(tuple(masks), tuple(overlays), tuple(states), diagnostics)


def parse_stamp(text: str) -> int | None:
    """Turn 'sec.nanosec' (nanosec with leading zeros) into ns, exactly; None if it is none."""
    seconds, _, nanoseconds = text.partition('.')
    try:
        return int(seconds) * 10**9 + int(nanoseconds or '0')
    except ValueError:
        return None


def read_drive(sent: Iterable[Sent], records: Records) -> LoggedDrive:
    """Put frames, states and decisions on one time axis; without frames it is empty."""
    sent = tuple(sorted(sent, key=lambda one: one.wall_ns))
    if not sent:
        return LoggedDrive((), records, (), (), 0.0)
    start = sent[0].wall_ns
    period = (sent[-1].wall_ns - start) / max(1, len({one.index for one in sent}) - 1)
    end = sent[-1].wall_ns + round(period)
    return LoggedDrive(sent, records, tuple(_samples(sent, records.states, start)),
                       tuple(_segments(records.states, start, end)), (end - start) / 1e9)


def _samples(sent: tuple[Sent, ...], states: Iterable[State], start: int) -> Iterable[LoggedFrame]:
    waiting = {(one.camera, one.stamp_ns): one for one in sent}
    cameras = {one.camera for one in sent}
    samples = []
    for state in states:
        for camera in cameras:
            text = state.values.get(f'{camera}.image_stamp')
            if text is None and len(cameras) == 1:
                text = state.values.get('image_stamp')
            stamp = parse_stamp(text or '')
            one = waiting.get((camera, stamp)) if stamp is not None else None
            if one is None or state.wall_ns < one.wall_ns:
                continue
            del waiting[camera, one.stamp_ns]
            samples.append(LoggedFrame(
                one, (one.wall_ns - start) / 1e9, (state.wall_ns - one.wall_ns) / 1e6,
                parse_number(state.values.get(f'{camera}.inference_ms')),
                parse_number(state.values.get(f'{camera}.free_distance')),
                parse_number(state.values.get(f'{camera}.required_distance')),
                parse_number(state.values.get(f'{camera}.confidence')),
                state.decision, state.reason))
    return sorted(samples, key=lambda sample: sample.time_s)


def _segments(states: Iterable[State], start: int, end: int) -> Iterable[Segment]:
    # Before the first state nothing is known, which is a STOP for whoever listens.
    since, decision, reason = start, 'stop', 'no_state'
    for state in states:
        if state.wall_ns >= end:
            break
        if (state.decision, state.reason) == (decision, reason):
            continue
        at = max(state.wall_ns, start)
        if at > since:
            yield Segment((since - start) / 1e9, (at - start) / 1e9, decision, reason)
        since, decision, reason = at, state.decision, state.reason
    yield Segment((since - start) / 1e9, (end - start) / 1e9, decision, reason)
