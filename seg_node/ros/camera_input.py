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
"""The subscriptions to one camera: put each image into the newest-frame slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from seg_node.ros.clocks import Clocks
from seg_node.ros.following import FollowingSubscription, Wanted
from seg_node.ros.newest_frames import CameraFrame, NewestFrames
from seg_node.ros.qos import CAMERA, CAMERA_INFO, TRANSIENT_LOCAL
from seg_node.ros.statistics import CameraStatistics
from seg_node.stop_go.camera_view import fingerprint

# Seconds in which the worker prepares the image for the network. rclpy would spend the first 0.7
# ms of them in Python, on waiting for the next message, and the two share the interpreter's lock.
# Nothing waits for it: the next image could not be worked on before this one either.
_LEAVE_TO_WORKER = 0.002


class CameraInput:
    """Subscribe to <camera>/image_raw, or its /compressed, and camera_info, until close()."""

    def __init__(self, node: Node, camera: str, transport: str, frames: NewestFrames,
                 statistics: CameraStatistics, clocks: Clocks) -> None:
        self._node = node
        self._camera = camera
        self._frames = frames
        self._statistics = statistics
        self._clocks = clocks
        self._camera_info: CameraInfo | None = None
        self._info_changes = 0
        self._last_number: dict[Any, int] = {}
        topic, kind = f'{camera}/image_raw', Image
        if transport == 'compressed':
            topic, kind = f'{topic}/compressed', CompressedImage
        self._subscription = node.create_subscription(kind, topic, self._receive, CAMERA)
        self._infos = FollowingSubscription(
            node, f'{camera}/camera_info', _every_driver, self._receive_info)

    def close(self) -> None:
        """Stop listening."""
        self._infos.close()
        self._node.destroy_subscription(self._subscription)

    def _receive(self, message: Any, info: Mapping[str, Any]) -> None:
        now = self._clocks.now()
        self._statistics.arrived(now.steady)
        self._count_lost(info)
        if self._frames.put(CameraFrame(self._camera, message, now, self._camera_info,
                                        self._info_changes)):
            time.sleep(_LEAVE_TO_WORKER)

    def _receive_info(self, message: CameraInfo) -> None:
        known, self._camera_info = self._camera_info, message
        if known is not None and fingerprint(known) != fingerprint(message):
            self._info_changes += 1

    def _count_lost(self, info: Mapping[str, Any]) -> None:
        """Count the images that were sent since the last one and never came here."""
        number = info.get('publication_sequence_number')
        if number is None:      # a middleware that does not number its messages
            return
        publisher = bytes(info.get('publisher_gid', {}).get('data', b''))
        gap = number - self._last_number.get(publisher, number) - 1
        self._last_number[publisher] = number
        if gap > 0:
            self._statistics.count('lost', gap)


def _every_driver(publishers: Sequence[TopicEndpointInfo]) -> Sequence[Wanted]:
    """Hear those who send again and again, and what was sent once and is kept for us."""
    again, kept = Wanted(CameraInfo, CAMERA_INFO), Wanted(CameraInfo, TRANSIENT_LOCAL)
    # A publisher that is best effort keeps nothing, whatever it says of its durability.
    if any(each.qos_profile.durability is DurabilityPolicy.TRANSIENT_LOCAL
           and each.qos_profile.reliability is ReliabilityPolicy.RELIABLE for each in publishers):
        return again, kept
    return (again,)
