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
"""The newest frame of every camera, handed to one worker thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
import threading
from typing import Any

from seg_node.stop_go.timing import Instant


@dataclass(frozen=True)
class CameraFrame:
    """
    An image message, when it arrived, and the newest camera_info by then, if any.

    info_changes: how often a camera_info has differed from the one before it, by then.
    """

    camera: str
    message: Any
    arrival: Instant
    camera_info: Any = None
    info_changes: int = 0


class NewestFrames:
    """
    One slot a camera: a new frame replaces an older one that still waits, which is counted.

    The camera that has waited longest is served first, so none can starve another.
    """

    def __init__(self, cameras: Iterable[str]) -> None:
        self._waiting: dict[str, CameraFrame] = {}
        self._dropped = dict.fromkeys(cameras, 0)
        self._changed = threading.Condition()
        self._idle = False
        self._closed = False

    def put(self, frame: CameraFrame) -> bool:
        """Offer a frame, never blocking; tell whether the worker has waited for one."""
        with self._changed:
            if self._closed:
                return False
            if frame.camera in self._waiting:
                # Keep the place in the queue: dicts keep the order of first insertion.
                self._dropped[frame.camera] += 1
            self._waiting[frame.camera] = frame
            self._changed.notify()
            return self._idle

    def take(self, maximum: int) -> list[CameraFrame]:
        """Wait for a frame; take 1 to `maximum`, each of another camera; none once closed."""
        with self._changed:
            self._idle = True
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._idle = False
            first = list(self._waiting)[:maximum]
            return [self._waiting.pop(camera) for camera in first]

    @property
    def closed(self) -> bool:
        """Whether no frame counts any more."""
        return self._closed

    def close(self) -> None:
        """Forget what waits and wake the worker."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def dropped(self, camera: str) -> int:
        """Count the frames of a camera that were replaced before they were processed."""
        with self._changed:
            return self._dropped[camera]
