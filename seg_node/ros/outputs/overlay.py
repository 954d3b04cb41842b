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

"""<camera>/segmentation/overlay and overlay/compressed: the image for people."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from seg_node.drawing.overlay import draw_decision
from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.ros.messages import ImageMessage, to_jpeg
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import IMAGES


class OverlayOutput(CameraOutput):
    """Publish what was seen and decided, drawn once for both topics."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        topic = f'{camera}/segmentation/overlay'
        self._raw = self._publisher(Image, topic, IMAGES)
        self._image = ImageMessage()
        self._jpeg = self._publisher(CompressedImage, f'{topic}/compressed', IMAGES)
        self._quality = structure.jpeg_quality

    def publish(self, result: CameraResult) -> None:
        """Draw the overlay and publish it."""
        raw = self._raw.get_subscription_count() > 0
        jpeg = self._jpeg.get_subscription_count() > 0
        if not (raw or jpeg):
            return
        image = result.as_sent(draw_decision(
            result.image.bgr, result.segmentation, result.assessment, result.verdict,
            result.inference * 1e3))
        if raw:
            self._raw.publish(self._image.fill(image, result.header))
        if jpeg:
            self._jpeg.publish(to_jpeg(image, result.header, self._quality))
