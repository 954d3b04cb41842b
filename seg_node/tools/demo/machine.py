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

"""What of a drive is the machine's own doing, so that nobody takes it for the node's."""

from __future__ import annotations

from seg_node.recordings.find import Kind
from seg_node.stop_go.verdict import Reason
from seg_node.tools.demo.drive_log import LoggedDrive

PLAYED_IN_TIME = 0.97
"""Share of the frames per second from which on a drive counts as played at its own speed."""
_VERBS = {Kind.RENDERED: 'renders', Kind.BAG: 'reads'}
_TOO_SLOW = frozenset({Reason.OVER_BUDGET.value})
_IRREGULAR = frozenset({Reason.STALE.value, Reason.STALE_STAMP.value, Reason.RATE_LOW.value})
"""Of a recording with gaps these may be its own; the frames of all others come evenly."""


def told_of_machine(drive: LoggedDrive, kind: Kind, fps: float) -> list[str]:
    """
    Return lines that say where this machine was too slow; none where it was not.

    :param kind: of the source.
    :param fps: frames per second of a camera as they were to be played.
    """
    lines = []
    if (played := drive.fps) is not None and played < PLAYED_IN_TIME * fps:
        lines.append(f'{_VERBS.get(kind, "decodes")} {played:.3g} of {fps:.3g} frames a second '
                     'here: played slower, latencies not comparable')
    reasons = _TOO_SLOW if kind is Kind.BAG else _TOO_SLOW | _IRREGULAR
    seconds: dict[str, float] = {}
    for segment in drive.segments:
        if segment.reason in reasons:
            seconds[segment.reason] = seconds.get(segment.reason, 0.0) + segment.seconds
    if seconds:
        told = ', '.join(f'{reason} {value:.1f} s' for reason, value in sorted(
            seconds.items(), key=lambda item: -item[1]))
        lines.append(f'{sum(seconds.values()):.1f} s of STOP because this machine was too slow, '
                     f'not because of the road: {told}')
    return lines
