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

"""frames.png: overlay images at the changes of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg_node.drawing.colors import bgr, DECISIONS
from seg_node.drawing.legend import draw_legend, entries
from seg_node.perception.images.quiet_opencv import quiet_opencv
from seg_node.perception.models.manifest import ClassInfo
from seg_node.tools.common.picked_frames import pick, read_frames
from seg_node.tools.demo.drive_log import LoggedDrive

quiet_opencv()
import cv2  # noqa: E402  (after its log level is set)

MAX_FRAMES = 12
COLUMNS = 3
TILE_WIDTH = 640
CAPTION = 44
MARGIN = 14
BACKGROUND = (250, 250, 250)
TEXT = (40, 40, 40)
"""BGR."""


@dataclass(frozen=True)
class Pick:
    """A frame of the video to show; time in seconds from the start of the drive."""

    frame: int
    time_s: float
    decision: str
    reason: str
    changed: bool


def pick_frames(drive: LoggedDrive, limit: int = MAX_FRAMES) -> list[Pick]:
    """Choose the images at decision changes, filled up with evenly spaced ones."""
    camera = drive.cameras[0] if drive.cameras else ''
    places = {stamp: frame for name, stamp, frame in drive.records.overlays if name == camera}
    shown = [(sample.time_s, places[sample.sent.stamp_ns], sample) for sample in drive.samples
             if sample.sent.camera == camera and sample.sent.stamp_ns in places]
    if not shown:
        return []
    changed = [index for index in range(1, len(shown))
               if shown[index][2].decision != shown[index - 1][2].decision]
    return [Pick(shown[i][1], shown[i][0], shown[i][2].decision, shown[i][2].reason,
                 i in changed) for i in pick(changed, len(shown), limit)]


def write_frames(drive: LoggedDrive, video: Path, path: Path, classes: Sequence[ClassInfo],
                 ) -> bool:
    """
    Write the contact sheet, with a legend; False when there is no image to show.

    :param classes: of the model whose overlay it is.
    """
    picks = pick_frames(drive)
    images = read_frames(video, [pick.frame for pick in picks])
    tiles = [_tile(images[pick.frame], pick) for pick in picks if pick.frame in images]
    if not tiles:
        return False
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    height, width = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    sheet = np.full(((height + MARGIN) * rows + MARGIN, (width + MARGIN) * columns + MARGIN, 3),
                    BACKGROUND, np.uint8)
    for place, tile in enumerate(tiles):
        top = MARGIN + place // columns * (height + MARGIN)
        left = MARGIN + place % columns * (width + MARGIN)
        sheet[top:top + tile.shape[0], left:left + tile.shape[1]] = tile
    legend = draw_legend(sheet.shape[1] - 2 * MARGIN, entries(classes, drive.unit), BACKGROUND)
    legend = cv2.copyMakeBorder(legend, 0, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT,
                                value=BACKGROUND)
    return bool(cv2.imwrite(str(path), np.vstack([sheet, legend])))


def _tile(image: NDArray[np.uint8], pick: Pick) -> NDArray[np.uint8]:
    height = max(1, round(image.shape[0] * TILE_WIDTH / image.shape[1]))
    tile = np.full((height + CAPTION, TILE_WIDTH, 3), 255, np.uint8)
    tile[:height] = cv2.resize(image, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA)
    color = bgr(DECISIONS[pick.decision])
    baseline = height + CAPTION - 14
    cv2.rectangle(tile, (0, height), (8, height + CAPTION), color, -1)

    def text(words: str, left: int, ink: tuple[int, int, int], weight: int) -> int:
        cv2.putText(tile, words, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.7, ink, weight,
                    cv2.LINE_AA)
        return left + int(cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, 0.7, weight)[0][0])

    left = text(f'{pick.time_s:.2f} s', 22, TEXT, 1)
    left = text(pick.decision.upper(), left + 18, color, 2)
    text(pick.reason + ('  (change)' if pick.changed else ''), left + 12, TEXT, 1)
    return tile
