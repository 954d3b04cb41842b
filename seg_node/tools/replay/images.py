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

"""Videos and folders of images as recordings: a camera's topics, serialized."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo, Image

from seg_node.recordings.bag_reader import Channel
from seg_node.recordings.bags import CAMERA_INFO, IMAGE
from seg_node.recordings.sources import Source
from seg_node.tools.common.camera_info import assumed_pinhole, camera_info
from seg_node.tools.common.camera_publisher import to_message, to_time
from seg_node.tools.player.playback import SIMULATED_START_NS
from seg_node.tools.replay.recordings import Message, Recording

FRAME_ID = 'camera_optical_frame'


class ImageRecording(Recording):
    """The frames of a source on camera/image_raw, with a camera_info for each."""

    stamped = False
    clock_ns = SIMULATED_START_NS

    def __init__(self, source: Source) -> None:
        """Take over the source."""
        self._source = source
        self.kind = source.kind
        self.name = source.name
        self.duration_ns = None if source.count is None else round(
            (source.count - 1) * 1e9 / source.fps)
        self._image = Channel('camera/image_raw', IMAGE, source.count)
        self._info = Channel('camera/camera_info', CAMERA_INFO, source.count)
        self.channels = (self._info, self._image)

    def interval_ns(self, channels: Collection[Channel]) -> int:
        """Return the time from frame to frame."""
        return round(1e9 / self._source.fps)

    def messages(
        self, channels: Collection[Channel], start_ns: int, stop_ns: int | None,
    ) -> Iterator[tuple[int, Message]]:
        """Yield camera_info and image of every frame of the part."""
        info: CameraInfo | None = None
        for frame in self._source:
            if stop_ns is not None and frame.time_ns >= stop_ns:
                return
            if frame.time_ns < start_ns:
                continue
            image = to_message(frame)
            assert isinstance(image, Image)  # a source that is no bag decodes
            image.header.stamp = to_time(self.clock_ns + frame.time_ns)
            image.header.frame_id = FRAME_ID
            size = (image.width, image.height)
            if info is None or (info.width, info.height) != size:
                info = camera_info(self._source.intrinsics or assumed_pinhole(*size), *size)
            info.header = image.header
            # First the camera_info: whoever gets the image then has it already.
            for channel, message in ((self._info, info), (self._image, image)):
                if channel in channels:
                    yield frame.time_ns, Message(channel, serialize_message(message))

    def notes(self) -> Sequence[str]:
        """Return what was assumed, and what the source has to say by now."""
        assumed = [] if self._source.intrinsics else [
            'camera_info: unknown camera; a pinhole with 60 deg horizontal view is assumed']
        return assumed + self._source.notes

    def close(self) -> None:
        """Close the source."""
        self._source.close()
