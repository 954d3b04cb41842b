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

"""Frames that two runs decide differently, as both of them saw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.tools.common.picked_frames import read_frames
from seg_node.tools.evaluate.compare.comparison import Comparison
from seg_node.tools.evaluate.compare.decisions import DifferingFrames
from seg_node.tools.evaluate.report.results import RunResults
from seg_node.tools.evaluate.worst import place_of

WIDTH = 480
"""Of a picture, px."""
_QUALITY = 80
Pane = bytes | None
"""A JPEG, or None where a run kept no picture."""


@dataclass(frozen=True)
class Pictured:
    """One frame of a stretch with the pictures of A and B."""

    stretch: DifferingFrames
    index: int
    panes: tuple[Pane, Pane]


def pictures(comparison: Comparison, limit: int) -> list[Pictured]:
    """
    Return the most serious stretches of which a run has a picture.

    From the films where there are some (that of the middle frame), else what was kept of the
    worst frames.
    """
    runs = comparison.a, comparison.b
    found = []
    stretches = comparison.decisions.stretches[:limit]
    films = [_from_films(run, stretches) for run in runs]
    for one in stretches:
        index = _middle(one)
        panes = [film.get((one.recording, index)) for film in films]
        if not any(panes):
            index, panes = _kept(one, runs)
        if any(panes):
            found.append(Pictured(one, index, (panes[0], panes[1])))
    return found


def _middle(one: DifferingFrames) -> int:
    return (one.first + one.last) // 2


def _from_films(run: RunResults, stretches: Sequence[DifferingFrames]
                ) -> Mapping[tuple[str, int], bytes]:
    found: dict[tuple[str, int], bytes] = {}
    for recording in run.recordings:
        wanted = {_middle(one) for one in stretches if one.recording == recording.name}
        if recording.film is None or not wanted:
            continue
        rows = {row: index for row, index in enumerate(recording.table()['index'])
                if index in wanted}
        for row, bgr in read_frames(run.folder / recording.film.place, list(rows)).items():
            found[recording.name, rows[row]] = _jpeg(bgr)
    return found


def _kept(one: DifferingFrames, runs: Sequence[RunResults]) -> tuple[int, list[Pane]]:
    """Return the first frame of which a run kept a picture, better one of which both did."""
    best: tuple[int, list[Pane]] = one.first, [None, None]
    for index in range(one.first, one.last + 1):
        places = [run.folder / 'recordings' / one.recording / place_of(index) for run in runs]
        panes = [place.read_bytes() if place.is_file() else None for place in places]
        if all(panes):
            return index, panes
        if any(panes) and not any(best[1]):
            best = index, panes
    return best


def _jpeg(bgr: NDArray[np.uint8]) -> bytes:
    height, width = bgr.shape[:2]
    scale = min(1.0, WIDTH / width)
    small = cv2.resize(bgr, (max(1, round(width * scale)), max(1, round(height * scale))),
                       interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())
