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

"""~/grid: what the vehicle knows of the ground around it, in odometry's frame."""

from __future__ import annotations

from geometry_msgs.msg import Point, Pose
from nav_msgs.msg import MapMetaData, OccupancyGrid
from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import TRANSIENT_LOCAL
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.memory.grid import RESOLUTION
from seg_node.stop_go.memory.memory import Remembered


class GridOutput(CameraOutput):
    """
    Publish the grid with the frames of the first camera; all cameras add to it.

    Only what a frame was taken into is published: a frame in doubt, or without a place, is not.
    """

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        self._grid = None
        if structure.geometry is Geometry.GROUND and camera == structure.cameras[0]:
            self._grid = self._publisher(OccupancyGrid, '~/grid', TRANSIENT_LOCAL)

    def publish(self, result: CameraResult) -> None:
        """Publish the grid."""
        known = result.remembered
        if self._grid is None or not (known.fresh and self._grid.get_subscription_count()):
            return
        message = to_grid(known)
        message.header.stamp = message.info.map_load_time = result.header.stamp
        self._grid.publish(message)


def to_grid(known: Remembered) -> OccupancyGrid:
    """
    Make the message, without its stamp: -1 unknown, 0 free, 100 occupied.

    :param known: with a grid and a place.
    """
    assert known.grid is not None and known.place is not None
    x, y = known.grid.corner
    message = OccupancyGrid(info=MapMetaData(
        resolution=RESOLUTION, width=known.grid.side, height=known.grid.side,
        origin=Pose(position=Point(x=x, y=y))))
    message.header.frame_id = known.place.frame
    # The one way without a check of each byte, or a second copy, in every rclpy.
    message.data.frombytes(memoryview(known.states).cast('B'))
    return message
