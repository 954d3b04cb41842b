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
Whoever asks more of the node in every other turn, as a process.

A planner that subscribes to all that the node tells of the world (messages stay serialized: what
they are for is not measured), or one who lets both witnesses of the second opinion stop. Lines
`with|without,begin,end` (ns) of the turns and `heard,topic,messages` go to a file when it ends.
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
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, Image, LaserScan, PointCloud2
from visualization_msgs.msg import MarkerArray

from seg_node.errors import UserError
from seg_node.perception.process_memory import keep_freed_memory
from seg_node.stop_go.second_opinion.opinion_limits import OFF, STOP
from seg_node.stop_go.verdict import Reason
from seg_node.tools.common.command_line import StopFlag

WITH, WITHOUT = 'with', 'without'
"""The turns."""
OUTPUTS, WITNESSES = 'outputs', 'witnesses'
"""What is asked in those with it."""
_ANSWER = 5.0
"""Seconds for the node to change its parameters."""
_OF_CAMERA = {'points': PointCloud2, 'camera_info': CameraInfo, 'instances': Image}
_OF_VEHICLE = {'obstacles': PointCloud2, 'free': PointCloud2, 'scan': LaserScan,
               'things': MarkerArray, 'grid': OccupancyGrid}
_DEPTH = 5


def world_topics(node: str, camera: str) -> dict[str, Any]:
    """Return the topics, with their types, that tell of the world what one camera sees."""
    return {**{f'/{camera}/segmentation/{name}': kind for name, kind in _OF_CAMERA.items()},
            **{f'{node}/{name}': kind for name, kind in _OF_VEHICLE.items()}}


class Planner:
    """Subscribes to all that is told of the world."""

    def __init__(self, node: Node, topics: dict[str, Any]) -> None:
        self._node, self._topics = node, topics
        self._subscriptions: list[Any] = []
        self.heard: Counter[str] = Counter(dict.fromkeys(topics, 0))

    def begin(self) -> None:
        """Subscribe."""
        self._subscriptions = [self._node.create_subscription(
            kind, topic, lambda _, topic=topic: self.heard.update([topic]), _DEPTH, raw=True)
            for topic, kind in self._topics.items()]

    def end(self) -> None:
        """Be gone."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions = []


class Doubter:
    """Lets the witnesses stop, so that decisions wait for them; else they are not asked."""

    def __init__(self, node: Node, asked: str) -> None:
        self._client = AsyncParameterClient(node, asked)
        self._executor = SingleThreadedExecutor()
        self._node = node
        self.heard: Counter[str] = Counter()

    def begin(self) -> None:
        """Ask both."""
        self._set(STOP)

    def end(self) -> None:
        """Ask none."""
        self._set(OFF)

    def _set(self, mode: str) -> None:
        self._client.wait_for_services(_ANSWER)
        future = self._client.set_parameters([
            Parameter(f'second_opinion.{witness.value}', value=mode)
            for witness in (Reason.STANDS_UP, Reason.LOOKS_DIFFERENT)])
        rclpy.spin_until_future_complete(self._node, future, self._executor, _ANSWER)
        if not future.done() or not all(each.successful for each in future.result().results):
            raise UserError(f'the node does not set its witnesses to {mode}')


def take_turns(node: Node, asking: Planner | Doubter, seconds: float, stop: StopFlag) -> list[str]:
    """Take turns until stopped; return what is to be told of them."""
    executor = SingleThreadedExecutor()
    lines = []
    turn = WITHOUT
    asking.end()
    while not stop:
        turn = WITHOUT if turn == WITH else WITH
        if turn == WITH:
            asking.begin()
        begin, deadline = time.time_ns(), time.monotonic() + seconds
        while not stop and time.monotonic() < deadline:
            rclpy.spin_once(node, executor=executor, timeout_sec=0.1)
        lines.append(f'{turn},{begin},{time.time_ns()}')
        if turn == WITH:
            asking.end()
    return lines + [f'heard,{topic},{count}' for topic, count in asking.heard.items()]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process."""
    stop = StopFlag()
    parser = argparse.ArgumentParser(prog='turns')
    parser.add_argument('--of', choices=(OUTPUTS, WITNESSES), required=True)
    parser.add_argument('--node', required=True)
    parser.add_argument('--camera', required=True)
    parser.add_argument('--seconds', type=float, required=True)
    parser.add_argument('--log', type=Path, required=True)
    given = parser.parse_args(argv)
    keep_freed_memory()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('turns', start_parameter_services=False)
    asking = (Planner(node, world_topics(given.node, given.camera)) if given.of == OUTPUTS
              else Doubter(node, given.node))
    lines = take_turns(node, asking, given.seconds, stop)
    given.log.write_text('\n'.join(lines), encoding='utf-8')
    node.destroy_node()
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
