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

"""The views of all cameras, as the structural parameters want them."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.ros.clocks import Clocks
from seg_node.ros.tf_listener import TfListener
from seg_node.stop_go.camera_view import CameraView, FixedPose, PoseSource
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.transforms import TreePose


def make_views(node: Node, wanted: Structure, clocks: Clocks, limits: Callable[[], Limits],
               ) -> dict[str, CameraView]:
    """
    Make the view of each camera, none where the corridor is a trapezoid.

    :param limits: returns the present ones.
    """
    if wanted.geometry is Geometry.TRAPEZOID:
        return {}
    if wanted.mounting_source == 'tf':
        tree = TfListener(node, clocks, limits).tree
        poses: dict[str, PoseSource] = {
            name: TreePose(tree, wanted.base_frame, clocks.now, limits())
            for name in wanted.cameras}
    else:
        poses = {name: FixedPose(name, limits(), setup.rotation)
                 for name, setup in wanted.setups.items()}
    return {name: CameraView(pose, wanted.rectified, wanted.setups[name].rotation)
            for name, pose in poses.items()}
