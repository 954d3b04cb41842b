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

"""The film of a recording: each of its frames with what was seen and decided."""

from __future__ import annotations

from pathlib import Path
import tempfile
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.tools.common.picked_frames import pick, read_frames
from seg_node.tools.common.video_files import (
    for_browsers,
    H264,
    has_ffmpeg,
    MPEG4,
    open_writer,
    QUICK,
    VP8,
)
from seg_node.tools.evaluate.mistakes import mistakes_in
from seg_node.tools.evaluate.report.results import place_on_sheet
from seg_node.tools.evaluate.row import Columns

NAME = 'overlay'
SHEET, SHEET_WIDTH = 12, 240
"""Pictures of the contact sheet at the maximum, and their width, px."""
_QUALITY = 80


def contact_sheet(table: Columns) -> list[int]:
    """Choose the frames of a contact sheet: where decision or mistake change, evenly between."""
    states = list(zip(table['decision'], mistakes_in(table), strict=True))
    changes = [place for place in range(1, len(states)) if states[place] != states[place - 1]]
    return pick(changes, len(states), SHEET)


class OverlayFilm:
    """
    Takes the images of one recording in their order; image k of the film is frame k.

    Where frames are missing in the recording the film goes on with the next one. It lies in a file
    of the system's temporary folder until bytes are asked for. name is that of the file, '' until
    finish() has made it.
    """

    def __init__(self, fps: float) -> None:
        """Take the frame rate in Hz; what is none, or slower, is shown at 1 Hz."""
        self.fps = round(fps, 2) if fps >= 1 else 1.0
        self.name = ''
        self._folder = tempfile.TemporaryDirectory(prefix='seg_node_film_')
        self._size = (0, 0)
        self._path: Path | None = None
        self._writer: Any = None

    def add(self, bgr: NDArray[np.uint8]) -> None:
        """
        Take an image, uint8 BGR [H, W, 3]; one of another size than the first is scaled.

        :raises OSError: at the first one, when OpenCV has no encoder.
        """
        if self._writer is None:
            height, width = bgr.shape[:2]
            self._size = max(2, width // 2 * 2), max(2, height // 2 * 2)      # as encoders want it
            # What ffmpeg makes of it afterwards is smaller, and made in a tenth of the time.
            codecs = QUICK if has_ffmpeg() else (H264, VP8, MPEG4)
            stem = Path(self._folder.name) / NAME
            self._writer, codec = open_writer(stem, codecs, self.fps, self._size)
            self._path = stem.with_suffix(codec.suffix)
        if (bgr.shape[1], bgr.shape[0]) != self._size:
            bgr = np.asarray(cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        self._writer.write(bgr)

    def finish(self, sheet: list[int]) -> dict[str, bytes]:
        """
        Return the files of film and contact sheet; nothing can be added afterwards.

        :param sheet: numbers of the frames that the contact sheet shows.
        """
        self._release()
        files = {}
        if self._path is not None:
            path = for_browsers(self._path)
            self.name = path.name
            files[self.name] = path.read_bytes()
            files |= {place_on_sheet(number): _small(bgr)
                      for number, bgr in read_frames(path, sheet).items()}
        self.close()
        return files

    def close(self) -> None:
        """Throw the file away; safe to call twice."""
        self._release()
        self._folder.cleanup()

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None


def _small(bgr: NDArray[np.uint8]) -> bytes:
    height, width = bgr.shape[:2]
    size = min(width, SHEET_WIDTH), max(1, round(height * min(1.0, SHEET_WIDTH / width)))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())
