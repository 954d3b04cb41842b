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
The bond with a lifecycle manager: each side tells the other, again and again, that it lives.

The protocol is that of bond_core (bond/msg/Status): a side whose beats stay away is dead for the
other one, and a bond that has broken never forms again; the next activation makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
import threading

from seg_node.stop_go.verdict import Finding, Reason

BEAT_PERIOD = 0.25
"""Seconds between two beats, as Nav2's: for the first, a manager waits half of bond_timeout."""
SILENCE = 4.0
"""Seconds without a beat of the manager that break the bond, as Nav2's bond_timeout."""


@dataclass(frozen=True)
class Waiting:
    """No manager has been heard since the activation."""


@dataclass(frozen=True)
class Formed:
    """A manager holds the other end; `heard` is its newest beat, steady clock, seconds."""

    manager: str
    heard: float


@dataclass(frozen=True)
class Broken:
    """The manager has let go, or is gone; `manager` held the other end."""

    manager: str
    cause: Finding


State = Waiting | Formed | Broken


class Bond:
    """
    The node's end of the bond of one activation; may be used from several threads.

    :param required: whether GO needs a bond. Else a node that no manager holds may drive.
    :param former: who held the bond of the activation before, '' for nobody; its late words do not
        count.
    """

    def __init__(self, required: bool, former: str = '') -> None:
        self._required = required
        self._former = former
        self._state: State = Waiting()
        self._lock = threading.Lock()
        self.strangers = 0
        """Messages of a second one that holds the same bond."""

    @property
    def state(self) -> State:
        """The state, for reading."""
        return self._state

    @property
    def manager(self) -> str:
        """Who holds the other end, or did; '' before anybody has."""
        return '' if isinstance(self._state, Waiting) else self._state.manager

    def hear(self, manager: str, alive: bool, now: float) -> None:
        """
        Take in a word of the other end.

        :param manager: the speaker's instance.
        :param alive: False is its goodbye.
        :param now: steady clock, seconds.
        """
        with self._lock:
            if not manager or manager == self._former or isinstance(self._state, Broken):
                return
            if isinstance(self._state, Formed) and manager != self._state.manager:
                self.strangers += 1
            elif alive:
                self._state = Formed(manager, now)
            else:
                # A goodbye before the first beat too: it has given up waiting for this node.
                self._state = Broken(manager, Finding(
                    Reason.BOND_BROKEN, 'the lifecycle manager has let go of this node; '
                    'deactivate and activate it'))

    def update(self, now: float) -> None:
        """Let time pass: a manager that is not heard any more is gone."""
        with self._lock:
            if not isinstance(self._state, Formed):
                return
            silence = now - self._state.heard
            if not silence <= SILENCE:
                self._state = Broken(self._state.manager, Finding(
                    Reason.BOND_BROKEN,
                    f'nothing heard of the lifecycle manager for {silence:.1f} s, limit '
                    f'{SILENCE:.1f} s; it has to activate this node anew', silence, SILENCE))

    def finding(self) -> Finding | None:
        """Return what the bond has against GO, if anything."""
        state = self._state
        if isinstance(state, Broken):
            return state.cause
        if isinstance(state, Waiting) and self._required:
            return Finding(Reason.BOND_MISSING,
                           'bond: required, and no lifecycle manager holds the other end yet')
        return None
