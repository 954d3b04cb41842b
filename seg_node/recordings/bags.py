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

"""Images from bags, ROS 2 and ROS 1, without decoding them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
import struct

import numpy as np

from seg_node.recordings.bag_reader import BagReader, Channel
from seg_node.recordings.cdr import read_cdr
from seg_node.recordings.sources import Frame, Source, SourceError

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
ASSUMED_FPS = 10.0
"""Frame rate in Hz told of a bag with a single image."""
UNRELATED_NS = 60 * 10**9
"""Stamps further than this from the recording time are on another clock (simulated time)."""


def is_output(topic: str) -> bool:
    """Say whether an image topic is one that the node itself publishes, recorded along."""
    return topic.removesuffix('/compressed').endswith(
        ('/segmentation/mask', '/segmentation/confidence', '/segmentation/overlay'))


def stamp_of(message: bytes) -> int:
    """
    Read header.stamp in ns from the CDR bytes of a message that begins with std_msgs/Header.

    CDR (OMG DDS-RTPS 10.2): 4 bytes of encapsulation, whose second names the byte order, then
    the fields; the stamp's int32 sec and uint32 nanosec come first.
    """
    seconds, nanoseconds = struct.unpack_from('<iI' if message[1] & 1 else '>iI', message, 4)
    return int(seconds) * 10**9 + int(nanoseconds)


def with_stamp(message: bytes, stamp_ns: int) -> bytes:
    """Return a copy of the CDR bytes with another header.stamp (ns)."""
    changed = bytearray(message)
    struct.pack_into('<iI' if message[1] & 1 else '>iI', changed, 4, *divmod(stamp_ns, 10**9))
    return bytes(changed)


class BagFile(Source):
    """
    One image topic of a bag, with its camera_info where it was recorded.

    Frames carry the messages' own bytes and stamps; they come at the times at which they were
    recorded.
    """

    kind = 'bag'

    def __init__(self, path: Path, topic: str | None = None) -> None:
        """Open the bag, choose the topic and read its first messages."""
        self._bag = BagReader(path)
        self._path = self._bag.path
        try:
            self._image = self._choose(topic)
            self._info = self._camera_info()
            with self._bag.readable():
                self._read_first(path)
        except BaseException:
            self.close()
            raise

    def _read_first(self, path: Path) -> None:
        head = [(recorded, stamp_of(raw), raw)
                for _, recorded, raw in islice(self._bag.messages([self._image]), 30)]
        if not head:
            raise SourceError(f'{path}: topic {self._image.topic} has no messages. '
                              'Choose another with --topic')
        times = [recorded for recorded, _, _ in head]
        interval = float(np.median(np.diff(times))) if len(times) > 1 else 0
        fps = 1e9 / interval if interval > 0 else ASSUMED_FPS
        sizes = (_size(raw, self.compressed) for _, _, raw in head)
        size = next((size for size in sizes if all(size)), (0, 0))
        super().__init__(path.name, fps, self._image.count, size)
        self._first_ns, stamp_ns, _ = head[0]
        self.stamped = stamp_ns != 0
        self.start_ns = self._first_ns
        if not self.stamped:
            self.note(f'{self._image.topic}: messages without stamps; '
                      'the recording times are taken')
        elif abs(stamp_ns - self._first_ns) > UNRELATED_NS:
            self.start_ns = stamp_ns
            self.note(f'{self._image.topic}: stamps are on another clock than the '
                      'recording; the clock starts at the first stamp')
        self._first_info: bytes | None = None
        if self._info:
            self._first_info = next(
                (raw for _, _, raw in self._bag.messages([self._info])), None)

    @property
    def topic(self) -> str:
        """Name of the image topic."""
        return self._image.topic

    def _choose(self, topic: str | None) -> Channel:
        images = {c.topic: c for c in self._bag.channels
                  if c.type in (IMAGE, COMPRESSED) and not c.problem}
        listing = ', '.join(sorted(images))
        if not images:
            have = ', '.join(sorted({c.topic for c in self._bag.channels})) or 'nothing'
            raise SourceError(f'{self._path}: no Image or CompressedImage topic in this bag; it '
                              f'has {have}. Record the camera too: ros2 bag record TOPIC')
        if topic is None:
            cameras = [channel for name, channel in images.items() if not is_output(name)]
            if len(cameras) != 1:
                raise SourceError(f'{self._path}: several image topics, or none of a camera: '
                                  f'{listing}. Choose one with --topic')
            chosen = cameras[0]
        else:
            found = images.get(topic, images.get('/' + topic))
            if found is None:
                raise SourceError(f'{self._path}: no image topic {topic}; it has {listing}. '
                                  'Choose one of them with --topic')
            chosen = found
        self.compressed = chosen.type == COMPRESSED
        return chosen

    def _camera_info(self) -> Channel | None:
        # By convention (image_transport) camera_info lies beside image_raw, and the compressed
        # topic one level below: /front/image_raw/compressed, /front/camera_info.
        base = self._image.topic
        infos = {c.topic: c for c in self._bag.channels if c.type == CAMERA_INFO}
        for _ in range(2 if self.compressed else 1):
            base = base.rsplit('/', 1)[0]
            if base + '/camera_info' in infos:
                return infos[base + '/camera_info']
        return None

    def __iter__(self) -> Iterator[Frame]:
        """Read message after message in the order of recording."""
        info = self._first_info
        index = 0
        wanted = [self._image] + ([self._info] if self._info else [])
        for channel, recorded, message in self._bag.messages(wanted):
            if channel != self._image:
                info = message
                continue
            with self._bag.readable():
                stamp = stamp_of(message) if self.stamped else recorded
            yield Frame(index, max(0, recorded - self._first_ns), None, message, stamp, info)
            index += 1

    def close(self) -> None:
        """Close the bag's files."""
        self._bag.close()


def _size(raw: bytes, compressed: bool) -> tuple[int, int]:
    if not compressed:
        image = read_cdr(raw, IMAGE)
        return int(image.width), int(image.height)
    import cv2
    packed = read_cdr(raw, COMPRESSED)
    bgr = cv2.imdecode(np.asarray(packed.data, np.uint8), cv2.IMREAD_COLOR) \
        if len(packed.data) else None
    if bgr is None:
        return 0, 0
    return bgr.shape[1], bgr.shape[0]
