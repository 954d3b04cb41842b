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

"""What the node has said of late: decisions with their reasons, and distances over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from seg_node.stop_go.verdict import Decision
from seg_node.tools.common.testbed.messages import parse_number, StateMessage

SILENCE = 0.5
"""Seconds without a word after which a consumer must stop: docs/consumers.md."""
NO_STATE = 'no_state'
"""The reason of a STOP that nobody has said: the node is silent."""
_STRETCHES = 200
_SECONDS = 60.0
_PERIOD = 0.1
_CAMERA_SUFFIX = '.decision'


@dataclass(frozen=True)
class DecisionPeriod:
    """From when on there was this decision for this reason; seconds, monotonic and wall clock."""

    since: float
    wall: float
    decision: str
    reason: str
    text: str


@dataclass(frozen=True)
class DistanceSample:
    """Distances of a camera at a time; None where nothing was measured."""

    time: float
    free: float | None
    required: float | None


class History:
    """Takes the node's states; hands out all of what they said, or what is new."""

    def __init__(self, node: str, now: float, wall: float) -> None:
        """
        Begin with silence.

        :param node: name of the node.
        :param now: on the monotonic clock, seconds.
        :param wall: the same moment on the wall clock.
        """
        self._node = node
        self._newest: StateMessage | None = None
        self._stretches: deque[DecisionPeriod] = deque(maxlen=_STRETCHES)
        self._samples: dict[str, deque[DistanceSample]] = {}
        self._told_stretch: DecisionPeriod | None = None
        self._told_sample = now
        self._begin(now, wall, Decision.STOP.value, NO_STATE, f'nothing heard from {node} yet')

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras that the node has told of last."""
        return cameras_of(self._newest.values) if self._newest else ()

    def take(self, state: StateMessage, wall: float) -> None:
        """Take a state of the node; it arrived at this time on the wall clock."""
        self._newest = state
        self._begin(state.time, wall, _decision(state.decision), state.reason or 'unknown',
                    state.text)
        for camera in self.cameras:
            samples = self._samples.setdefault(camera, deque())
            if samples and state.time - samples[-1].time < _PERIOD:
                continue
            samples.append(DistanceSample(
                state.time, parse_number(state.values.get(f'{camera}.free_distance')),
                parse_number(state.values.get(f'{camera}.required_distance'))))
            while samples[0].time < state.time - _SECONDS:
                samples.popleft()

    def look(self, now: float, wall: float) -> None:
        """Notice that the node has fallen silent."""
        newest = self._newest
        if newest is not None and now - newest.time > SILENCE:
            self._begin(now, wall, Decision.STOP.value, NO_STATE,
                        f'nothing heard from {self._node} any more: whoever listens has to stop')

    def everything(self, now: float) -> dict[str, Any]:
        """Return what a new page has to know, as JSON takes it."""
        return self._tell(now, list(self._stretches), -1.0)

    def news(self, now: float) -> dict[str, Any]:
        """Return what has not been told by the last call, and the state as it is now."""
        new: list[DecisionPeriod] = []
        for stretch in reversed(self._stretches):
            if stretch is self._told_stretch:
                break
            new.insert(0, stretch)
        told = self._tell(now, new, self._told_sample)
        self._told_stretch = self._stretches[-1]
        self._told_sample = now
        return told

    def _begin(self, now: float, wall: float, decision: str, reason: str, text: str) -> None:
        last = self._stretches[-1] if self._stretches else None
        if last is None or (last.decision, last.reason) != (decision, reason):
            self._stretches.append(DecisionPeriod(now, wall, decision, reason, text))

    def _tell(self, now: float, stretches: Sequence[DecisionPeriod], after: float,
              ) -> dict[str, Any]:
        newest, last = self._newest, self._stretches[-1]
        silent = last.reason == NO_STATE or newest is None
        return {
            'now': now, 'decision': last.decision, 'reason': last.reason,
            'text': last.text if silent or newest is None else newest.text,
            'values': {} if silent or newest is None else newest.values,
            'cameras': self.cameras,
            'stretches': [asdict(stretch) for stretch in stretches],
            'samples': {camera: [(one.time, one.free, one.required)
                                 for one in samples if one.time > after]
                        for camera, samples in self._samples.items()}}


def cameras_of(values: Any) -> tuple[str, ...]:
    """Return the names of the cameras in the values of ~/state, in the node's order."""
    return tuple(key.removesuffix(_CAMERA_SUFFIX) for key in values
                 if key.endswith(_CAMERA_SUFFIX))


def _decision(told: str) -> str:
    """Whatever is neither GO nor SLOW is a STOP."""
    return told if told in (Decision.GO.value, Decision.SLOW.value) else Decision.STOP.value
