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
<camera>/segmentation/instances, ~/things and, with vision_msgs, detections: things told apart.

With several cameras each has its own ~/<camera>/things and ~/<camera>/detections.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
import importlib
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from seg_node.free_space.things import ThingMeter, Things
from seg_node.parameters.structure import Structure
from seg_node.perception.labels import resize_labels
from seg_node.perception.models.model import Model
from seg_node.ros.messages import ImageMessage, stamp_ns
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import IMAGES
from seg_node.ros.thing_messages import ThingMarkers, to_detections_2d, to_detections_3d
from seg_node.stop_go.limits import Geometry

Send = Callable[[Any, CameraResult, Things, Header], None]


class ThingsOutput(CameraOutput):
    """Publish the things of believed frames, measured once for all topics, in metres."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        self._camera = camera.strip('/')
        self._base_frame = structure.base_frame
        self._meter = ThingMeter(model.classes)
        self._image = ImageMessage()
        self._shown: set[int] = set()
        self._topics: list[tuple[Any, Send]] = []
        if structure.geometry is not Geometry.GROUND:
            return
        prefix = '~' if len(structure.cameras) == 1 else f'~/{self._camera}'
        own = f'{camera}/segmentation'
        self._offer(Image, f'{own}/instances', self._send_instances)
        for package, kind, topic, send in (
                ('visualization_msgs', 'MarkerArray', f'{prefix}/things', self._send_markers),
                ('vision_msgs', 'Detection2DArray', f'{own}/detections', self._send_2d),
                ('vision_msgs', 'Detection3DArray', f'{prefix}/detections', self._send_3d)):
            try:
                message = getattr(importlib.import_module(f'{package}.msg'), kind)
            except ImportError:
                node.get_logger().info(f'{package} is not installed: no {topic}')
                continue
            self._offer(message, topic, send)

    def publish(self, result: CameraResult) -> None:
        """Publish the things of a frame, also that there are none."""
        wanted = [(publisher, send) for publisher, send in self._topics
                  if publisher.get_subscription_count()]
        if not wanted or result.assessment.view is None or not result.believed:
            return
        seen = result.segmentation
        things = self._meter.measure(
            seen.labels, seen.confidence, seen.instances, result.assessment,
            stamp_ns(result.header.stamp) * 1e-9)
        result.count('things_small', things.small)
        result.count('things_footless', things.footless)
        header = Header(stamp=result.header.stamp, frame_id=self._base_frame)
        for publisher, send in wanted:
            send(publisher, result, things, header)

    @cached_property
    def _markers(self) -> ThingMarkers:
        return ThingMarkers(self._camera)

    def _offer(self, kind: type, topic: str, send: Send) -> None:
        self._topics.append((self._publisher(kind, topic, IMAGES), send))

    def _send_instances(self, publisher: Any, result: CameraResult, things: Things,
                        header: Header) -> None:
        size = result.output.width, result.output.height
        publisher.publish(self._image.fill(
            result.as_sent(resize_labels(things.instances, size)), result.header))

    def _send_markers(self, publisher: Any, result: CameraResult, things: Things,
                      header: Header) -> None:
        ids = {thing.id for thing in things.things}
        publisher.publish(self._markers.to_markers(
            things.things, sorted(self._shown - ids), header))
        self._shown = ids

    def _send_2d(self, publisher: Any, result: CameraResult, things: Things,
                 header: Header) -> None:
        size = result.output.width, result.output.height
        publisher.publish(to_detections_2d(
            things.things, size, result.image.rotation, result.header))

    def _send_3d(self, publisher: Any, result: CameraResult, things: Things,
                 header: Header) -> None:
        publisher.publish(to_detections_3d(things.things, header))
