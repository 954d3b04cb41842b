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

"""How the verdicts of several cameras make one decision."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from enum import Enum
import math

from seg_node.stop_go.verdict import Decision, Finding, Reason, stop, Verdict

STANDSTILL = 0.05
"""Speed in m/s below which odometry does not tell a direction."""


class Direction(Enum):
    """Which way a vehicle drives, or a camera looks."""

    FORWARD = 'forward'
    REVERSE = 'reverse'


class Duty(Enum):
    """
    What a camera is there for.

    A required camera must be there and see a free path. An advisory one stops for what it sees on
    the road, but its own faults do not: they are shown as a warning.
    """

    REQUIRED = 'required'
    ADVISORY = 'advisory'


@dataclass(frozen=True)
class Role:
    """The part of a camera in the decision; without a direction it always counts."""

    direction: Direction | None = None
    duty: Duty = Duty.REQUIRED


def directions(speed: float | None, command: float | None) -> frozenset[Direction]:
    """
    Tell which ways must be free: the one driven and the one commanded.

    :param speed: forward speed in m/s from odometry, without the sideways one; None when unknown.
    :param command: commanded forward speed in m/s; None without a fresh command.
    :returns: both directions when the speed is unknown, when neither says anything, and when a
        value is not a number.
    """
    if speed is None:
        return frozenset(Direction)
    found = frozenset(
        Direction.FORWARD if value > 0 else Direction.REVERSE
        for value in (speed, command) if value is not None and abs(value) > STANDSTILL)
    confused = any(value is not None and math.isnan(value) for value in (speed, command))
    return frozenset(Direction) if confused or not found else found


def combine(verdicts: Mapping[str, Verdict], roles: Mapping[str, Role] | None = None,
            driving: Set[Direction] = frozenset(Direction),
            beside: Finding | None = None) -> Verdict:
    """
    Combine the verdicts of the cameras: any that counts stops, the most serious reason speaks.

    :param verdicts: by camera name; none at all is STOP.
    :param roles: by camera name; a camera without one is required in every direction.
    :param driving: the directions that must be free; each needs a required camera of its own or
        of no direction.
    :param beside: what speaks against GO besides the cameras.
    :returns: the verdict, its text led by the camera's name where there are several.
    """
    roles = roles or {}
    driving = driving or frozenset(Direction)
    counting = {name: verdict for name, verdict in verdicts.items()
                if _counts(roles.get(name, Role()), verdict, driving)}
    if not verdicts:
        return stop(Finding(Reason.NOT_ACTIVE, 'no camera is being judged'))
    told = [verdict if len(verdicts) == 1 else replace(verdict, text=f'{name}: {verdict.text}')
            for name, verdict in counting.items()]
    told += [stop(Finding(
        Reason.UNWATCHED, f'no required camera watches the {direction.value} direction'))
        for direction in sorted(driving, key=lambda each: each.value)
        if not any(_watches(roles.get(name, Role()), direction) for name in counting)]
    if beside is not None:
        told.append(stop(beside))
    return min(told, key=lambda verdict: (
        verdict.decision is not Decision.STOP, verdict.reason.priority))


def _counts(role: Role, verdict: Verdict, driving: Set[Direction]) -> bool:
    if role.direction is not None and role.direction not in driving:
        return False
    return role.duty is Duty.REQUIRED or not (
        verdict.decision is Decision.STOP and verdict.reason.is_fault)


def _watches(role: Role, direction: Direction) -> bool:
    return role.duty is Duty.REQUIRED and role.direction in (None, direction)
