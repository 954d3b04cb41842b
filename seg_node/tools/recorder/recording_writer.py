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

"""
What a recording writes: results.mcap, overlay.mp4 and records.jsonl, on a thread of its own.

ROS-free: messages come as CDR bytes and are read and written through rosbags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import queue
import threading
from typing import Any, TextIO

from seg_node.recordings.cdr import read_cdr
from seg_node.recordings.channels import CAMERA_INFO, IMAGE
from seg_node.recordings.stamps import stamp_of
from seg_node.tools.common.results_bag import as_pixels, ResultsBag
from seg_node.tools.recorder.overlay_video import OverlayVideo

BOOL = 'std_msgs/msg/Bool'
STATUS = 'diagnostic_msgs/msg/DiagnosticStatus'
DIAGNOSTICS = 'diagnostic_msgs/msg/DiagnosticArray'
RANGE = 'sensor_msgs/msg/Range'
FLOAT32 = 'std_msgs/msg/Float32'
CLOUD = 'sensor_msgs/msg/PointCloud2'
WORLD = (('obstacles', CLOUD), ('free', CLOUD), ('scan', 'sensor_msgs/msg/LaserScan'),
         ('things', 'visualization_msgs/msg/MarkerArray'))
"""What a camera's image tells of the ground, but for its points, which are 6 MB an image."""
QUEUE_SIZE = 400
"""Messages waiting for the disk."""
OVERLAY_QUEUE_SIZE = 100
"""Above this many waiting messages overlays are dropped: they are large, and only for looking."""


@dataclass(frozen=True)
class Topic:
    """A recorded topic; kind is mask, overlay, stop, state, diagnostics, or other."""

    name: str
    msgtype: str
    kind: str
    camera: str = ''


@dataclass(frozen=True)
class Arrival:
    """A message as it came: topic, CDR bytes, and the wall time of its arrival in ns."""

    topic: Topic
    raw: bytes
    wall_ns: int


def topics_of(cameras: Sequence[str], node: str) -> list[Topic]:
    """List what is recorded of a node and its cameras (relative names)."""
    topics = []
    for camera in cameras:
        topics.append(Topic(f'{camera}/segmentation/mask', IMAGE, 'mask', camera))
        topics.append(Topic(f'{camera}/segmentation/overlay', IMAGE, 'overlay', camera))
        topics.append(Topic(f'{camera}/segmentation/camera_info', CAMERA_INFO, 'other', camera))
        own = node if len(cameras) == 1 else f'{node}/{camera}'
        topics += [Topic(f'{own}/{name}', kind, 'other', camera) for name, kind in WORLD]
    return [*topics,
            Topic(f'{node}/stop', BOOL, 'stop'),
            Topic(f'{node}/state', STATUS, 'state'),
            Topic(f'{node}/speed_limit', FLOAT32, 'other'),
            Topic(f'{node}/free_distance', RANGE, 'other'),
            Topic(f'{node}/grid', 'nav_msgs/msg/OccupancyGrid', 'other'),
            Topic('/diagnostics', DIAGNOSTICS, 'diagnostics')]


class RecordingWriter:
    """Takes messages from any thread and writes them from its own."""

    def __init__(self, folder: Path, cameras: Sequence[str], fps: float, records: Path) -> None:
        """Create the files; OSError when that fails, UserError without rosbags."""
        self._bag = ResultsBag(folder)
        self._video = OverlayVideo(folder / 'overlay.mp4', cameras, fps)
        self._records: TextIO = records.open('w', encoding='utf-8')
        self._queue: queue.Queue[Arrival | None] = queue.Queue(QUEUE_SIZE)
        self.received: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name='recording')
        self._thread.start()

    def put(self, arrival: Arrival) -> None:
        """Hand over a message; never blocks. What does not fit is dropped and counted."""
        kind = arrival.topic.kind
        self.received[kind] += 1
        crowded = kind == 'overlay' and self._queue.qsize() >= OVERLAY_QUEUE_SIZE
        try:
            if not crowded:
                return self._queue.put_nowait(arrival)
        except queue.Full:
            pass
        self.dropped[kind] += 1

    def close(self) -> dict[str, Any]:
        """Write what is waiting, finish the files, and give the counts."""
        while self._thread.is_alive():
            try:
                self._queue.put(None, timeout=0.1)
                break
            except queue.Full:
                continue
        self._thread.join()
        try:
            self._records.close()
            self._video.close()
            self._bag.close()
        except (OSError, ValueError) as error:
            self.error = self.error or error
        self._bag.discard()
        return {'received': dict(self.received), 'dropped': dict(self.dropped),
                'overlay_frames': self._video.frames, 'overlay_codec': self._video.codec}

    def _run(self) -> None:
        while (arrival := self._queue.get()) is not None:
            try:
                self._write(arrival)
            except Exception as error:  # disk full, no encoder, a message that is none
                self.error = error
                return

    def _write(self, arrival: Arrival) -> None:
        kind, camera = arrival.topic.kind, arrival.topic.camera
        if kind == 'overlay':
            header, bgr = as_pixels(arrival.raw)
            stamp_ns = stamp_of(arrival.raw)
            place = self._video.add(camera, stamp_ns, bgr)
            self._bag.write_jpeg(
                f'{arrival.topic.name}/compressed', header, arrival.wall_ns, bgr)
            self._record(kind, arrival, camera=camera, stamp_ns=stamp_ns, frame=place)
            return
        self._bag.write(arrival.topic.name, arrival.topic.msgtype, arrival.wall_ns, arrival.raw)
        if kind == 'mask':
            self._record(kind, arrival, camera=camera, stamp_ns=stamp_of(arrival.raw))
        elif kind == 'stop':
            stop: Any = read_cdr(arrival.raw, BOOL)
            self._record(kind, arrival, stop=bool(stop.data))
        elif kind == 'state':
            state = _status(read_cdr(arrival.raw, STATUS))
            self._bag.write_numbers(arrival.topic.name, state['values'], arrival.wall_ns)
            self._record(kind, arrival, **state)
        elif kind == 'diagnostics':
            array: Any = read_cdr(arrival.raw, DIAGNOSTICS)
            self._record(kind, arrival, status=[_status(status) for status in array.status])

    def _record(self, kind: str, arrival: Arrival, **values: Any) -> None:
        line = {'kind': kind, 'wall_ns': arrival.wall_ns, **values}
        self._records.write(json.dumps(line) + '\n')


def _status(status: Any) -> dict[str, Any]:
    return {'level': int(status.level), 'name': status.name, 'message': status.message,
            'values': {item.key: item.value for item in status.values}}
