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

"""<camera>/segmentation/confidence: how sure the network is, at the size of the output."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import Image

from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.ros.messages import ImageMessage
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import IMAGES


class ConfidenceOutput(CameraOutput):
    """Publish mono8 confidence; 255 is certain."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        self._confidence = self._publisher(Image, f'{camera}/segmentation/confidence', IMAGES)
        self._image = ImageMessage()

    def publish(self, result: CameraResult) -> None:
        """Publish the confidence."""
        if self._confidence.get_subscription_count():
            self._confidence.publish(self._image.fill(
                result.as_sent(result.output.confidence_full), result.header))
