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
import threading
import time
from typing import Any

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


def odometry(speed: float, yaw_rate: float = 0.0) -> Callable[[], Odometry]:
    """Return what gives odometry of a vehicle at that speed (m/s) and yaw rate (rad/s)."""
    def make() -> Odometry:
        message = Odometry()
        message.header.stamp = to_time(time.time_ns())
        message.header.frame_id, message.child_frame_id = 'odom', 'base_link'
        message.twist.twist.linear.x = speed
        message.twist.twist.angular.z = yaw_rate
        return message
    return make
