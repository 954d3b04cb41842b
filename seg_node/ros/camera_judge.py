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
"""What is known and decided about one camera, shared between worker and heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seg_node.ros.messages import seconds, stamp_text
from seg_node.stop_go.corridor.measure import CorridorMeasure
from seg_node.stop_go.decision import Instant, StopGo
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.verdict import Finding, Reason, Verdict


@dataclass(frozen=True)
class LastFrame:
    """The newest frame that was decided; `measure` is None where it could not be assessed."""

    stamp: Any
    measure: CorridorMeasure | None
    inference_ms: float


class CameraJudge:
    """The decision of one camera with what it rests on. The caller holds the signal's lock."""

    def __init__(self, limits: Limits) -> None:
        self._stop_go = StopGo(limits.stop_go)
        self._limits = limits
        self._last: LastFrame | None = None

    @property
    def measure(self) -> CorridorMeasure | None:
        """What the newest frame shows; None where it could not be assessed."""
        return self._last.measure if self._last else None

    def apply(self, limits: Limits) -> None:
        """Take over limits; where any of them changed, GO has to be earned under the new ones."""
        if limits != self._limits:
            self._stop_go.revoke()
        self._limits = limits
        self._stop_go.thresholds = limits.stop_go

    def activate(self, now: Instant) -> None:
        """Begin to judge, from nothing."""
        self._last = None
        self._stop_go.activate(now)

    def deactivate(self, cause: Finding | None = None) -> None:
        """Stop judging; the verdict is STOP from here on, for this cause."""
        self._last = None
        if cause is None:
            self._stop_go.deactivate()
        else:
            self._stop_go.deactivate(cause)

    def reset(self) -> None:
        """Forget a latched fault; GO has to be earned."""
        self._stop_go.reset()

    def observe(self, frame: LastFrame, findings: Sequence[Finding], arrival: Instant,
                limits: Limits) -> None:
        """Take in a frame that was measured under `limits`."""
        self._last = frame
        if limits != self._limits:
            findings = (*findings, Finding(
                Reason.CONFIRMING, 'limits changed while the newest image was worked on'))
        self._stop_go.observe(seconds(frame.stamp), findings, arrival)

    def fail(self, frame: LastFrame, finding: Finding, arrival: Instant) -> None:
        """Take in a frame that could not be assessed."""
        self._last = frame
        self._stop_go.fail(finding, arrival)

    def verdict(self, now: Instant) -> Verdict:
        """Decide for this moment."""
        return self._stop_go.verdict(now)

    def values(self, verdict: Verdict, now: Instant) -> dict[str, Any]:
        """Return what ~/state tells about the camera: texts, and numbers as floats."""
        values: dict[str, Any] = {
            'decision': verdict.decision.value, 'reason': verdict.reason.value,
            'text': verdict.text}
        if self._last is None:
            return values
        values['image_stamp'] = stamp_text(self._last.stamp)
        values['image_age'] = now.ros - seconds(self._last.stamp)
        values['inference_ms'] = self._last.inference_ms
        measure = self._last.measure
        if measure is not None:
            values['free_distance'] = measure.free_distance
            values['required_distance'] = measure.required
            values['coverage'] = measure.coverage
            values['confidence'] = measure.confidence
            values['confidence_low'] = measure.confidence_low
        return values
