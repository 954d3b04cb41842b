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

from dataclasses import dataclass
from enum import Enum
import math

from seg_node.outside_text import printable


class Decision(Enum):
    """What the driving stack is told."""

    STOP = 'stop'
    SLOW = 'slow'
    GO = 'go'


class Reason(Enum):
    """
    Why the decision is what it is; the values are stable codes.

    The order of declaration is the priority: the most serious reason comes first. The last two
    are the only ones that let the vehicle drive: SLOW_CLASS slowly, CLEAR at full speed.
    """

    NOT_ACTIVE = 'not_active'
    NOT_CONFIGURED = 'not_configured'
    LOADING = 'loading'
    LOADING_FAILED = 'loading_failed'
    SELF_TEST_FAILED = 'self_test_failed'
    BOND_BROKEN = 'bond_broken'
    BOND_MISSING = 'bond_missing'
    LATCHED = 'latched_fault'
    INFERENCE_FAILED = 'inference_failed'
    CLOCK_JUMP = 'clock_jump'
    NO_IMAGE = 'no_image'
    STALE = 'stale'
    STALE_STAMP = 'stale_stamp'
    STAMP_IN_FUTURE = 'stamp_in_future'
    STAMP_BACKWARDS = 'stamp_backwards'
    OVER_BUDGET = 'over_budget'
    RATE_LOW = 'rate_low'
    MALFORMED = 'malformed'
    CAMERA_CHANGED = 'camera_changed'
    NO_CAMERA_INFO = 'no_camera_info'
    NO_TRANSFORM = 'no_transform'
    NO_DEPTH = 'no_depth'
    MOUNTING_DOUBTFUL = 'mounting_doubtful'
    UNWATCHED = 'unwatched_way'
    CAMERA_DARK = 'camera_dark'
    CAMERA_OVEREXPOSED = 'camera_overexposed'
    CAMERA_COVERED = 'camera_covered'
    CAMERA_FROZEN = 'camera_frozen'
    CAMERA_TORN = 'camera_torn'
    CAMERA_NOISY = 'camera_noisy'
    CAMERA_BLOCKED = 'camera_blocked'
    CAMERA_BLURRED = 'camera_blurred'
    MASK_FROZEN = 'mask_frozen'
    ALL_PATH = 'all_path'
    NO_PATH = 'no_path'
    LOW_CONFIDENCE = 'low_confidence'
    BEYOND_RANGE = 'beyond_range'
    BLOCKED = 'blocked'
    BLOCKED_BY_DEPTH = 'blocked_by_depth'
    BLOCKED_REMEMBERED = 'blocked_remembered'
    STANDS_UP = 'stands_up'
    LOOKS_DIFFERENT = 'looks_different'
    LOW_COVERAGE = 'low_coverage'
    MASK_JUMP = 'mask_jump'
    CONFIRMING = 'confirming'
    SLOW_CLASS = 'slow_class'
    CLEAR = 'clear'

    @property
    def priority(self) -> int:
        """Rank of the reason; 0 is the most serious."""
        return _PRIORITY[self]

    @property
    def decision(self) -> Decision:
        """What follows from the reason."""
        return _DRIVE.get(self, Decision.STOP)

    @property
    def is_road(self) -> bool:
        """Whether the road, as far as it is understood, is the cause: the hysteresis applies."""
        return self in _ROAD

    @property
    def is_fault(self) -> bool:
        """Whether the system itself is at fault: camera, transport, clock or inference."""
        return self not in _ROAD and self not in _ORDINARY

    @property
    def doubts_frame(self) -> bool:
        """Whether what a frame shows of the world is not to be told where this was found in it."""
        return self not in _OF_WORLD


_PRIORITY = {reason: rank for rank, reason in enumerate(Reason)}
_DRIVE = {Reason.SLOW_CLASS: Decision.SLOW, Reason.CLEAR: Decision.GO}
_ROAD = frozenset({
    Reason.ALL_PATH, Reason.NO_PATH, Reason.LOW_CONFIDENCE, Reason.BEYOND_RANGE, Reason.BLOCKED,
    Reason.BLOCKED_BY_DEPTH, Reason.BLOCKED_REMEMBERED, Reason.STANDS_UP, Reason.LOOKS_DIFFERENT,
    Reason.LOW_COVERAGE, Reason.MASK_JUMP})
_ORDINARY = frozenset({
    Reason.NOT_ACTIVE, Reason.LOADING, Reason.BOND_MISSING, Reason.CONFIRMING, *_DRIVE})

_OF_WORLD = frozenset({
    Reason.UNWATCHED, Reason.BEYOND_RANGE, Reason.BLOCKED, Reason.BLOCKED_REMEMBERED,
    Reason.LOW_COVERAGE, Reason.SLOW_CLASS})
"""
What a frame that passed every check may find of the way: the frame itself is to be believed.

Not where depth contradicts the network: clouds of free ground would show it free behind that.
"""


@dataclass(frozen=True)
class Finding:
    """
    One thing that speaks against GO; the reason tells whether it demands STOP or SLOW.

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
        # Of texts from outside there may be some in it, and it goes out 20 times a second.
        object.__setattr__(self, 'text', printable(self.text))


@dataclass(frozen=True)
class Verdict:
    """
    The decision with its reason; see :class:`Finding` for text, measured and limit.

    :raises ValueError: for a decision that lets drive with a reason that does not, or with a
        number that is not finite.
    """

    decision: Decision
    reason: Reason
    text: str
    measured: float = 0.0
    limit: float = 0.0

    def __post_init__(self) -> None:
        if self.decision is not Decision.STOP and (
                self.decision is not self.reason.decision
                or not (math.isfinite(self.measured) and math.isfinite(self.limit))):
            raise ValueError(
                f'decision: {self.decision.name} needs a reason for it and finite numbers, not '
                f'{self.reason.name}, {self.measured} and {self.limit}')

    @property
    def level(self) -> int:
        """Return that of diagnostic_msgs: OK for GO and SLOW, ERROR for a fault, else WARN."""
        if self.decision is not Decision.STOP:
            return 0
        return 2 if self.reason.is_fault else 1


def stop(finding: Finding) -> Verdict:
    """Turn a finding into the verdict STOP."""
    return Verdict(
        Decision.STOP, finding.reason, finding.text, finding.measured, finding.limit)


def most_serious(findings: tuple[Finding, ...]) -> Finding:
    """Choose the finding with the most serious reason, the earliest of equals (not empty)."""
    return min(findings, key=lambda finding: finding.reason.priority)
