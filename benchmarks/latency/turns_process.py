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

"""
A planner as a process: subscribe in turns to all that the node tells of the world, and to nothing.

Messages stay serialized: what they are for is not measured. Lines `told|alone,begin,end` (ns) of
the turns and `heard,topic,messages` go to a file at the interrupt.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
import sys
import time
from typing import Any

from nav_msgs.msg import OccupancyGrid
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, Image, LaserScan, PointCloud2
from visualization_msgs.msg import MarkerArray

from seg_node.perception.process_memory import keep_freed_memory
from seg_node.tools.common.command_line import StopFlag

TOLD, ALONE = 'told', 'alone'
"""The turns: with all subscribed to, and with nobody there."""
_OF_CAMERA = {'points': PointCloud2, 'camera_info': CameraInfo, 'instances': Image}
_OF_VEHICLE = {'obstacles': PointCloud2, 'free': PointCloud2, 'scan': LaserScan,
               'things': MarkerArray, 'grid': OccupancyGrid}
_DEPTH = 5


def world_topics(node: str, camera: str) -> dict[str, Any]:
    """Return the topics, with their types, that tell of the world what one camera sees."""
    return {**{f'/{camera}/segmentation/{name}': kind for name, kind in _OF_CAMERA.items()},
            **{f'{node}/{name}': kind for name, kind in _OF_VEHICLE.items()}}


def listen_in_turns(node: Node, topics: dict[str, Any], seconds: float, stop: StopFlag,
                    ) -> list[str]:
    """Take turns until stopped; return what is to be told of them."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    heard: Counter[str] = Counter()
    lines = []
    turn = ALONE
    while not stop:
        turn = ALONE if turn == TOLD else TOLD
        subscriptions = [
            node.create_subscription(
                kind, topic, lambda _, topic=topic: heard.update([topic]), _DEPTH, raw=True)
            for topic, kind in topics.items() if turn == TOLD]
        begin, deadline = time.time_ns(), time.monotonic() + seconds
        while not stop and time.monotonic() < deadline:
            executor.spin_once(timeout_sec=0.1)
        lines.append(f'{turn},{begin},{time.time_ns()}')
        for subscription in subscriptions:
            node.destroy_subscription(subscription)
    executor.shutdown()
    return lines + [f'heard,{topic},{heard[topic]}' for topic in topics]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process."""
    stop = StopFlag()
    parser = argparse.ArgumentParser(prog='turns')
    parser.add_argument('--node', required=True)
    parser.add_argument('--camera', required=True)
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--log', type=Path, required=True)
    given = parser.parse_args(argv)
    keep_freed_memory()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('turns', start_parameter_services=False)
    lines = listen_in_turns(node, world_topics(given.node, given.camera), given.seconds, stop)
    given.log.write_text('\n'.join(lines), encoding='utf-8')
    node.destroy_node()
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
