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

"""The words of the decision: reasons in the order of their weight, findings and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
import math


class Decision(Enum):
    """What the driving stack is told."""

    STOP = 'stop'
    GO = 'go'


class Reason(Enum):
    """
    Why the decision is what it is; the values are stable codes.

    The order of declaration is the priority: the most serious reason comes first. CLEAR, the last
    one, is the only reason of GO.
    """

    NOT_ACTIVE = 'not_active'
    INFERENCE_FAILED = 'inference_failed'
    CLOCK_JUMP = 'clock_jump'
    NO_IMAGE = 'no_image'
    STALE = 'stale'
    STALE_STAMP = 'stale_stamp'
    STAMP_IN_FUTURE = 'stamp_in_future'
    STAMP_BACKWARDS = 'stamp_backwards'
    MALFORMED = 'malformed'
    CAMERA_DARK = 'camera_dark'
    CAMERA_OVEREXPOSED = 'camera_overexposed'
    CAMERA_COVERED = 'camera_covered'
    LOW_CONFIDENCE = 'low_confidence'
    BLOCKED = 'blocked'
    LOW_COVERAGE = 'low_coverage'
    CONFIRMING = 'confirming'
    CLEAR = 'clear'

    @property
    def priority(self) -> int:
        """Rank of the reason; 0 is the most serious."""
        return _PRIORITY[self]

    @property
    def is_road(self) -> bool:
        """Whether the road, as far as it is understood, is the cause: the hysteresis applies."""
        return self in _ROAD

    @property
    def is_fault(self) -> bool:
        """Whether the system itself is at fault: camera, transport, clock or inference."""
        return self not in _ROAD and self not in _ORDINARY


_PRIORITY = {reason: rank for rank, reason in enumerate(Reason)}
_ROAD = frozenset({Reason.LOW_CONFIDENCE, Reason.BLOCKED, Reason.LOW_COVERAGE})
_ORDINARY = frozenset({Reason.NOT_ACTIVE, Reason.CONFIRMING, Reason.CLEAR})


@dataclass(frozen=True)
class Finding:
    """
    One thing that speaks against GO.

    `text` says the measured value and the limit with their units; `measured` and `limit` are the
    same for machines (0.0 where there is nothing to measure).

    :raises ValueError: for the reason CLEAR, which speaks for GO.
    """

    reason: Reason
    text: str
    measured: float = 0.0
    limit: float = 0.0

    def __post_init__(self) -> None:
        if self.reason is Reason.CLEAR:
            raise ValueError('reason: a finding speaks against GO, so it cannot be CLEAR')


@dataclass(frozen=True)
class Verdict:
    """
    The decision with its reason; see :class:`Finding` for text, measured and limit.

    :raises ValueError: for GO with another reason than CLEAR or with a number that is not finite.
    """

    decision: Decision
    reason: Reason
    text: str
    measured: float = 0.0
    limit: float = 0.0

    def __post_init__(self) -> None:
        if self.decision is not Decision.STOP and (
                self.reason is not Reason.CLEAR
                or not (math.isfinite(self.measured) and math.isfinite(self.limit))):
            raise ValueError(
                f'decision: GO needs the reason CLEAR and finite numbers, not {self.reason.name}, '
                f'{self.measured} and {self.limit}')


def stop(finding: Finding) -> Verdict:
    """Turn a finding into the verdict STOP."""
    return Verdict(
        Decision.STOP, finding.reason, finding.text, finding.measured, finding.limit)


def most_serious(findings: tuple[Finding, ...]) -> Finding:
    """Choose the finding with the most serious reason, the earliest of equals (not empty)."""
    return min(findings, key=lambda finding: finding.reason.priority)


def combine(verdicts: Mapping[str, Verdict]) -> Verdict:
    """
    Combine the verdicts of the cameras: any STOP stops, the most serious reason speaks.

    :param verdicts: by camera name; none at all is STOP.
    :returns: the verdict, its text led by the camera's name where there are several.
    """
    if not verdicts:
        return stop(Finding(Reason.NOT_ACTIVE, 'no camera is being judged'))
    name, worst = min(
        verdicts.items(),
        key=lambda item: (item[1].decision is Decision.GO, item[1].reason.priority))
    return worst if len(verdicts) == 1 else replace(worst, text=f'{name}: {worst.text}')
