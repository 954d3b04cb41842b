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
"""Counters and latencies of one camera, for diagnostics."""

from __future__ import annotations

from collections import Counter, deque
import threading

from seg_node.scoring.percentiles import Percentiles

_WINDOW = 200          # durations kept for percentiles
_ARRIVALS = 600       # arrivals kept for the rate: 3 s at 200 Hz


class CameraStatistics:
    """Count events and keep the newest durations; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._milliseconds: dict[str, deque[float]] = {}
        self._arrivals: deque[float] = deque(maxlen=_ARRIVALS)
        self._note = ''

    def count(self, event: str, times: int = 1) -> None:
        """Count an event."""
        with self._lock:
            self._counts[event] += times

    def counted(self, event: str) -> int:
        """Return how often an event was counted."""
        with self._lock:
            return self._counts[event]

    def note(self, text: str) -> None:
        """Keep the newest that there was to say of an image; count how many had any."""
        if text:
            self._note = text
            self.count('noted')

    @property
    def noted(self) -> str:
        """The newest note, empty before the first."""
        return self._note

    def arrived(self, steady: float) -> None:
        """Note the arrival of an image, in seconds on the steady clock."""
        with self._lock:
            self._counts['received'] += 1
            self._arrivals.append(steady)

    def rate(self, steady: float, over: float = 3.0) -> float:
        """Return the images per second that arrived in the last `over` seconds."""
        with self._lock:
            return sum(steady - t <= over for t in self._arrivals) / over

    def took(self, stage: str, milliseconds: float) -> None:
        """Note how long a stage took."""
        with self._lock:
            self._milliseconds.setdefault(stage, deque(maxlen=_WINDOW)).append(milliseconds)

    def percentiles(self, stage: str) -> Percentiles:
        """Return the percentiles of a stage over the newest frames, ms; zeros of none."""
        with self._lock:
            values = list(self._milliseconds.get(stage, ()))
        return Percentiles.of(values or (0.0,))
