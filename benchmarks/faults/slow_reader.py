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

"""A subscriber to all that the node publishes; frozen, it is one that never reads again."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Float32

READY = 'heard'
_TOPICS = (
    (Bool, '/seg_node/stop'), (Float32, '/seg_node/speed_limit'),
    (DiagnosticStatus, '/seg_node/state'), (DiagnosticArray, '/diagnostics'),
    (Image, '/camera/segmentation/mask'), (Image, '/camera/segmentation/overlay'))


def main() -> None:
    """Subscribe, reliably; say so once all topics were heard."""
    rclpy.init()
    node = Node('slow_reader')
    heard: set[str] = set()

    def hear(topic: str) -> None:
        heard.add(topic)
        if len(heard) == len(_TOPICS):
            print(READY, flush=True)

    for kind, topic in _TOPICS:
        node.create_subscription(kind, topic, lambda _, topic=topic: hear(topic), 10)
    rclpy.spin(node)


if __name__ == '__main__':
    main()
