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

"""The memory over DDS: ~/grid, what left the picture, and what is said without odometry."""

from __future__ import annotations

from nav_msgs.msg import OccupancyGrid
import numpy as np
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from helpers.fake_camera import raw, RED, road
from helpers.on_ground import camera_info, GROUND, odometry

KEPT = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                  durability=DurabilityPolicy.TRANSIENT_LOCAL)


def at(x, y, frame='odom'):
    """Return what makes odometry of a vehicle that stands somewhere."""
    standing = odometry(0.0)

    def make():
        message = standing()
        message.header.frame_id = frame
        message.pose.pose.position.x, message.pose.pose.position.y = x, y
        return message
    return make


def start(testbed, odom, **parameters):
    testbed.keep_publishing('camera/camera_info', camera_info())
    if odom is not None:
        testbed.keep_publishing('odom', odom)
    testbed.start_seg_node(**{**GROUND, **parameters})
    return testbed.start_camera(raw(road()))


def at_the_edge():
    """Return the road with something right before the vehicle, whose foot is below the picture."""
    image = road()
    image[-8:, :] = RED
    return image


def test_the_grid_is_in_the_frame_of_odometry(testbed):
    grids = []
    testbed.participant.subscribe(
        OccupancyGrid, '/seg_node/grid', lambda message, _: grids.append(message), KEPT)
    start(testbed, at(7.0, -3.0, 'wheels'))
    testbed.wait_for_go()
    testbed.wait_for(lambda: len(grids) > 3, 'grids')
    grid, info = grids[-1], grids[-1].info
    assert grid.header.frame_id == 'wheels'
    cells = np.array(grid.data, np.int8).reshape(info.height, info.width)
    assert set(np.unique(cells)) <= {-1, 0, 100}
    rows, columns = np.nonzero(cells == 0)
    x = info.origin.position.x + (columns + 0.5) * info.resolution - 7.0
    y = info.origin.position.y + (rows + 0.5) * info.resolution + 3.0
    # The ground comes into view at 3.2 m; what is free lies ahead, on both sides.
    assert len(x) and x.min() > 3.0 and y.min() < 0.0 < y.max()
    middle = info.origin.position.x + info.width * info.resolution / 2
    assert abs(middle - 7.0) < 0.2 and info.origin.orientation.w == 1.0


def test_what_left_the_picture_blocks_until_reset(testbed):
    camera = start(testbed, at(0.0, 0.0), memory__seconds=300.0)
    testbed.wait_for_go()
    camera.message = raw(at_the_edge())
    testbed.wait_for_stop('blocked')
    camera.message = raw(road())
    testbed.wait_for_stop('blocked_remembered', 'left the picture')
    assert all(testbed.next_stops(20))
    testbed.wait_for_diagnostics(
        'memory', lambda values: int(values['occupied']) > 0, 'what is remembered')
    testbed.client.reset()
    testbed.wait_for_go()


def test_without_odometry_nothing_is_remembered_and_that_is_said(testbed):
    camera = start(testbed, None)
    testbed.wait_for_go()
    camera.message = raw(at_the_edge())
    testbed.wait_for_stop('blocked')
    camera.message = raw(road())
    testbed.wait_for_go()
    testbed.wait_for_diagnostics(
        'memory', lambda values: values['problem'] == 'no odometry', 'why nothing is remembered')
