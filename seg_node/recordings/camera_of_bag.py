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

"""One camera of a bag, with its camera_info and the vehicle's odometry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import math
from pathlib import Path

from seg_node.recordings.bag_reader import Channel
from seg_node.recordings.bags import (
    ASSUMED_FPS,
    CAMERA_INFO,
    COMPRESSED,
    IMAGE,
    is_output,
    stamp_of,
    UNRELATED_NS,
)
from seg_node.recordings.cdr import read_cdr
from seg_node.recordings.messages import Bag
from seg_node.recordings.sources import Frame, Source, SourceError
from seg_node.stop_go.vehicle import Motion

ODOMETRY = 'nav_msgs/msg/Odometry'
_ODOM = 'odom'
"""The node's own name for it."""


@dataclass(frozen=True)
class Topics:
    """
    Which topics of a bag count.

    :param cameras: names of the node's cameras; the topics of one of them are preferred.
    :param image: image topic; None: the one of the cameras, or the only one.
    :param odometry: None: `odom`, or the only one; '': none.
    :param masks: a topic that holds ground truth, no camera.
    """

    cameras: Sequence[str] = ('camera',)
    transport: str = 'raw'
    image: str | None = None
    odometry: str | None = None
    masks: str | None = None


class BagRecording(Source):
    """
    Images of a bag as messages, at the times at which they were recorded.

    :param odometry_timeout: age in seconds from which odometry is left out, as the node does.
    :raises SourceError: when there is no such topic, or no message on it.
    """

    kind = 'bag'

    def __init__(self, path: Path, bag: Bag, topics: Topics, odometry_timeout: float) -> None:
        """Choose the topics and read the first messages."""
        self._bag = bag
        self._timeout_ns = odometry_timeout * 1e9
        self._image = _choose_image(path, bag, topics)
        self.compressed = self._image.type == COMPRESSED
        self._info = _beside(self._image, bag)
        self._odometry = _choose_odometry(path, bag, topics)
        first = next(bag.messages([self._image]), None)
        if first is None:
            raise SourceError(f'{path}: topic {self._image.topic} has no messages. '
                              'Choose another with --topic')
        _, self._first_ns, data = first
        super().__init__(path.name, ASSUMED_FPS, self._image.count, (0, 0))
        stamp = stamp_of(data)
        self._stamped = stamp != 0
        self.start_ns = self._first_ns
        if not self._stamped:
            self.note(f'{self.topic}: messages without stamps; the recording times are taken')
        elif abs(stamp - self._first_ns) > UNRELATED_NS:
            self.start_ns = stamp
            self.note(f'{self.topic}: stamps are on another clock than the recording; the clock '
                      'starts at the first stamp')

    @property
    def topic(self) -> str:
        """Name of the image topic."""
        return self._image.topic

    @property
    def odometry(self) -> str | None:
        """Name of the odometry topic."""
        return self._odometry.topic if self._odometry else None

    def __iter__(self) -> Iterator[Frame]:
        """Read message after message; SourceError where a damaged bag ends."""
        wanted = [channel for channel in (self._image, self._info, self._odometry) if channel]
        info = self._first_info()
        odometry: tuple[int, bytes] | None = None
        index = 0
        for channel, recorded, data in self._bag.messages(wanted):
            if channel == self._info:
                info = data
            elif channel == self._odometry:
                odometry = recorded, data
            else:
                yield Frame(
                    index, max(0, recorded - self._first_ns), None, data,
                    self._stamp(data, recorded), info, self._motion(odometry, recorded))
                index += 1

    def close(self) -> None:
        """Close the bag's files."""
        self._bag.close()

    def _stamp(self, data: bytes, recorded: int) -> int:
        # A message too short for its header cannot be decoded either, and is judged as such.
        return stamp_of(data) if self._stamped and len(data) >= 12 else recorded

    def _first_info(self) -> bytes | None:
        """Return the first camera_info, for the images that were recorded just before it."""
        if self._info is None:
            return None
        try:
            return next((data for _, _, data in self._bag.messages([self._info])), None)
        except SourceError:
            return None

    def _motion(self, odometry: tuple[int, bytes] | None, recorded: int) -> Motion | None:
        if odometry is None or recorded - odometry[0] > self._timeout_ns:
            return None
        try:
            message = read_cdr(odometry[1], ODOMETRY)
        except Exception as error:      # the decoder raises almost anything for damaged bytes
            self.note(f'{self.odometry}: a message cannot be read ({error}); left out')
            return None
        twist = message.twist.twist
        motion = Motion(float(twist.linear.x), float(twist.angular.z))
        if not (math.isfinite(motion.speed) and math.isfinite(motion.yaw_rate)):
            self.note(f'{self.odometry}: speed {motion.speed}, yaw rate {motion.yaw_rate} are no '
                      'numbers; left out')
            return None
        return motion


def find_topic(channels: Sequence[Channel], topic: str) -> Channel | None:
    """Find a channel by its topic, with or without the first slash."""
    return next((channel for channel in channels
                 if channel.topic.strip('/') == topic.strip('/')), None)


def images_of(bag: Bag) -> list[Channel]:
    """List the channels that hold images."""
    return [c for c in bag.channels if c.type in (IMAGE, COMPRESSED) and not c.problem]


def _choose_image(path: Path, bag: Bag, topics: Topics) -> Channel:
    images = [channel for channel in images_of(bag)
              if topics.masks is None or channel.topic.strip('/') != topics.masks.strip('/')]
    listing = ', '.join(channel.topic for channel in images)
    if not images:
        have = ', '.join(sorted({channel.topic for channel in bag.channels})) or 'nothing'
        raise SourceError(f'{path}: no Image or CompressedImage topic in this bag; it has {have}. '
                          'Record the camera too: ros2 bag record TOPIC')
    if topics.image is not None:
        found = find_topic(images, topics.image)
        if found is None:
            raise SourceError(f'{path}: no image topic {topics.image}; it has {listing}. Choose '
                              'one of them with --topic')
        return found
    images = [channel for channel in images if not is_output(channel.topic)]
    if len(images) == 1:
        return images[0]
    names = [f'{camera.strip("/")}/image_raw' for camera in topics.cameras]
    ends = (*(f'/{name}' for name in names), *(f'/{name}/compressed' for name in names))
    known = [channel for channel in images if f'/{channel.topic.strip("/")}'.endswith(ends)]
    if len(known) > 1:      # of one camera, raw and compressed
        wanted = COMPRESSED if topics.transport == 'compressed' else IMAGE
        known = [channel for channel in known if channel.type == wanted]
    if len(known) != 1:
        raise SourceError(f'{path}: several image topics, or none of a camera: {listing}. Choose '
                          'one with --topic')
    return known[0]


def _beside(image: Channel, bag: Bag) -> Channel | None:
    # By convention (image_transport) camera_info lies beside image_raw, and the compressed topic
    # one level below: /front/image_raw/compressed, /front/camera_info.
    base = image.topic
    for _ in range(2 if image.type == COMPRESSED else 1):
        base = base.rsplit('/', 1)[0]
        found = find_topic(bag.channels, f'{base}/camera_info')
        if found is not None and found.type == CAMERA_INFO:
            return found
    return None


def _choose_odometry(path: Path, bag: Bag, topics: Topics) -> Channel | None:
    if topics.odometry == '':
        return None
    known = [channel for channel in bag.channels
             if channel.type == ODOMETRY and not channel.problem]
    if topics.odometry is not None:
        found = find_topic(known, topics.odometry)
        if found is None:
            listing = ', '.join(channel.topic for channel in known) or 'none'
            raise SourceError(f'{path}: no Odometry topic {topics.odometry}; it has {listing}. '
                              'Choose one of them with --odom')
        return found
    if len(known) == 1:
        return known[0]
    return find_topic(known, _ODOM)
