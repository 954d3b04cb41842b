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

"""What a robot publishes besides images: camera_info, odometry, and simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
import threading
import time
from typing import Any

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo

from benchmarks.faults.images import CAMERA
from seg_node.recordings.calibration import Calibration
from seg_node.tools.common.camera_messages import camera_info, to_time

CLOCK_RATE = 100.0
"""Messages of /clock a second."""


class Feed:
    """
    Publish the messages that `make` gives at a steady rate, until closed.

    `make` may be replaced at any time; None is not published. `last` is when the newest message
    was published, on the monotonic clock.
    """

    def __init__(self, node: Node, kind: type, topic: str, rate: float,
                 make: Callable[[], Any]) -> None:
        """Begin to publish."""
        self.make = make
        self.last = time.monotonic()
        self._node = node
        self._publisher: Any = node.create_publisher(kind, topic, QoSProfile(depth=5))
        self._period = 1.0 / rate
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=topic, daemon=True)
        self._thread.start()

    def change(self, make: Callable[[], Any]) -> float:
        """Replace `make`, publish at once, and return when, on the monotonic clock."""
        with self._lock:
            self.make = make
            now = time.monotonic()
            self._publish()
            return now

    def subscribers(self) -> int:
        """Count those who listen."""
        return int(self._publisher.get_subscription_count())

    def close(self) -> None:
        """Fall silent for good."""
        self._ended.set()
        self._thread.join()
        self._node.destroy_publisher(self._publisher)

    def _run(self) -> None:
        while not self._ended.wait(self._period):
            with self._lock:
                self._publish()

    def _publish(self) -> None:
        message = self.make()
        if message is not None:
            self.last = time.monotonic()
            self._publisher.publish(message)


class SimulatedTime:
    """ROS time on /clock that runs like real time, and jumps when told to."""

    BEGIN = 1_000.0
    """ROS time in seconds at the beginning."""

    def __init__(self, node: Node) -> None:
        """Begin to publish /clock."""
        self._offset = self.BEGIN - time.monotonic()
        self._feed = Feed(node, Clock, '/clock', CLOCK_RATE, self._message)

    def now(self) -> float:
        """Return ROS time in seconds."""
        return time.monotonic() + self._offset

    def jump(self, seconds: float) -> float:
        """Move ROS time and publish it; return when, on the monotonic clock."""
        self._offset += seconds
        return self._feed.change(self._message)

    def stop(self) -> float:
        """Let ROS time stand still; return since when, on the monotonic clock."""
        halted = self._message()
        return self._feed.change(lambda: halted)

    def resume(self) -> None:
        """Let ROS time run again."""
        self._feed.change(self._message)

    def close(self) -> None:
        """Stop publishing."""
        self._feed.close()

    def _message(self) -> Clock:
        return Clock(clock=to_time(round(self.now() * 1e9)))


def good_info() -> CameraInfo:
    """Return the camera_info of the rendered camera."""
    message = camera_info(Calibration.pinhole(
        CAMERA.width, CAMERA.height, CAMERA.focal_px, CAMERA.cx, CAMERA.cy))
    message.header.frame_id = 'camera_optical_frame'
    message.header.stamp = to_time(time.time_ns())
    return message


@dataclass(frozen=True)
class Mast:
    """What /tf tells of the rendered camera, which sits on a mast: metres, radians, seconds."""

    height: float = CAMERA.height_m
    pitch: float = CAMERA.pitch_rad
    stamp: Callable[[], float] = time.time

    def transform(self) -> TransformStamped:
        """Return the top of the mast in the vehicle's frame."""
        message = TransformStamped(child_frame_id='mast')
        message.header.frame_id = 'base_footprint'
        message.header.stamp = to_time(round(self.stamp() * 1e9))
        message.transform.translation.z = self.height
        message.transform.rotation.y = math.sin(self.pitch / 2)
        message.transform.rotation.w = math.cos(self.pitch / 2)
        return message


def to_lens() -> TransformStamped:
    """Return the optical frame on the mast, as /tf_static tells it."""
    message = TransformStamped(child_frame_id='camera_optical_frame')
    message.header.frame_id = 'mast'
    turn = message.transform.rotation
    turn.x, turn.y, turn.z, turn.w = -0.5, 0.5, -0.5, 0.5
    return message


def odometry(speed: float, left: float = 0.0, stamp: Callable[[], float] = time.time,
             ) -> Callable[[], Odometry]:
    """
    Return what gives odometry of a vehicle at that speed, forward and to the left, m/s.

    :param stamp: gives ROS time in seconds.
    """
    def make() -> Odometry:
        message = Odometry()
        message.header.stamp = to_time(round(stamp() * 1e9))
        message.header.frame_id, message.child_frame_id = 'odom', 'base_link'
        message.twist.twist.linear.x, message.twist.twist.linear.y = speed, left
        return message
    return make
