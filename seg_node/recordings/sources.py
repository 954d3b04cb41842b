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

"""Images from a video, a folder, a bag or the rendered drive, as one kind of iterable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from seg_node.recordings.calibration import Calibration
from seg_node.recordings.find import Kind
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion


@dataclass(frozen=True)
class RecordedFrame:
    """
    One image of a source: decoded pixels, or a recorded message as it lies in the bag.

    time_ns is the time since the source's first frame. bgr is uint8 [H, W, 3] or None; message
    and camera_info are CDR bytes of sensor_msgs (bags only); stamp_ns is the recorded stamp.
    motion and place are those of the vehicle, where known; name is that of an image's file.
    """

    index: int
    time_ns: int
    bgr: NDArray[np.uint8] | None = None
    message: bytes | None = None
    stamp_ns: int | None = None
    camera_info: bytes | None = None
    motion: Motion | None = None
    place: Place | None = None
    name: str = ''


class Source:
    """
    Base of all sources: iterate it for RecordedFrames, close it afterwards.

    Attributes: kind, name, fps in Hz, count of frames or None when unknown, size (width, height)
    of the first image, camera (its calibration where no message tells it, else None), start_ns
    (time of the first frame on the recorded clock; None when nothing was recorded), recorded_ns
    (when the first frame was recorded; 1 s where that is unknown, as 0 is no time), compressed
    (frames are CompressedImage messages), node_parameters (what is known of the vehicle and its
    camera, as parameters of the node), notes (what the user should know by now, for the log).
    """

    kind: Kind
    compressed = False
    start_ns: int | None = None
    recorded_ns = 10**9
    camera: Calibration | None = None
    node_parameters: Mapping[str, object] = MappingProxyType({})

    def __init__(
        self, name: str, fps: float, count: int | None, size: tuple[int, int],
    ) -> None:
        """Set what every source can tell before its first frame is read."""
        self.name = name
        self.fps = fps
        self.count = count
        self.size = size
        self._notes: list[str] = []

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Yield the frames from the start; a second iteration starts again."""
        raise NotImplementedError

    def close(self) -> None:
        """Release files; safe to call twice."""

    def __enter__(self) -> Source:
        """Return the source itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the source."""
        self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know by now."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Keep something for the user to know, once."""
        if text not in self._notes:
            self._notes.append(text)

    def _frame(self, index: int, bgr: NDArray[np.uint8]) -> RecordedFrame:
        return RecordedFrame(index, round(index * 1e9 / self.fps), bgr)
