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

"""The player's loop: decode ahead, publish by absolute deadlines, keep the clock."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
import csv
from dataclasses import replace
import time
from typing import TextIO

from nav_msgs.msg import Odometry
import rclpy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from seg_node.errors import UserError
from seg_node.recordings.read_ahead import ReadAhead
from seg_node.recordings.sources import Frame, Source
from seg_node.tools.common.camera_info import ASSUMED_FOV
from seg_node.tools.common.camera_publisher import (
    CameraPublisher,
    to_message,
    to_odometry,
    to_time,
)
from seg_node.tools.common.command_line import StopFlag

CLOCK_PERIOD = 0.01
"""Seconds between two /clock messages; 100 Hz, as simulators publish it."""
SETTLE_SECONDS = 0.2
"""A match is seen by one side first; the other side needs about this long to see it too. As long
again a publisher stays after its last image."""
ACKNOWLEDGE_SECONDS = 5.0  # Fast DDS asks its readers every 3 s
"""Longest wait for subscribers to acknowledge the last images; a stuck one must not hold us."""
MAX_NOTES = 5
"""Notes on single images that are told one by one."""
AHEAD = 64
"""Most frames decoded ahead."""
SIMULATED_START_NS = 10**9
"""First stamp with --clock of sources without recorded stamps; 0 means 'no time' in ROS."""


def frames_of(source: Source, loop: bool, seconds: float | None) -> Iterator[Frame]:
    """Yield the frames of a source, again and again with loop, for up to that many seconds."""
    limit_ns = None if seconds is None else round(seconds * 1e9)
    index, start = 0, 0
    while True:
        last = None
        for frame in source:
            last = start + frame.time_ns
            if limit_ns is not None and last >= limit_ns:
                return
            # A second round goes on in time: stamps and /clock never jump back.
            stamp = None if frame.stamp_ns is None else frame.stamp_ns + start
            yield replace(frame, index=index, time_ns=last, stamp_ns=stamp)
            index += 1
        if last is None:
            raise UserError(f'{source.name}: no frame could be read')
        if not loop:
            return
        start = last + round(1e9 / source.fps)


def decoded_ahead(
    source: Source, loop: bool, seconds: float | None,
) -> ReadAhead[tuple[Frame, Image | bytes]]:
    """Decode the frames of a source on a thread of its own, a few ahead."""
    width, height = source.size
    return ReadAhead(
        ((frame, to_message(frame)) for frame in frames_of(source, loop, seconds)),
        weigh=lambda _: max(1, 3 * width * height), most=AHEAD)


class Playback:
    """Publishes one source as several cameras."""

    def __init__(
        self, source: Source, names: Sequence[str], options: Namespace, log: TextIO | None,
        stop: StopFlag,
    ) -> None:
        """Create node and publishers and start to decode."""
        self._source = source
        self._stop = stop
        self._log = csv.writer(log) if log else None
        self._file = log
        self._rate: float = options.rate
        self._progress: bool = options.progress
        simulated = source.kind == 'bag' if options.clock is None else options.clock
        self._node = rclpy.create_node('player', start_parameter_services=False)
        try:
            self._cameras = [CameraPublisher(self._node, name, source) for name in names]
        except BaseException:
            self._node.destroy_node()
            raise
        self._odometry = self._node.create_publisher(Odometry, 'odom', 10)
        self._clock = self._node.create_publisher(Clock, '/clock', 10) if simulated else None
        start = source.start_ns
        self._clock_start = SIMULATED_START_NS if start is None else start
        self._clock_last = 0
        self._ahead = decoded_ahead(source, options.loop, options.seconds)
        self._told = 0
        self.sent = 0
        self.late = 0
        self.unacknowledged = False

    def __enter__(self) -> Playback:
        """Return the playback itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End decoding and destroy the node."""
        self._ahead.close()
        self._node.destroy_node()

    def opening_notes(self) -> list[str]:
        """Say what is played, where, and what had to be assumed."""
        source = self._source
        width, height = source.size
        topics = ', '.join(camera.topic for camera in self._cameras)
        notes = [f'{source.name} ({source.kind}, {width}x{height}, {source.fps:.4g} fps) '
                 f'on {topics}' + (' with /clock' if self._clock else '')]
        if source.kind != 'bag' and source.intrinsics is None:
            notes.append('camera_info: unknown camera; a pinhole with '
                         f'{ASSUMED_FOV * 57.29578:.0f} deg horizontal view is assumed')
        self._told = len(source.notes)
        return notes + source.notes

    def closing_notes(self) -> list[str]:
        """Say what went wrong in the source since the opening notes."""
        notes = self._source.notes[self._told:]
        if len(notes) > MAX_NOTES:
            notes = [*notes[:MAX_NOTES], f'and {len(notes) - MAX_NOTES} more of this kind']
        if self.late:
            notes.append(f'{self.late} of {self.sent} frames went out more than a frame late; '
                         'the machine is too slow for this source, try --rate 0.5')
        if self.unacknowledged:
            notes.append('a subscriber has not acknowledged the last images within '
                         f'{ACKNOWLEDGE_SECONDS:g} s; it may lack them')
        return notes

    def wait_for_subscribers(self, seconds: float) -> None:
        """Wait until each image topic has a subscriber; UserError when the time is up."""
        deadline = time.monotonic() + seconds
        while not all(camera.matched() for camera in self._cameras):
            if time.monotonic() > deadline:
                missing = ', '.join(c.topic for c in self._cameras if not c.matched())
                raise UserError(f'no subscriber on {missing} after {seconds:g} s. Start the node '
                                'and check its camera names, transport and ROS_DOMAIN_ID')
            if not self._stop.sleep_until(time.monotonic() + 0.02):
                return
        self._stop.sleep_until(time.monotonic() + SETTLE_SECONDS)

    def play(self) -> None:
        """Publish frame by frame until the end or a signal."""
        begin: float | None = None
        for frame, message in self._ahead:
            if begin is None:
                begin = time.monotonic() - frame.time_ns / 1e9 / self._rate
            if not self._sleep(begin, frame.time_ns):
                return
            due = begin + frame.time_ns / 1e9 / self._rate
            self.late += time.monotonic() - due > 1 / self._source.fps / self._rate
            self._publish(frame, message)
            if self._progress:
                print(self.sent, flush=True)
        self._drain()

    def _drain(self) -> None:
        """Stay until the last images have arrived: they vanish together with their publisher."""
        for camera in self._cameras:
            self.unacknowledged |= not camera.acknowledged(ACKNOWLEDGE_SECONDS)
        # Best-effort subscribers acknowledge nothing.
        self._stop.sleep_until(time.monotonic() + SETTLE_SECONDS)

    def _sleep(self, begin: float, time_ns: int) -> bool:
        """Wait for a frame's deadline, with /clock going on; False on a signal."""
        deadline = begin + time_ns / 1e9 / self._rate
        while self._clock and (now := time.monotonic()) < deadline:
            self._tick(round((now - begin) * self._rate * 1e9))
            if not self._stop.sleep_until(min(deadline, now + CLOCK_PERIOD)):
                return False
        return self._stop.sleep_until(deadline)

    def _tick(self, time_ns: int) -> None:
        now = self._clock_start + time_ns
        if self._clock and now >= self._clock_last:
            self._clock_last = now
            self._clock.publish(Clock(clock=to_time(now)))

    def _publish(self, frame: Frame, message: Image | bytes) -> None:
        self._tick(frame.time_ns)
        for camera in self._cameras:
            wall = time.time_ns()
            stamp = wall
            if self._clock:
                stamp = self._clock_start + frame.time_ns if frame.stamp_ns is None \
                    else frame.stamp_ns
            if frame.motion is not None:
                self._odometry.publish(to_odometry(frame.motion, stamp))
            camera.publish(message, frame.camera_info, stamp, self._source.size)
            if self._log and self._file:
                self._log.writerow((camera.name, frame.index, stamp, wall, frame.time_ns))
                self._file.flush()
        self.sent += 1
