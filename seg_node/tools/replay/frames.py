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

"""Videos, folders of images and the rendered drive as messages of cameras."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo

from seg_node.recordings.calibration import Calibration
from seg_node.recordings.channels import CAMERA_INFO, Channel, IMAGE, Message, ODOMETRY
from seg_node.recordings.find import Kind
from seg_node.recordings.sources import RecordedFrame, Source
from seg_node.tools.common.camera_messages import (
    ASSUMED,
    ASSUMED_FOV,
    camera_info,
    to_image,
    to_odometry,
    to_time,
)
from seg_node.tools.replay.messages import MessageSource

SIMULATED_START_NS = 10**9
"""First stamp: 0 means 'no time' in ROS."""


class FrameMessages(MessageSource):
    """
    The frames of a source as images of cameras, with a camera_info for each, and odometry.

    :param source: its frames are decoded images; closed with this.
    """

    stamped = False
    clock_ns = SIMULATED_START_NS

    def __init__(self, source: Source, cameras: Sequence[str] = ('camera',)) -> None:
        """Take over the source."""
        self._source = source
        self.kind = source.kind
        self.name = source.name
        self.assumed = '' if source.camera else ASSUMED
        count = source.count
        self.duration_ns = None if count is None else round((count - 1) * 1e9 / source.fps)
        # First the camera_info: whoever gets the image then has it already.
        self._cameras = {camera: (Channel(f'{camera}/camera_info', CAMERA_INFO, count),
                                  Channel(f'{camera}/image_raw', IMAGE, count))
                         for camera in cameras}
        self._odometry = Channel('odom', ODOMETRY, count)
        self.channels = (*(channel for each in self._cameras.values() for channel in each),
                         *((self._odometry,) if source.kind is Kind.RENDERED else ()))
        self._info: CameraInfo | None = None

    def interval_ns(self, channels: Collection[Channel]) -> int:
        """Return the time from frame to frame."""
        return round(1e9 / self._source.fps)

    def messages(
        self, channels: Collection[Channel], start_ns: int, stop_ns: int | None,
    ) -> Iterator[tuple[int, Message]]:
        """Yield odometry, camera_info and image of every frame of the part."""
        for frame in self._source:
            if stop_ns is not None and frame.time_ns >= stop_ns:
                return
            if frame.time_ns < start_ns:
                continue
            for channel, message in self._messages(frame):
                if channel in channels:
                    yield frame.time_ns, Message(
                        channel, frame.time_ns, serialize_message(message))

    def _messages(self, frame: RecordedFrame) -> Iterator[tuple[Channel, Any]]:
        stamp_ns = self.clock_ns + frame.time_ns
        if frame.motion is not None:
            yield self._odometry, to_odometry(frame.motion, frame.place, stamp_ns)
        assert frame.bgr is not None      # a source that is no bag decodes
        image = to_image(frame.bgr)
        image.header.stamp = to_time(stamp_ns)
        size = (image.width, image.height)
        if self._info is None or (self._info.width, self._info.height) != size:
            self._info = camera_info(self._source.camera or Calibration.centred(
                *size, ASSUMED_FOV))
        self._info.header = image.header
        for camera, (info_channel, image_channel) in self._cameras.items():
            image.header.frame_id = f'{camera}_optical_frame'
            yield info_channel, self._info
            yield image_channel, image

    def notes(self) -> Sequence[str]:
        """Return what the source has to say by now."""
        return self._source.notes

    def close(self) -> None:
        """Close the source."""
        self._source.close()
