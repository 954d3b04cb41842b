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

"""Where a replay is, and when what is due: a pure state machine over a monotonic clock."""

from __future__ import annotations

import math


class Timeline:
    """
    Maps positions in a recording to moments of a monotonic clock, and holds them while paused.

    Everything is in ns. A position is time since the beginning of the replay as it was recorded,
    going on over rounds. Deadlines are absolute: what was late makes nothing after it late. While
    paused nothing is due but what was asked for step by step; after resuming all deadlines have
    moved by the length of the pause.
    """

    def __init__(self, rate: float = 1.0, paused: bool = False) -> None:
        """Stand at the beginning; rate is recorded time per time."""
        self._rate = rate
        self._paused = paused
        self._steps = 0
        # While it plays, position _at was or will be reached at the moment _since.
        self._at = 0
        self._since: int | None = None

    @property
    def paused(self) -> bool:
        """Say whether the replay is paused."""
        return self._paused

    def start(self, now: int) -> None:
        """Begin, or go on where hold() has stopped it; before it nothing is due."""
        if self._since is None:
            self._since = now

    def hold(self, now: int) -> None:
        """Stand still until start(), for what comes next is not there yet."""
        if not self._paused:
            self._at = self.position(now)
            self._since = None

    def position(self, now: int) -> int:
        """Return where the replay is; never less than before."""
        if self._since is None or self._paused:
            return self._at
        return self._at + max(0, math.floor((now - self._since) * self._rate))

    def wait(self, position: int, now: int) -> int | None:
        """Return the time left until a message at this position is due; None while it is held."""
        if self._since is None:
            return None
        if self._paused:
            return 0 if self._steps else None
        return max(0, self._moment(self._since, position) - now)

    def lateness(self, position: int, now: int) -> int | None:
        """Return how long a message has been due; None while paused: a step has no deadline."""
        if self._since is None or self._paused:
            return None
        return max(0, now - self._moment(self._since, position))

    def passed(self, position: int, ends_step: bool) -> None:
        """Note that a message has been sent; while paused the position moves on with it."""
        if self._paused:
            self._at = max(self._at, position)
            self._steps -= ends_step and self._steps > 0

    def pause(self, now: int) -> None:
        """Hold everything from now on."""
        if not self._paused:
            self._at = self.position(now)
            self._paused = True
            self._steps = 0

    def resume(self, now: int) -> None:
        """Go on from where it was held."""
        if self._paused:
            self._paused = False
            if self._since is not None:
                self._since = now

    def step(self) -> bool:
        """Let messages pass up to the next that ends a step; False when it is not paused."""
        self._steps += self._paused
        return self._paused

    def _moment(self, since: int, position: int) -> int:
        return since + math.ceil((position - self._at) / self._rate)
