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

"""What a decision is when the truth decides otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from seg_node.stop_go.verdict import Reason
from seg_node.tools.evaluate.row import Columns

STOP = 'stop'
WAITING = frozenset({Reason.CONFIRMING.value, Reason.MASK_JUMP.value})
"""Why the truth stops though its mask shows nothing in the way: GO has not been earned yet."""


class Mistake(Enum):
    """A decision that is not that of the truth; the most serious first."""

    FALSE_GO = 'false_go'
    EARLY_GO = 'early_go'
    FALSE_STOP = 'false_stop'

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {Mistake.FALSE_GO: 'false GO', Mistake.EARLY_GO: 'GO earlier than the truth',
           Mistake.FALSE_STOP: 'false STOP'}


def mistake_of(decision: str, truth: str | None, truth_reason: str | None) -> Mistake | None:
    """
    Say what is wrong with a decision; None where nothing is, or no truth is known.

    It is a false GO unless the truth is known to be waiting only: every doubt counts as one.

    :param truth: what the truth would have decided: go, slow, stop.
    :param truth_reason: the code of its reason.
    """
    if truth is None or (truth == STOP) == (decision == STOP):
        return None
    if decision == STOP:
        return Mistake.FALSE_STOP
    return Mistake.EARLY_GO if truth_reason in WAITING else Mistake.FALSE_GO


def mistakes_in(table: Columns) -> Sequence[Mistake | None]:
    """Return the mistake of each frame of a table."""
    return [mistake_of(*one) for one in zip(
        table['decision'], table['truth_decision'], table['truth_reason'], strict=True)]
