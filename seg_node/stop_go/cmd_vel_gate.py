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

"""
Whether a velocity command may pass, for :program:`cmd_vel_gate`: a factor from 0 to 1.

Nothing passes unless three things are there and fresh: "no stop", a speed limit above zero and a
command of finite numbers. Time is the steady clock in seconds, given by the caller.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
import math

from seg_node.stop_go.bounds import bounded, check_bounds

Command = tuple[float, float, float, float, float, float]
"""Velocity as in geometry_msgs/Twist: linear x, y, z in m/s, angular x, y, z in rad/s."""

ZERO: Command = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

_STOP, _NO_STOP = 0.0, 1.0
_UNUSABLE = -1.0      # below every speed limit, so that it outweighs them


@dataclass(frozen=True)
class GateTiming:
    """
    When something counts as silent, and how often a zero is repeated.

    Any permitted rate looks at least twice within any permitted timeout.

    :raises ValueError: names the field, its value and the permitted range.
    """

    stop_timeout: float = bounded(
        0.5, 0.2, 5.0, 'silence of stop or speed_limit that counts as a STOP, seconds')
    command_timeout: float = bounded(
        0.5, 0.2, 5.0, 'silence of cmd_vel_in that ends the command, and the greatest age of its '
        'stamp, seconds')
    rate: float = bounded(20.0, 10.0, 100.0, 'rate of the zero while nothing passes, Hz')

    def __post_init__(self) -> None:
        check_bounds(self)


class Cause(Enum):
    """Why the factor is what it is; the values are stable codes, the most serious comes first."""

    STOP_SILENT = 'stop_silent'
    STOP = 'stop'
    STOP_RECENT = 'stop_recent'
    LIMIT_SILENT = 'speed_limit_silent'
    LIMIT_INVALID = 'speed_limit_invalid'
    LIMIT_ZERO = 'speed_limit_zero'
    COMMAND_SILENT = 'command_silent'
    COMMAND_STALE = 'command_stale'
    COMMAND_INVALID = 'command_invalid'
    SLOWED = 'slowed'
    PASSING = 'passing'

    @property
    def is_fault(self) -> bool:
        """Whether something is missing or broken that should not be."""
        return self in _FAULTS


_FAULTS = frozenset({Cause.STOP_SILENT, Cause.LIMIT_SILENT, Cause.LIMIT_INVALID,
                     Cause.COMMAND_STALE, Cause.COMMAND_INVALID})


@dataclass(frozen=True)
class Passage:
    """
    What passes: the command as it may go out, the factor it was scaled by, 0 to 1, and why.

    :raises ValueError: for a factor or a command that does not fit the cause.
    """

    factor: float
    cause: Cause
    text: str
    command: Command = ZERO

    def __post_init__(self) -> None:
        fits = {Cause.PASSING: self.factor == 1.0, Cause.SLOWED: 0.0 < self.factor < 1.0}
        if not fits.get(self.cause, self.factor == 0.0 and self.command == ZERO):
            raise ValueError(f'factor: {self.factor} does not fit {self.cause.name}')


class CommandGate:
    """
    Remember what was heard, and decide what passes.

    Of all that was heard within `stop_timeout` the most cautious counts, whoever said it: one STOP
    among several publishers holds everything, and passing again takes `stop_timeout` with nothing
    but "no stop". The same holds at the start, after a silence of ~/stop, and after the caller
    itself was held up, so that what queued up meanwhile cannot pass as news.
    """

    def __init__(self, timing: GateTiming) -> None:
        self._timing = timing
        self._stops = _Lowest(timing.stop_timeout)
        self._limits = _Lowest(timing.stop_timeout)
        self._command = ZERO
        self._command_at = -math.inf
        self._command_age = 0.0
        self._now = -math.inf

    def hear_stop(self, stop: bool, now: float) -> None:
        """Take a message of ~/stop."""
        self._advance(now)
        if self._stops.newest(now) is None:
            self._stops.add(_STOP, now)
        self._stops.add(_STOP if stop else _NO_STOP, now)

    def hear_speed_limit(self, limit: float, now: float) -> None:
        """Take a message of ~/speed_limit, a fraction of full speed."""
        self._advance(now)
        self._limits.add(limit if 0.0 <= limit <= 1.0 else _UNUSABLE, now)

    def hear_command(self, command: Command, now: float, age: float = 0.0) -> None:
        """
        Take a velocity command.

        :param age: seconds since its stamp on the clock of the stamps, negative for one in the
            future; 0 for a command without a stamp.
        """
        self._advance(now)
        self._command, self._command_at, self._command_age = command, now, age

    def forget(self) -> None:
        """Let nothing pass before everything was heard again."""
        self._stops.clear()
        self._limits.clear()
        self._command, self._command_at = ZERO, -math.inf

    def passage(self, now: float) -> Passage:
        """Decide what passes at this moment."""
        self._advance(now)
        return self._stopped(now) or self._without_limit(now) or self._judge_command(now)

    def _advance(self, now: float) -> None:
        """Forget everything where time went back, is no number, or was not looked at for long."""
        if not 0.0 <= now - self._now <= self._timing.stop_timeout:
            self.forget()
        self._now = now

    def _stopped(self, now: float) -> Passage | None:
        newest, limit = self._stops.newest(now), self._timing.stop_timeout
        if newest is None:
            return _none(Cause.STOP_SILENT, f'nothing heard of stop for {limit:.2f} s')
        if newest == _STOP:
            return _none(Cause.STOP, 'stop is true')
        if self._stops.lowest(now) == _STOP:
            return _none(Cause.STOP_RECENT, f'waiting for {limit:.2f} s without a stop')
        return None

    def _without_limit(self, now: float) -> Passage | None:
        lowest = self._limits.lowest(now)
        if lowest is None:
            return _none(Cause.LIMIT_SILENT, 'nothing heard of speed_limit for '
                                             f'{self._timing.stop_timeout:.2f} s')
        if lowest == _UNUSABLE:
            return _none(Cause.LIMIT_INVALID, 'speed_limit is not a number from 0 to 1')
        if lowest == 0.0:
            return _none(Cause.LIMIT_ZERO, 'speed_limit is 0')
        return None

    def _judge_command(self, now: float) -> Passage:
        limit = self._timing.command_timeout
        if not now - self._command_at <= limit:
            return _none(Cause.COMMAND_SILENT, f'no command for {limit:.2f} s')
        if not -limit <= self._command_age <= limit:
            return _none(Cause.COMMAND_STALE, _stale(self._command_age, limit))
        if not max(self._command_age, 0.0) + now - self._command_at <= limit:
            return _none(Cause.COMMAND_SILENT, f'no command stamped within {limit:.2f} s')
        if not all(math.isfinite(value) for value in self._command):
            return _none(Cause.COMMAND_INVALID, 'the command has a value that is not finite')
        factor = self._limits.lowest(now) or 0.0
        command = _scaled(self._command, factor)
        if factor == 1.0:
            return Passage(factor, Cause.PASSING, 'commands pass', command)
        return Passage(
            factor, Cause.SLOWED, f'commands pass at {factor:.0%} of their speed', command)


def _scaled(command: Command, factor: float) -> Command:
    """Scale all components alike: speed and yaw rate keep their ratio, the path its curvature."""
    x, y, z, roll, pitch, yaw = (value * factor for value in command)
    return x, y, z, roll, pitch, yaw


class _Lowest:
    """The lowest of the values heard within a time, and the newest."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        # Rising: a value leaves when a lower one comes, because it cannot be the lowest any more.
        self._rising: deque[tuple[float, float]] = deque()

    def add(self, value: float, now: float) -> None:
        while self._rising and self._rising[-1][1] >= value:
            self._rising.pop()
        self._rising.append((now, value))

    def newest(self, now: float) -> float | None:
        self._expire(now)
        return self._rising[-1][1] if self._rising else None

    def lowest(self, now: float) -> float | None:
        self._expire(now)
        return self._rising[0][1] if self._rising else None

    def clear(self) -> None:
        self._rising.clear()

    def _expire(self, now: float) -> None:
        while self._rising and not now - self._rising[0][0] <= self._timeout:
            self._rising.popleft()


def _stale(age: float, limit: float) -> str:
    side = 'old' if age > 0 else 'in the future'
    return (f'the command is {abs(age):.2f} s {side} by its stamp, limit {limit:.2f} s; who sends '
            'it must stamp it, by the same clock')


def _none(cause: Cause, text: str) -> Passage:
    return Passage(0.0, cause, text)
