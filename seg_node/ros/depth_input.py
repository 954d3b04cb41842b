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

"""The depth images of one camera: kept for a moment, and found by the stamp of its image."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.decoding import raw_image
from seg_node.perception.images.depth import decode_depth
from seg_node.perception.images.errors import ImageError
from seg_node.ros.messages import stamp_ns
from seg_node.ros.qos import CAMERA
from seg_node.ros.statistics import CameraStatistics
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.depth.stamped import StampedBuffer
from seg_node.stop_go.verdict import Finding, Reason

_KEPT = 16
"""Messages: half a second at 30 Hz, longer than the network takes."""


def depth_topic(camera: str) -> str:
    """Return the topic of a camera's depth, aligned to its images (REP 118)."""
    return f'{camera}/depth_registered/image_raw'


class DepthInput:
    """Subscribe to the depth of a camera, until close(); any thread may ask for it."""

    def __init__(self, node: Node, camera: str, statistics: CameraStatistics) -> None:
        self._node = node
        self._topic = depth_topic(camera)
        self._statistics = statistics
        self._buffer = StampedBuffer[Image](_KEPT)
        self._subscription = node.create_subscription(Image, self._topic, self._receive, CAMERA)

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._subscription)

    def of(self, header: Any, image: CameraImage, max_offset: float) -> DepthImage | Finding:
        """
        Return the depth that belongs to an image, upright; or why there is none.

        :param header: of the image's message.
        :param max_offset: how far the stamps may lie apart, seconds.
        """
        found = self._match(header, image, max_offset)
        if isinstance(found, Finding):
            self._statistics.count('no_depth')
        return found

    def _match(self, header: Any, image: CameraImage, max_offset: float) -> DepthImage | Finding:
        wanted = stamp_ns(header.stamp)
        if (nearest := self._buffer.nearest(wanted)) is None:
            return Finding(Reason.NO_DEPTH, f'no depth image has arrived on {self._topic}')
        stamp, message = nearest
        offset = abs(stamp - wanted) * 1e-9
        if not offset <= max_offset:
            return Finding(
                Reason.NO_DEPTH, f'the nearest depth image is {offset:.3f} s from the image by '
                f'its stamp, limit {max_offset:.3f} s', offset, max_offset)
        if message.header.frame_id != header.frame_id:
            return Finding(
                Reason.NO_DEPTH, f'depth is in frame {message.header.frame_id!r}, the image in '
                f'{header.frame_id!r}: have it aligned to the camera')
        try:
            metres = image.rotation.upright(decode_depth(raw_image(message)))
        except ImageError as error:
            return Finding(Reason.NO_DEPTH, f'depth cannot be read: {error}')
        if metres.shape != (image.height, image.width):
            return Finding(
                Reason.NO_DEPTH, f'depth is {metres.shape[1]}x{metres.shape[0]}, the image '
                f'{image.width}x{image.height}: have it aligned to the camera')
        return DepthImage(metres, stamp)

    def _receive(self, message: Image) -> None:
        self._statistics.count('depth_received')
        if self._buffer.put(stamp_ns(message.header.stamp), message):
            self._statistics.count('depth_dropped')
