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

"""How much must be free before a vehicle that has stopped for something goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from seg_node.stop_go.vehicle import Way
from seg_node.stop_go.verdict import Decision, Finding


@dataclass(frozen=True)
class Doubt:
    """
    What speaks against GO on the ground: how far it may reach, and on which way.

    `distance` in metres from the bumper, with the margin that must be free beyond to go on; `way`:
    a vehicle that stands does not tell it any more.
    """

    distance: float
    way: Way


class Resumption:
    """
    Remember what a vehicle was stopped for, and where it lies, until it is let drive again.

    What must be clear shrinks with the speed: by that alone a standing vehicle would be let creep
    up to an obstacle, in pulses. Pure, and not thread-safe.
    """

    def __init__(self) -> None:
        self._doubt: Doubt | None = None

    @property
    def doubt(self) -> Doubt | None:
        """What must be seen to be free to go on; None for nothing."""
        return self._doubt

    def observe(self, drove: bool, drives: bool, findings: Iterable[Finding],
                doubt: Doubt | None, driven: float) -> None:
        """
        Take in what a frame has done to GO.

        :param drove: whether the vehicle was let drive before the frame.
        :param drives: whether it is let drive after it.
        :param findings: of the frame.
        :param doubt: what a stop in this frame is for; None where nothing shrinks.
        :param driven: since the frame before, metres.
        """
        if drives:
            self._doubt = None
        elif drove and any(finding.reason.is_road and finding.reason.decision is Decision.STOP
                           for finding in findings):
            self._doubt = doubt
        elif self._doubt is not None:
            self._doubt = replace(
                self._doubt, distance=max(0.0, self._doubt.distance - driven))

    def forget(self) -> None:
        """Forget it: somebody says that the vehicle may go on nearer."""
        self._doubt = None
