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
"""Cameras for the tests, and what they show; run as a script, a camera process."""

from __future__ import annotations

from array import array
from collections.abc import Callable
import signal
import sys
import threading
import time
from typing import Any

from builtin_interfaces.msg import Time
import cv2
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

Pixels = NDArray[np.uint8]

# BGR, in the tiny model's eyes: path, obstacle, background; UNSURE_GREEN is path, but unsure.
GREEN, RED, BLUE = (30, 200, 20), (20, 30, 200), (200, 30, 20)
UNSURE_GREEN = (100, 125, 80)
WIDTH, HEIGHT = 128, 64      # twice the tiny model's input: classes stay exact


def road(width: int = WIDTH, height: int = HEIGHT, ground: tuple[int, int, int] = GREEN,
         ) -> Pixels:
    """Return an image, BGR uint8 [H, W, 3]: sky above, ground from the middle down."""
    image = np.empty((height, width, 3), np.uint8)
    image[:height // 2] = BLUE
    image[height // 2:] = ground
    return image


def blocked_road() -> Pixels:
    """Return the road with an obstacle across its middle."""
    image = road()
    image[40:56, 48:80] = RED
    return image


def no_road() -> Pixels:
    """Return an image of nothing but background."""
    image = road(ground=BLUE)
    image[HEIGHT // 2:] = (120, 10, 5)
    return image


def raw(image: NDArray[Any], encoding: str = 'bgr8', **fields: Any) -> Image:
    """Make an Image of the array's bytes; fields replace what follows from the array."""
    message = Image(height=image.shape[0], width=image.shape[1], encoding=encoding)
    message.step = image[0].nbytes
    message.data = array('B', image.tobytes())
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def compressed(image: Pixels, kind: str = 'jpeg') -> CompressedImage:
    """Make a CompressedImage, jpeg or png."""
    _, data = cv2.imencode(f'.{kind}', image)
    return CompressedImage(format=kind, data=array('B', data.tobytes()))


class FakeCamera:
    """
    Publish an image message at a steady rate, from a thread of its own, until stopped.

    `message` may be replaced at any time. `stamps` gives each image its stamp, the present by
    default; those sent are kept in `sent`.
    """

    def __init__(self, node: Node, message: Image | CompressedImage, name: str = 'camera', *,
                 reliability: ReliabilityPolicy = ReliabilityPolicy.BEST_EFFORT,
                 rate: float = 25.0, topic: str | None = None,
                 stamps: Callable[[], Time] | None = None) -> None:
        self.message = message
        self.now: Callable[[], Time] = lambda: node.get_clock().now().to_msg()
        self.stamps = stamps or self.now
        self.frame_id = f'{name}_optical_frame'
        self.sent: list[Time] = []
        suffix = '/compressed' if isinstance(message, CompressedImage) else ''
        self._publisher = node.create_publisher(
            type(message), topic or f'{name}/image_raw{suffix}',
            QoSProfile(depth=5, reliability=reliability))
        self._period = 1 / rate
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def publish(self, message: Image | CompressedImage) -> None:
        """Publish one message now."""
        message.header.stamp = self.stamps()
        message.header.frame_id = self.frame_id
        self.sent.append(message.header.stamp)
        self._publisher.publish(message)

    def stop(self) -> None:
        """Fall silent for good."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            self.publish(self.message)
            due += self._period


def main() -> None:
    """Show a free road on camera/image_raw until SIGTERM."""
    rclpy.init()
    try:
        FakeCamera(rclpy.create_node('camera'), raw(road()))
        signal.sigwait([signal.SIGTERM])
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    sys.exit(main())
