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
The simplest segmentation nodes there are, to compare with: infer in the callback, then publish.

`simple` is what one writes with rclpy, OpenCV and ONNX Runtime as they come; `callback` calls our
Segmenter instead, as quick as it is. They judge nothing: stop is whether the lower middle of the
image lacks path. What they do for a frame, though, is the same as far as it goes: decode,
network, mask at the camera's size, stop. `relay` only passes on that an image has come, which
tells what DDS and rclpy take.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
import sys
from typing import Any

import cv2
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
import numpy as np
from numpy.typing import NDArray
import onnxruntime
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Bool

from seg_node.perception.backends.contract import INPUT
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.model import load_model, Model
from seg_node.perception.process_memory import keep_freed_memory
from seg_node.perception.segmenter import Segmenter
from seg_node.ros.messages import decode_message, stamp_ns, stamp_text

_MIN_PATH = 0.5


class Relay(Node):
    """Subscribe, and publish at once."""

    def __init__(self, cameras: Sequence[str], compressed: bool) -> None:
        super().__init__('simple')
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._stop = self.create_publisher(Bool, '~/stop', 10)
        self._state = self.create_publisher(DiagnosticStatus, '~/state', 10)
        kind = CompressedImage if compressed else Image
        topic = 'image_raw/compressed' if compressed else 'image_raw'
        for camera in cameras:
            self.create_subscription(
                kind, f'/{camera}/{topic}',
                lambda message, camera=camera: self._take(message, camera), qos)

    def _take(self, message: Any, camera: str) -> None:
        self._say(message, camera, True)

    def _say(self, message: Any, camera: str, stop: bool) -> None:
        self._stop.publish(Bool(data=stop))
        self._state.publish(DiagnosticStatus(name='simple', values=[KeyValue(
            key=f'{camera}.image_stamp', value=stamp_text(stamp_ns(message.header.stamp)))]))


class SimpleNode(Relay):
    """Subscribe, infer in the callback, publish."""

    def __init__(self, model: Model, cameras: Sequence[str], compressed: bool) -> None:
        super().__init__(cameras, compressed)
        self._graph = onnxruntime.InferenceSession(
            str(model.graph), providers=['CPUExecutionProvider'])
        self._size = model.width, model.height
        self._drivable = model.drivable_ids
        self._masks = {camera: self.create_publisher(Image, f'/{camera}/segmentation/mask', 1)
                       for camera in cameras}

    def _take(self, message: Any, camera: str) -> None:
        labels, mask = self._segment(decode_message(message).bgr)
        output = Image(header=message.header, height=mask.shape[0], width=mask.shape[1],
                       encoding='mono8', step=mask.shape[1])
        output.data.frombytes(mask.tobytes())
        self._masks[camera].publish(output)
        height, width = labels.shape
        ahead = np.isin(labels[height // 2:, width // 3:2 * width // 3], self._drivable)
        self._say(message, camera, bool(ahead.mean() < _MIN_PATH))

    def _segment(self, bgr: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the labels at the network's size and at the image's."""
        rgb = cv2.cvtColor(cv2.resize(bgr, self._size), cv2.COLOR_BGR2RGB)
        labels = self._graph.run(['labels'], {INPUT: rgb[None]})[0][0]
        mask = cv2.resize(labels, (bgr.shape[1], bgr.shape[0]), interpolation=cv2.INTER_NEAREST)
        return labels, np.asarray(mask, np.uint8)


class CallbackNode(SimpleNode):
    """The same with our Segmenter."""

    def __init__(self, model: Model, cameras: Sequence[str], compressed: bool) -> None:
        super().__init__(model, cameras, compressed)
        self._segmenter = Segmenter.open(model, BackendOptions(name='onnxruntime'))

    def _segment(self, bgr: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        seen = self._segmenter.segment(bgr)
        return seen.labels, seen.mask


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process until SIGINT."""
    parser = argparse.ArgumentParser(prog='simple_node')
    parser.add_argument('kind', choices=('simple', 'callback', 'relay'))
    parser.add_argument('--model', required=True)
    parser.add_argument('--cameras', nargs='+', required=True)
    parser.add_argument('--compressed', action='store_true')
    given = parser.parse_args(argv)
    rclpy.init()
    if given.kind == 'relay':
        keep_freed_memory()      # no less can be had
        node = Relay(given.cameras, given.compressed)
    else:
        kind = SimpleNode if given.kind == 'simple' else CallbackNode
        node = kind(load_model(given.model), given.cameras, given.compressed)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
