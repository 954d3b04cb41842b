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

from collections.abc import Iterator
from itertools import islice

import numpy as np

from seg_node.errors import UserError
from seg_node.recordings.cdr import read_cdr, read_image
from seg_node.recordings.channels import Bag, COMPRESSED, IMAGE, Message, ODOMETRY
from seg_node.recordings.find import Kind
from seg_node.recordings.sources import RecordedFrame, Source
from seg_node.recordings.stamps import clock_offset, stamp_of
from seg_node.recordings.topics import choose_channels, Topics
from seg_node.stop_go.memory.place import Place, PlaceTrack
from seg_node.stop_go.timing import follow, Instant, Trust
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import most_serious

ASSUMED_FPS = 10.0
"""Frame rate in Hz told of a bag with a single image."""
_HEAD = 30
"""Messages from which the frame rate is taken."""


class CameraOfBag(Source):
    """
    Images of a bag as messages, at the times at which they were recorded.

    :param bag: taken over: closed with the source.
    :raises UserError: when there is no such topic, or no message on it.
    """

    kind = Kind.BAG

    def __init__(self, bag: Bag, topics: Topics) -> None:
        """Choose the topics and read the first messages."""
        self._bag = bag
        self._odometry_age = topics.odometry_age
        channels = choose_channels(bag, topics)
        self._image, self._info, self._odometry = (
            channels.image, channels.info, channels.odometry)
        self.compressed = self._image.type == COMPRESSED
        head = self._head()
        self.recorded_ns, first = head[0].recorded_ns, head[0].data
        super().__init__(bag.path.name, _fps(head), self._image.count, self._size(head))
        offset = clock_offset(bag, [self._image])
        self.start_ns = self.recorded_ns + offset
        self._stamped = stamp_of(first) != 0
        if not self._stamped:
            self.note(f'{self.topic}: messages without stamps; the recording times are taken')
        elif offset:
            self.note(f'{self.topic}: stamps are on another clock than the recording; the clock '
                      'starts at the first stamp')

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know by now, of the bag and of this camera."""
        return (*self._bag.notes, *self._notes)

    @property
    def topic(self) -> str:
        """Name of the image topic."""
        return self._image.topic

    @property
    def odometry(self) -> str | None:
        """Name of the odometry topic."""
        return self._odometry.topic if self._odometry else None

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Read message after message; UserError where a damaged bag ends."""
        wanted = [channel for channel in (self._image, self._info, self._odometry) if channel]
        info = self._first_info()
        odometry: Message | None = None
        trust: Trust | None = None
        track = PlaceTrack()
        index = 0
        for message in self._bag.messages(wanted):
            if message.channel == self._info:
                info = message.data
            elif message.channel == self._odometry:
                odometry = message
                stamp = (stamp_of(message.data) - self.start_ns) * 1e-9
                trust = follow(trust, stamp, self._instant(message), self._odometry_age)
                self._add_pose(track, message, stamp)
            else:
                recorded = message.recorded_ns
                motion = None if odometry is None or trust is None \
                    else self._motion(odometry, trust, self._instant(message))
                stamp_ns = self._stamp(message)
                place = None if motion is None else track.at((stamp_ns - self.start_ns) * 1e-9)
                yield RecordedFrame(
                    index, max(0, recorded - self.recorded_ns), None, message.data,
                    stamp_ns, info, motion, place)
                index += 1

    def close(self) -> None:
        """Close the bag's files."""
        self._bag.close()

    def _head(self) -> list[Message]:
        head: list[Message] = []
        try:
            for message in islice(self._bag.messages([self._image]), _HEAD):
                head.append(message)
        except UserError:
            if not head:
                raise
        if not head:
            raise UserError(f'{self._bag.path}: topic {self._image.topic} has no messages. '
                            'Choose another with --topic')
        return head

    def _size(self, head: list[Message]) -> tuple[int, int]:
        for message in head:
            try:
                if not self.compressed:
                    image = read_cdr(message.data, IMAGE)
                    if image.width and image.height:
                        return int(image.width), int(image.height)
                    continue
                bgr = read_image(message.data, True).bgr
                return bgr.shape[1], bgr.shape[0]
            except Exception:      # almost any, for damaged bytes; the next one may be whole
                continue
        return 0, 0

    def _stamp(self, message: Message) -> int:
        # A message too short for its header cannot be decoded either, and is judged as such.
        if self._stamped and len(message.data) >= 12:
            return stamp_of(message.data)
        return message.recorded_ns

    def _first_info(self) -> bytes | None:
        """Return the first camera_info, for the images that were recorded just before it."""
        if self._info is None:
            return None
        try:
            return next((data for _, _, data in self._bag.messages([self._info])), None)
        except UserError:
            return None

    def _instant(self, message: Message) -> Instant:
        """Return when a message was recorded, on both clocks: seconds since the first image."""
        seconds = (message.recorded_ns - self.recorded_ns) * 1e-9
        return Instant(seconds, seconds)

    def _add_pose(self, track: PlaceTrack, odometry: Message, stamp: float) -> None:
        try:
            message = read_cdr(odometry.data, ODOMETRY)
            track.add(stamp, Place.from_pose(message.pose.pose, message.header.frame_id),
                      Motion.from_twist(message.twist.twist))
        except Exception as error:      # almost any, for damaged bytes, and numbers that are none
            self.note(f'{self.odometry}: a pose cannot be used ({error}); left out')

    def _motion(self, odometry: Message, trust: Trust, now: Instant) -> Motion | None:
        if doubts := trust.doubts(now, self._odometry_age):
            self.note(f'{self.odometry}: left out where it cannot be believed: '
                      f'{most_serious(doubts).reason.value}')
            return None
        try:
            message = read_cdr(odometry.data, ODOMETRY)
        except Exception as error:      # the decoder raises almost anything for damaged bytes
            self.note(f'{self.odometry}: a message cannot be read ({error}); left out')
            return None
        try:
            return Motion.from_twist(message.twist.twist)
        except ValueError as error:
            self.note(f'{self.odometry}: {error}; left out')
            return None


def _fps(head: list[Message]) -> float:
    intervals = np.diff([message.recorded_ns for message in head])
    interval = float(np.median(intervals)) if len(intervals) else 0.0
    return 1e9 / interval if interval > 0 else ASSUMED_FPS
