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

"""overlay.mp4: every frame of a recording with what was seen and decided."""

from __future__ import annotations

from pathlib import Path
import tempfile

import numpy as np
from numpy.typing import NDArray

from seg_node.tools.evaluate.report.results import FILM
from seg_node.tools.recorder.overlay_video import OverlayVideo

_CAMERA = 'camera'


class OverlayFilm:
    """
    Takes the images of one recording in their order.

    They lie in a file of the system's temporary folder until bytes are asked for.
    """

    def __init__(self, fps: float) -> None:
        """Take the frame rate in Hz."""
        self._folder = tempfile.TemporaryDirectory(prefix='seg_node_film_')
        self._path = Path(self._folder.name) / FILM
        self._video = OverlayVideo(self._path, (_CAMERA,), fps)

    def add(self, time_ns: int, bgr: NDArray[np.uint8]) -> None:
        """
        Take an image, uint8 BGR [H, W, 3], with its time since the first frame.

        :raises OSError: at the first one, when OpenCV has no encoder.
        """
        self._video.add(_CAMERA, time_ns, bgr)

    def finish(self) -> bytes:
        """Return the file, empty without an image; nothing can be added afterwards."""
        self._video.close()
        data = self._path.read_bytes() if self._path.is_file() else b''
        self.close()
        return data

    def close(self) -> None:
        """Throw the file away; safe to call twice."""
        self._video.close()
        self._folder.cleanup()
