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

"""The worst frames of a recording, as images."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seg_node.tools.evaluate.mistakes import Mistake, mistake_of
from seg_node.tools.evaluate.row import Row
from seg_node.tools.evaluate.summary import badness, WORST

APART = 1.0
"""Seconds; of frames nearer to each other only the worst is shown."""


@dataclass(frozen=True, eq=False)
class _Kept:
    key: tuple[Any, ...]
    time_s: float
    frame: dict[str, Any]
    draw: Callable[[], bytes]


class Worst:
    """
    Keeps the worst frames that it is offered, each offered once and in order.

    They are drawn at the end, so what draws them holds their images until then.
    """

    def __init__(self, limit: int = WORST) -> None:
        self._limit = limit
        self._kept: list[_Kept] = []

    def offer(self, row: Row, draw: Callable[[], bytes]) -> None:
        """Take a frame; draw makes its JPEG, if it is among the worst in the end."""
        frame = describe(row)
        key = badness(frame)
        near = [one for one in self._kept if row.time_s - one.time_s < APART]
        if any(one.key <= key for one in near):
            return
        others = [one for one in self._kept if one not in near]
        if len(others) >= self._limit and key >= others[-1].key:
            return
        bisect.insort(others, _Kept(key, row.time_s, frame, draw), key=lambda one: one.key)
        self._kept = others[:self._limit]

    def frames(self) -> list[dict[str, Any]]:
        """Return the frames for summary.json, worst first."""
        return [one.frame for one in self._kept]

    def images(self) -> dict[str, bytes]:
        """Draw the JPEGs; by their paths in the recording's folder."""
        return {place_of(one.frame['index']): one.draw() for one in self._kept}


def describe(row: Row) -> dict[str, Any]:
    """Return what summary.json says of a frame."""
    why = 'low_confidence' if row.path_iou is None else 'low_path_iou'
    if mistake_of(row.decision, row.truth_decision, row.truth_reason) is Mistake.FALSE_GO:
        why = Mistake.FALSE_GO.value
    return {'recording': row.recording, 'index': row.index, 'why': why, 'path_iou': row.path_iou,
            'confidence': row.confidence,
            'thumbnail': f'recordings/{row.recording}/{place_of(row.index)}'}


def place_of(index: int) -> str:
    """Return the path of a frame's image in the recording's folder."""
    return f'thumbnails/{index:06d}.jpg'
