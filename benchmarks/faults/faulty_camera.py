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

"""A camera that can be broken while it runs, as a thread or as a process of its own."""

from __future__ import annotations

import argparse
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
import math
from pathlib import Path
import sys
import threading
import time
from typing import Any

import cv2
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from benchmarks.faults.images import Clip, Film, Pixels
from seg_node.tools.common.camera_messages import to_time

RATE = 25.0
"""Images a second."""
_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
_KEPT = 4096

Message = Any  # Image or CompressedImage


def to_message(bgr: Pixels) -> Image:
    """Make an Image, bgr8, of an image."""
    pixels = array('B')
    pixels.frombytes(np.ascontiguousarray(bgr).data.cast('B'))
    height, width = bgr.shape[:2]
    return Image(height=height, width=width, encoding='bgr8', step=3 * width, data=pixels)


def to_jpeg(bgr: Pixels) -> CompressedImage:
    """Make a CompressedImage, JPEG, of an image."""
    _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return CompressedImage(format='bgr8; jpeg compressed bgr8',
                           data=array('B', jpeg.tobytes()))


def _same(message: Message) -> Message | None:
    return message


def _now() -> float:
    return time.time()


@dataclass(frozen=True)
class Show:
    """
    What a camera does until it is told otherwise.

    `spoil` may change each message, or return None to leave it out. `stamp` gives ROS time in
    seconds.
    """

    clip: Film
    encode: Callable[[Pixels], Message] = to_message
    spoil: Callable[[Message], Message | None] = _same
    stamp: Callable[[], float] = _now
    rate: float = RATE
    number: int = field(default=0)


class FaultyCamera:
    """
    Publish a show on <name>/image_raw from a thread of its own, until closed.

    Keeps when the messages of each show were published, on the monotonic clock.
    """

    def __init__(self, node: Node, show: Show, name: str = 'camera') -> None:
        """Begin with a show."""
        self._node = node
        self._changed = threading.Condition()
        self._numbers = count(1)
        self._show = replace(show, number=0)
        self._published: deque[tuple[float, int]] = deque(maxlen=_KEPT)
        self._frame_id = f'{name}_optical_frame'
        kind, suffix = Image, ''
        if isinstance(show.encode(show.clip.frame(0)), CompressedImage):
            kind, suffix = CompressedImage, '/compressed'
        self._publisher: Any = node.create_publisher(kind, f'{name}/image_raw{suffix}', _QOS)
        self._ended = False
        self._thread = threading.Thread(target=self._run, name='camera', daemon=True)
        self._thread.start()

    @property
    def current(self) -> Show:
        """What is being shown."""
        return self._show

    def show(self, show: Show) -> Show:
        """Change to another show from the next image on; return it with its number."""
        with self._changed:
            self._show = replace(show, number=next(self._numbers))
            self._changed.notify_all()
            return self._show

    def wait_for(self, show: Show, messages: int, seconds: float) -> list[float]:
        """Wait until that many messages of a show were published; return when they were."""
        def times() -> list[float]:
            return [t for t, number in self._published if number == show.number]

        with self._changed:
            self._changed.wait_for(
                lambda: len(times()) >= messages, min(seconds, threading.TIMEOUT_MAX))
            return times()

    def times(self) -> list[float]:
        """Return when the newest messages were published, on the monotonic clock."""
        with self._changed:
            return [t for t, _ in self._published]

    def subscribers(self) -> int:
        """Count who listens."""
        return int(self._publisher.get_subscription_count())

    def close(self) -> None:
        """Fall silent for good."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()
        self._node.destroy_publisher(self._publisher)

    def _run(self) -> None:
        due = time.monotonic()
        for index in count():
            with self._changed:
                show = self._show
                # A new show begins at once where the rate leaves a long pause.
                self._changed.wait_for(
                    lambda shown=show: self._ended or self._show.rate != shown.rate,
                    max(0.0, due - time.monotonic()))
                if self._ended:
                    return
                show = self._show
            message = show.spoil(show.encode(show.clip.frame(index)))
            if message is not None:
                self._publish(message, show)
            due = max(due + 1.0 / show.rate, time.monotonic() - 1.0)

    def _publish(self, message: Message, show: Show) -> None:
        message.header.frame_id = self._frame_id
        begin = time.monotonic()
        message.header.stamp = to_time(round(show.stamp() * 1e9))
        self._publisher.publish(message)
        with self._changed:
            self._published.append((begin, show.number))
            self._changed.notify_all()


def _tell(camera: FaultyCamera, path: Path) -> None:
    shown = camera.wait_for(camera.current, 1, math.inf)
    print(f'shown {path} {shown[0]:.6f}', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """
    Show images on camera/image_raw as a process, until killed.

    The images are arrays in .npy files, uint8 [N, H, W, 3]; each line on standard input names
    the next file to show. When the first image of a file was published is printed.
    """
    parser = argparse.ArgumentParser(prog='fault_camera')
    parser.add_argument('images', type=Path)
    parser.add_argument('--rate', type=float, default=RATE)
    options = parser.parse_args(argv)

    def show(path: Path) -> Show:
        # Encoded once, so that the process can be as fast as the middleware.
        messages = deque(to_message(image) for image in np.load(path))

        def next_message(_: Pixels) -> Message:
            messages.rotate(-1)
            return messages[0]

        return Show(Clip((np.zeros((1, 1, 3), np.uint8),)), next_message, rate=options.rate)

    rclpy.init()
    camera = FaultyCamera(rclpy.create_node('fault_camera'), show(options.images))
    _tell(camera, options.images)
    for line in sys.stdin:
        path = Path(line.strip())
        camera.show(show(path))
        _tell(camera, path)
    camera.close()
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
