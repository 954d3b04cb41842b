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
"""The images that are published for one camera, each only while somebody subscribes."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CompressedImage, Image

from seg_node.drawing.decision_overlay import draw_overlay
from seg_node.perception.models.model import Model
from seg_node.perception.segmenter import Segmentation
from seg_node.ros.messages import to_image, to_jpeg
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.verdict import Verdict

# Reliable for recorders; a few frames deep, so that a slow one loses no neighbours of a hiccup.
_QOS = QoSProfile(depth=5)


class CameraOutputs:
    """Publish mask, confidence and overlay of one camera."""

    def __init__(self, node: Node, camera: str, model: Model, jpeg_quality: int) -> None:
        self._node = node
        self._model = model
        self._jpeg_quality = jpeg_quality
        base = f'{camera}/segmentation'
        self._mask = node.create_publisher(Image, f'{base}/mask', _QOS)
        self._confidence = node.create_publisher(Image, f'{base}/confidence', _QOS)
        self._overlay = node.create_publisher(Image, f'{base}/overlay', _QOS)
        self._jpeg = node.create_publisher(CompressedImage, f'{base}/overlay/compressed', _QOS)
        self._label_info = _publish_label_info(node, f'{base}/label_info', model)

    def publish_labels(self, segmentation: Segmentation, header: Any) -> None:
        """Publish mask and confidence at the image's size, with the camera's header."""
        if self._mask.get_subscription_count():
            self._mask.publish(to_image(segmentation.mask, header))
        if self._confidence.get_subscription_count():
            self._confidence.publish(to_image(segmentation.confidence_full, header))

    def publish_overlay(self, bgr: NDArray[Any], segmentation: Segmentation, header: Any,
                        assessment: Assessment, verdict: Verdict, inference_ms: float) -> None:
        """Publish the image for people, as Image and as JPEG."""
        raw = self._overlay.get_subscription_count() > 0
        jpeg = self._jpeg.get_subscription_count() > 0
        if not (raw or jpeg):
            return
        image = draw_overlay(bgr, segmentation, assessment, verdict, inference_ms)
        if raw:
            self._overlay.publish(to_image(image, header))
        if jpeg:
            self._jpeg.publish(to_jpeg(image, header, self._jpeg_quality))

    def close(self) -> None:
        """Withdraw the topics."""
        for publisher in (self._mask, self._confidence, self._overlay, self._jpeg,
                          self._label_info):
            if publisher is not None:
                self._node.destroy_publisher(publisher)


def _publish_label_info(node: Node, topic: str, model: Model) -> Any:
    """Publish the class names once, for whoever comes later too; needs vision_msgs."""
    try:
        from vision_msgs.msg import LabelInfo, VisionClass
    except ImportError:
        node.get_logger().info(f'vision_msgs is not installed: no {topic}', once=True)
        return None
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    publisher = node.create_publisher(LabelInfo, topic, qos)
    message = LabelInfo(class_map=[
        VisionClass(class_id=index, class_name=info.name)
        for index, info in enumerate(model.classes)])
    message.header.stamp = node.get_clock().now().to_msg()
    publisher.publish(message)
    return publisher
