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

"""<camera>/segmentation/label_info: the class names, where vision_msgs is installed."""

from __future__ import annotations

from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import TRANSIENT_LOCAL


class LabelInfoOutput(CameraOutput):
    """Publish the class names once, for late subscribers too."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        topic = f'{camera}/segmentation/label_info'
        try:
            from vision_msgs.msg import LabelInfo, VisionClass
        except ImportError:
            node.get_logger().info(f'vision_msgs is not installed: no {topic}', once=True)
            return
        message = LabelInfo(class_map=[
            VisionClass(class_id=index, class_name=info.name)
            for index, info in enumerate(model.classes)])
        message.header.stamp = node.get_clock().now().to_msg()
        self._publisher(LabelInfo, topic, TRANSIENT_LOCAL).publish(message)

    def publish(self, result: CameraResult) -> None:
        """Do nothing: the names do not change with a frame."""
