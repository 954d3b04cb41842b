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

"""Overlay images of one or several cameras as one video, in time with their stamps."""

from __future__ import annotations

from collections.abc import Sequence
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.images.quiet_opencv import quiet_opencv
from seg_node.tools.common.video_files import open_writer, QUICK

quiet_opencv()
import cv2  # noqa: E402  (after its log level is set)

MAX_WIDTH = 1920
"""Width in pixels above which the whole image is scaled down."""
MAX_LAG = 1.0
"""Seconds of video for which a camera that falls behind is waited for."""
MAX_GAP = 10.0
"""Seconds without images that are shown as a standing image; longer gaps are cut."""


class OverlayVideo:
    """
    Writes images to their places in time; a missing one repeats the image before.

    Several cameras are tiled. The file appears with the first image.
    """

    def __init__(self, path: Path, cameras: Sequence[str], fps: float) -> None:
        """Take the cameras in the order of their tiles; fps in Hz of the stamps."""
        self._path = path
        self._cameras = tuple(cameras)
        self._fps = round(fps, 2) if fps >= 1 else 1.0
        self._pending: dict[int, dict[str, NDArray[np.uint8]]] = {}
        self._current: dict[str, NDArray[np.uint8]] = {}
        self._newest: dict[str, int] = {}
        self._origin: int | None = None
        self._next = 0
        self._size = (0, 0)
        self._writer: Any = None
        self.codec = ''
        self.frames = 0

    def add(self, camera: str, stamp_ns: int, bgr: NDArray[np.uint8]) -> int:
        """Take an image, uint8 BGR [H, W, 3], and give the number of its video frame."""
        if self._origin is None:
            self._origin = stamp_ns
            self._open(bgr)
        slot = round((stamp_ns - self._origin) * self._fps / 1e9)
        if slot < self._next - self._fps * MAX_LAG or slot > self._next + self._fps * MAX_GAP:
            # Time jumped (a bag's gap, a clock set back): go on where the video stands.
            self._emit_until(max(self._pending, default=self._next - 1))
            self._origin = stamp_ns - round(self._next * 1e9 / self._fps)
            self._newest.clear()
            slot = self._next
        slot = max(slot, self._next)
        self._pending.setdefault(slot, {})[camera] = bgr
        self._newest[camera] = max(slot, self._newest.get(camera, slot))
        newest = max(self._newest.values())
        lag = math.ceil(self._fps * MAX_LAG)
        oldest = min(self._newest.get(name, newest - lag) for name in self._cameras)
        self._emit_until(max(oldest, newest - lag))
        return slot

    def close(self) -> None:
        """Write what is pending and finish the file."""
        self._emit_until(max(self._pending, default=self._next - 1))
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _open(self, bgr: NDArray[np.uint8]) -> None:
        height, width = bgr.shape[:2]
        columns = 1 if len(self._cameras) == 1 else math.ceil(math.sqrt(len(self._cameras)))
        rows = math.ceil(len(self._cameras) / columns)
        scale = min(1.0, MAX_WIDTH / (width * columns))
        # Encoders want even sizes.
        self._size = (max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2))
        self._grid = (rows, columns)
        whole = (self._size[0] * columns, self._size[1] * rows)
        self._writer, codec = open_writer(self._path, QUICK, self._fps, whole)
        self.codec = codec.fourcc

    def _emit_until(self, last: int) -> None:
        while self._next <= last:
            self._current.update(self._pending.pop(self._next, {}))
            self._writer.write(self._compose())
            self.frames += 1
            self._next += 1

    def _compose(self) -> NDArray[np.uint8]:
        width, height = self._size
        rows, columns = self._grid
        whole = np.zeros((height * rows, width * columns, 3), np.uint8)
        for place, camera in enumerate(self._cameras):
            bgr = self._current.get(camera)
            if bgr is None:
                continue
            if (bgr.shape[1], bgr.shape[0]) != self._size:
                bgr = np.asarray(
                    cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA), np.uint8)
            top, left = place // columns * height, place % columns * width
            whole[top:top + height, left:left + width] = bgr
        return whole
