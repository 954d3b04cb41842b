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
<camera>/segmentation/points: the ground point of each pixel of the mask, with its label.

With a depth camera, the point that it shows: of what stands up too.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2

from seg_node.free_space.ground_points import depth_points, ground_points
from seg_node.parameters.structure import Structure
from seg_node.perception.labels import ground_lut
from seg_node.perception.models.model import Model
from seg_node.ros.clouds import blank_cloud
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import IMAGES
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry

_POINT = np.dtype([('x', np.float32), ('y', np.float32), ('z', np.float32), ('label', np.uint32),
                   ('confidence', np.float32)])
_WHOLE = np.s_[:, :]
_SHARES = (np.arange(256) / 255).astype(np.float32)


class PointsOutput(CameraOutput):
    """Publish an organised cloud with the header and the pixels of the mask."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        self._points = None
        if structure.geometry is Geometry.GROUND:
            self._points = self._publisher(PointCloud2, f'{camera}/segmentation/points', IMAGES)
        # NaN takes all numbers of a point along: what is no ground lies nowhere.
        self._kept = np.where(ground_lut(model.classes), 1.0, np.nan).astype(np.float32)
        self._built: tuple[object, ...] = ()

    def publish(self, result: CameraResult) -> None:
        """Publish the points of a believed frame."""
        view = result.assessment.view
        if (self._points is None or view is None or not result.believed
                or not self._points.get_subscription_count()):
            return
        labels = result.as_sent(result.output.mask)
        wanted = view, labels.shape, result.assessment.limits.ground.max_range
        if self._built != wanted:
            self._lay(result.as_sent(ground_points(
                view.scaled(result.output.width, result.output.height), wanted[2])))
            self._built = wanted
        depth = result.assessment.depth
        # Beyond the ground only depth leaves points, and takes them away with the next frame.
        part = self._part if depth is None and not self._deep else _WHOLE
        self._deep = depth is not None
        kept = cv2.LUT(labels[part], self._kept)
        for ground, name in zip(self._ground, 'xyz', strict=True):
            np.multiply(ground[part], kept, out=self._cloud[name][part])
        if depth is not None:
            self._place_by_depth(result, view, depth.metres)
        self._cloud['label'] = labels
        self._cloud['confidence'] = cv2.LUT(
            result.as_sent(result.output.confidence_full), _SHARES)
        self._message.header = result.header
        self._points.publish(self._message)

    def _place_by_depth(self, result: CameraResult, view: View,
                        metres: NDArray[np.float32]) -> None:
        """Put what has a depth where that is, also what stands up."""
        size = result.output.width, result.output.height
        deep = result.as_sent(depth_points(view.scaled(*size), np.asarray(
            cv2.resize(metres, size, interpolation=cv2.INTER_NEAREST), np.float32)))
        there = np.isfinite(deep[..., 2])
        for axis, name in enumerate('xyz'):
            np.copyto(self._cloud[name], deep[..., axis], where=there)

    def _lay(self, ground: NDArray[np.float32]) -> None:
        """Keep the points [H, W, 3] of a view, and a message that all frames of it are put in."""
        self._ground = [np.ascontiguousarray(ground[..., axis]) for axis in range(3)]
        self._message, self._cloud = blank_cloud(_POINT, ground.shape[:2])
        for name in 'xyz':
            self._cloud[name] = np.nan
        self._deep = False
        left, top, width, height = cv2.boundingRect(
            np.isfinite(self._ground[2]).astype(np.uint8))
        self._part = np.s_[top:top + height, left:left + width] if width else _WHOLE
