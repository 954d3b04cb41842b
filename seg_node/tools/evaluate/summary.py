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

"""The numbers of one recording, or of many: always from counts and frames, never from means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.percentiles import Percentiles
from seg_node.stop_go.verdict import Reason
from seg_node.tools.evaluate.events import Events, find_events
from seg_node.tools.evaluate.mistakes import Mistake, mistakes_in
from seg_node.tools.evaluate.row import Columns, TIMES
from seg_node.tools.evaluate.scores import Counts, known, summary_of

DECISIONS = ('go', 'slow', 'stop')
WORST = 12
"""Frames that are shown."""


@dataclass(frozen=True)
class Doubts:
    """
    What the second opinion doubted, counted in each frame anew.

    places; of these `known` have a truth, by which `right` are no path.
    """

    places: int
    known: int
    right: int


@dataclass
class Totals:
    """What is kept of any number of recordings to make a summary; grows with add()."""

    counts: Counts
    frames: int = 0
    seconds: float = 0.0
    decisions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    health: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    agreed: int = 0
    mistakes: Counter[Mistake] = field(default_factory=Counter)
    events: Events = field(default_factory=Events)
    doubts: Doubts | None = None
    flicker: list[NDArray[np.float64]] = field(default_factory=list)
    times: dict[str, list[NDArray[np.float64]]] = field(
        default_factory=lambda: {name: [] for name in TIMES})
    worst: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, table: Columns, counts: Counts,
            worst: Iterable[dict[str, Any]]) -> None:
        """Take in one recording."""
        self.counts += counts
        self.frames += len(table['index'])
        self.seconds += max(table['time_s'], default=0.0)
        self.decisions.update(table['decision'])
        self.reasons.update(table['reason'])
        for codes in table['health']:
            self.health.update(codes)
        for decided, true in zip(table['decision'], table['truth_decision'], strict=True):
            if true is not None:
                self.judged += 1
                self.agreed += decided == true
        mistakes = mistakes_in(table)
        self.mistakes.update(filter(None, mistakes))
        self.events.add(find_events(
            name, table['index'], table['decision'], table['truth_decision'], mistakes))
        asked = _numbers(table['doubts'])
        if asked.size:
            before = self.doubts or Doubts(0, 0, 0)
            self.doubts = Doubts(before.places + round(asked.sum()), *(
                so_far + round(_numbers(table[name]).sum()) for so_far, name in (
                    (before.known, 'doubts_known'), (before.right, 'doubts_right'))))
        self.flicker.append(_numbers(table['flicker']))
        for stage, found in self.times.items():
            found.append(_numbers(table[stage]))
        self.worst = sorted([*self.worst, *worst], key=badness)[:WORST]


def badness(frame: dict[str, Any]) -> tuple[Any, ...]:
    """Return the sort key of a frame that is shown: a false GO first, then the lowest path IoU."""
    iou, confidence = frame['path_iou'], frame['confidence']
    return (frame['why'] != 'false_go', math.inf if iou is None else iou,
            math.inf if confidence is None else confidence, frame['recording'], frame['index'])


def summarize(totals: Totals, classes: Sequence[str]) -> dict[str, Any]:
    """Return what summary.json holds, but for what failed."""
    with_truth = totals.counts.frames
    flicker = np.concatenate(totals.flicker) if totals.flicker else np.zeros(0)
    return {
        'frames': totals.frames, 'with_truth': with_truth, 'seconds': round(totals.seconds, 6),
        **summary_of(totals.counts, tuple(classes)), 'decisions': _decisions(totals),
        'health': dict(_by_priority(totals.health)),
        'stability': {
            'flicker_mean': float(flicker.mean()) if flicker.size else None,
            'flicker_p95': known(Percentiles.of(flicker).p95),
            'decision_flips': totals.events.changes},
        'second_opinion': None if totals.doubts is None else asdict(totals.doubts),
        'latency_ms': {stage.removesuffix('_ms'): {
            name: known(value)
            for name, value in asdict(Percentiles.of(np.concatenate(found))).items()}
            for stage, found in totals.times.items() if found},
        'worst': totals.worst}


def _decisions(totals: Totals) -> dict[str, Any]:
    minutes = totals.seconds / 60
    events = totals.events
    found: dict[str, Any] = {
        **{name: totals.decisions[name] for name in DECISIONS},
        'changes_per_minute': events.changes / minutes if minutes > 0 else None,
        'reasons': dict(_by_priority(totals.reasons))}
    if totals.judged:
        found |= {
            'judged': totals.judged,
            **{mistake.value: totals.mistakes[mistake] for mistake in Mistake},
            'agreement': totals.agreed / totals.judged,
            'false_go_events': [asdict(event) for event in events.false_go],
            'true_stops': len(events.leads) + len(events.lags) + events.missed,
            'missed_stops': events.missed,
            'lead_frames': _median_p95(events.leads), 'lag_frames': _median_p95(events.lags)}
    return found


def _by_priority(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: Reason(item[0]).priority)


def _median_p95(values: Iterable[int]) -> dict[str, float | None]:
    found = Percentiles.of(values)
    return {'median': known(found.p50), 'p95': known(found.p95)}


def _numbers(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([value for value in values if value is not None], np.float64)
