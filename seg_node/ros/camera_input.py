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
"""The subscription to one camera: puts each image into the newest-frame slots."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from seg_node.ros.clocks import Clocks
from seg_node.ros.newest_frames import Frame, NewestFrames
from seg_node.ros.statistics import CameraStatistics

# Best effort takes any camera, reliable or not; one deep, because only the newest image counts.
_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class CameraInput:
    """Subscribe to <camera>/image_raw, or its /compressed, from construction to close()."""

    def __init__(self, node: Node, camera: str, transport: str, frames: NewestFrames,
                 statistics: CameraStatistics, clocks: Clocks) -> None:
        self._node = node
        self._camera = camera
        self._frames = frames
        self._statistics = statistics
        self._clocks = clocks
        topic, kind = f'{camera}/image_raw', Image
        if transport == 'compressed':
            topic, kind = f'{topic}/compressed', CompressedImage
        self._subscription = node.create_subscription(
            kind, topic, self._receive, _QOS, callback_group=MutuallyExclusiveCallbackGroup(),
            event_callbacks=SubscriptionEventCallbacks(message_lost=self._lost))

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._subscription)

    def _receive(self, message: Any) -> None:
        now = self._clocks.now()
        self._statistics.arrived(now.steady)
        self._frames.put(Frame(self._camera, message, now))

    def _lost(self, event: Any) -> None:
        self._statistics.count('lost', event.total_count_change)
