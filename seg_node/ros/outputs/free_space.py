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
~/obstacles, ~/free and ~/scan: what stands on the ground and where it is free, in base_frame.

With several cameras each has its own, ~/<camera>/obstacles and so on: a planner takes each as a
source of its own, with its own stamps, its own timeout and its own place.
"""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import LaserScan, PointCloud2
from std_msgs.msg import Header

from seg_node.free_space.free_space import FreeSpaceMeter, POINT_HEIGHT
from seg_node.free_space.scan import ANGLE_MIN, BEAMS, INCREMENT, RANGE_MIN, Scanner
from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.ros.clouds import at_height, to_cloud
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import IMAGES
from seg_node.stop_go.limits import Geometry


class FreeSpaceOutput(CameraOutput):
    """Publish clouds and scan, measured once for all of them, where the geometry has metres."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        self._base_frame = structure.base_frame
        self._measures = structure.geometry is Geometry.GROUND
        if not self._measures:
            return
        prefix = '~' if len(structure.cameras) == 1 else f'~/{camera.strip("/")}'
        self._obstacles = self._publisher(PointCloud2, f'{prefix}/obstacles', IMAGES)
        self._free = self._publisher(PointCloud2, f'{prefix}/free', IMAGES)
        self._scan = self._publisher(LaserScan, f'{prefix}/scan', IMAGES)
        self._meter = FreeSpaceMeter(model.classes)
        self._scanner = Scanner(structure.scan_range)
        self._beams = LaserScan(
            angle_min=ANGLE_MIN, angle_increment=INCREMENT,
            angle_max=ANGLE_MIN + (BEAMS - 1) * INCREMENT, range_min=RANGE_MIN,
            range_max=structure.scan_range)
        self._beams.ranges.frombytes(bytes(4 * BEAMS))
        self._ranges = np.frombuffer(self._beams.ranges, np.float32)

    def publish(self, result: CameraResult) -> None:
        """Publish what a believed frame shows, also that it shows nothing: empty clouds."""
        view = result.assessment.view
        if not self._measures or view is None or not result.believed:
            return
        obstacles, free, scan = (publisher.get_subscription_count() > 0 for publisher in (
            self._obstacles, self._free, self._scan))
        if not (obstacles or free or scan):
            return
        limits = result.assessment.limits
        seen = self._meter.measure(
            result.segmentation.labels, result.segmentation.confidence, view, limits)
        header = Header(stamp=result.header.stamp, frame_id=self._base_frame)
        if obstacles:
            self._obstacles.publish(to_cloud(at_height(seen.obstacles(), POINT_HEIGHT), header))
        if free:
            self._free.publish(to_cloud(at_height(seen.free_ends(), POINT_HEIGHT), header))
        if scan:
            self._beams.header = header
            self._ranges[:] = self._scanner.scan(seen, limits.ground.max_blind)
            self._scan.publish(self._beams)
