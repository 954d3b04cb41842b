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

"""One camera as DDS publishers: images or recorded messages, with camera_info."""

from __future__ import annotations

from array import array

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
import numpy as np
from rclpy.duration import Duration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from seg_node.errors import UserError
from seg_node.recordings.bags import with_stamp
from seg_node.recordings.sources import Frame, Source
from seg_node.stop_go.vehicle import Motion
from seg_node.tools.common.camera_info import assumed_pinhole, camera_info

# Reliable serves reliable and best-effort subscribers alike (best effort would not match the
# former). Keep last 5: a slow subscriber loses old images and never holds up the camera.
QOS = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=5,
                 reliability=ReliabilityPolicy.RELIABLE)


class CameraNameError(UserError):
    """A camera name that makes no topic name."""


def to_time(nanoseconds: int) -> Time:
    """Return a ROS time message."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return Time(sec=seconds, nanosec=rest)


def to_odometry(motion: Motion, stamp_ns: int) -> Odometry:
    """Return an Odometry with the speed and the yaw rate; the pose stays at the origin."""
    message = Odometry(child_frame_id='base_footprint')
    message.header.stamp = to_time(stamp_ns)
    message.header.frame_id = 'odom'
    message.twist.twist.linear.x = motion.speed
    message.twist.twist.angular.z = motion.yaw_rate
    return message


def to_message(frame: Frame) -> Image | bytes:
    """Return an Image without header for decoded pixels, or the recorded bytes as they are."""
    if frame.message is not None:
        return frame.message
    assert frame.bgr is not None
    height, width = frame.bgr.shape[:2]
    pixels = array('B')
    # The one assignment that is fast on every distribution; an ndarray would take 0.1 s and more.
    pixels.frombytes(np.ascontiguousarray(frame.bgr).data.cast('B'))
    return Image(height=height, width=width, encoding='bgr8', step=3 * width, data=pixels)


class CameraPublisher:
    """Publishes <name>/image_raw (or /image_raw/compressed) and <name>/camera_info."""

    def __init__(self, node: Node, name: str, source: Source) -> None:
        """Create the publishers; raises CameraNameError."""
        self.name = name
        self._intrinsics = source.intrinsics
        self._info: CameraInfo | None = None
        image_type = CompressedImage if source.compressed else Image
        suffix = '/compressed' if source.compressed else ''
        try:
            self._images = node.create_publisher(image_type, f'{name}/image_raw{suffix}', QOS)
            self._infos = node.create_publisher(CameraInfo, f'{name}/camera_info', QOS)
        except (InvalidTopicNameException, ValueError) as error:
            raise CameraNameError(f'--camera {name!r}: no valid topic name '
                                    f'({str(error).splitlines()[0]}). Use letters, digits '
                                    'and _') from None

    @property
    def topic(self) -> str:
        """Full name of the image topic."""
        return str(self._images.topic_name)

    def matched(self) -> bool:
        """Say whether the image topic has a subscriber."""
        return bool(self._images.get_subscription_count() > 0)

    def acknowledged(self, seconds: float) -> bool:
        """Wait until every reliable subscriber has all messages; False when the time is up."""
        timeout = Duration(seconds=seconds)
        images, infos = (publisher.wait_for_all_acked(timeout)
                         for publisher in (self._images, self._infos))
        return bool(images and infos)

    def publish(
        self, message: Image | bytes, info: bytes | None, stamp_ns: int, size: tuple[int, int],
    ) -> None:
        """Publish an image and its camera_info with this stamp; size (width, height) px."""
        # First the camera_info: whoever gets the image then has it already.
        if isinstance(message, bytes):
            self._publish_info(info, size, stamp_ns)
            self._images.publish(with_stamp(message, stamp_ns))
            return
        message.header.stamp = to_time(stamp_ns)
        message.header.frame_id = f'{self.name}_optical_frame'
        self._publish_info(info, (message.width, message.height), stamp_ns)
        self._images.publish(message)

    def _publish_info(self, info: bytes | None, size: tuple[int, int], stamp_ns: int) -> None:
        if info is not None:
            self._infos.publish(with_stamp(info, stamp_ns))
        elif all(size):
            self._infos.publish(self._made_info(size, stamp_ns))

    def _made_info(self, size: tuple[int, int], stamp_ns: int) -> CameraInfo:
        if self._info is None or (self._info.width, self._info.height) != size:
            self._info = camera_info(self._intrinsics or assumed_pinhole(*size), *size)
            self._info.header.frame_id = f'{self.name}_optical_frame'
        self._info.header.stamp = to_time(stamp_ns)
        return self._info
