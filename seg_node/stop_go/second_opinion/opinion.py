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

"""What the witnesses beside the network say of a frame."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.verdict import Finding, Reason


@dataclass(frozen=True)
class Doubted:
    """
    A place that a witness doubts: metres from the bumper, and where the image shows it.

    box: left, top, right, bottom in fractions of the image. stops: whether it would be a reason to
    stop; what lies beyond is reported only. called_path: whether the network sees a free path
    there; else it has seen the same.
    """

    reason: Reason
    distance: float
    score: float
    limit: float
    box: tuple[float, float, float, float]
    stops: bool
    called_path: bool


@dataclass(frozen=True)
class Opinion:
    """What the witnesses say of one frame; `silent`: why those say nothing that do not."""

    doubted: tuple[Doubted, ...] = ()
    findings: tuple[Finding, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Say in a line what is doubted, and which witness is silent."""
        said = [f'{one.reason.value} at {one.distance:.2f} m' for one in self.doubted]
        return '; '.join([*said, *(f'silent: {why}' for why in self.silent)]) or 'no doubt'
