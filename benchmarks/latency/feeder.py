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
Cameras as a process: publish frames by absolute deadlines, stamped when they are handed over.

Writes `camera,stamp` of every frame to a file when it is interrupted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
import sys
import time
from typing import Any

from nav_msgs.msg import Odometry
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from benchmarks.latency.case import Case, ENCODINGS, JPEG
from benchmarks.latency.images import jpeg, road_camera, road_images
from benchmarks.sent_as import sent_as
from seg_node.perception.images.layout import Layout
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion
from seg_node.tools.common.camera_messages import to_odometry, to_time
from seg_node.tools.common.command_line import StopFlag

SPEED = 1.0
"""Metres a second, of the vehicle that has the cameras."""
READY = 'ready'
"""Printed once the first frame can go out."""


def case_options(parser: argparse.ArgumentParser) -> None:
    """Add what makes a case."""
    parser.add_argument('--width', type=int, required=True)
    parser.add_argument('--height', type=int, required=True)
    parser.add_argument('--encoding', choices=ENCODINGS, required=True)
    parser.add_argument('--cameras', type=int, required=True)
    parser.add_argument('--rate', type=float, required=True)
    parser.add_argument('--geometry', type=Geometry, required=True)


def case_arguments(case: Case) -> list[str]:
    """Return the arguments that stand for a case."""
    return ['--width', str(case.width), '--height', str(case.height), '--cameras',
            str(case.cameras), '--rate', str(case.rate), '--encoding', case.encoding,
            '--geometry', case.geometry.value]


def messages(case: Case) -> list[Any]:
    """Return the images as messages, to be stamped and published again and again."""
    return [_message(bgr, case.encoding) for bgr in road_images(case.width, case.height)]


def _message(bgr: NDArray[np.uint8], encoding: str) -> Any:
    if encoding == JPEG:
        return CompressedImage(format=JPEG, data=jpeg(bgr))
    rows = sent_as(bgr, Layout[encoding.upper()])
    message = Image(height=bgr.shape[0], width=bgr.shape[1], encoding=encoding,
                    step=rows.shape[1])
    message.data.frombytes(rows.tobytes())
    return message


def feed(case: Case, log: Path, stop: StopFlag) -> None:
    """Publish until stopped; the cameras take turns within a period."""
    node = rclpy.create_node('feeder', start_parameter_services=False)
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    topic = 'image_raw/compressed' if case.compressed else 'image_raw'
    kind = CompressedImage if case.compressed else Image
    publishers = [node.create_publisher(kind, f'/{name}/{topic}', qos)
                  for name in case.camera_names]
    describe = _describer(node, case)
    shown = messages(case)
    sent: list[str] = []
    print(READY, flush=True)
    begin, period, number = time.monotonic(), 1.0 / (case.rate * case.cameras), 0
    while stop.sleep_until(begin + number * period):
        camera = number % case.cameras
        message = shown[number // case.cameras % len(shown)]
        describe(camera)
        stamp = time.time_ns()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 10**9)
        publishers[camera].publish(message)
        sent.append(f'{case.camera_names[camera]},{stamp}')
        number += 1
    log.write_text('\n'.join(sent), encoding='utf-8')
    node.destroy_node()


def _describer(node: Node, case: Case) -> Callable[[int], None]:
    """Return what tells the node of a camera and of its vehicle, before each image."""
    if case.geometry is not Geometry.GROUND:
        return lambda camera: None
    info, _ = road_camera(case.width, case.height)
    infos = [node.create_publisher(CameraInfo, f'/{name}/camera_info', 5)
             for name in case.camera_names]
    odometry = node.create_publisher(Odometry, '/odom', 5)
    motion, begin = Motion(SPEED), time.time_ns()

    def describe(camera: int) -> None:
        now = time.time_ns()
        odometry.publish(to_odometry(motion, Place(SPEED * (now - begin) / 1e9, 0.0, 0.0), now))
        info.header.stamp = to_time(now)
        infos[camera].publish(info)

    return describe


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process."""
    stop = StopFlag()
    parser = argparse.ArgumentParser(prog='feeder')
    case_options(parser)
    parser.add_argument('--log', type=Path, required=True)
    given = parser.parse_args(argv)
    case = Case(given.width, given.height, given.encoding, given.cameras, given.rate,
                given.geometry)
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    feed(case, given.log, stop)
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
