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

"""A depth camera beside the camera, over DDS."""

from __future__ import annotations

import numpy as np
import pytest
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import PointCloud2

from helpers.fake_camera import HEIGHT, raw, road, WIDTH
from helpers.on_ground import camera_info, FOCAL, GROUND
from helpers.testbed import WAIT

TOPIC = 'camera/depth_registered/image_raw'
# The two cameras of these tests send when the machine lets them.
PARAMETERS = {**GROUND, 'depth': True, 'depth_camera__max_offset': 1.0,
              'depth_camera__max_range': 20.0}


def flat_ground():
    """Return the depth of the ground for a lens 1 m over it, float32 metres."""
    rows = np.arange(HEIGHT) - (HEIGHT - 1) / 2
    depth = np.where(rows > 0, FOCAL / np.where(rows > 0, rows, 1.0), np.nan)
    return np.repeat(depth[:, None], WIDTH, axis=1).astype(np.float32)


def with_wall(distance):
    """Return the depth of a wall 0.6 m high across the way."""
    depth = flat_ground()
    rows = np.arange(HEIGHT) - (HEIGHT - 1) / 2
    height = 1.0 - rows * distance / FOCAL
    depth[(height >= 0) & (height <= 0.6)] = distance
    return depth


def metres(depth, **fields):
    return raw(depth, '32FC1', **fields)


def millimetres(depth, **fields):
    reached = np.where(depth < 65.0, depth, 0.0)
    return raw(np.round(reached * 1e3).astype(np.uint16), '16UC1', **fields)


def start(testbed, message, **parameters):
    """Start a robot with a depth camera; return that."""
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))
    depth = testbed.start_camera(message, topic=TOPIC)
    testbed.start_seg_node(**{**PARAMETERS, **parameters})
    return depth


@pytest.mark.parametrize('encode', [metres, millimetres])
def test_what_stands_in_the_way_blocks_although_the_network_sees_path(testbed, encode):
    depth = start(testbed, encode(flat_ground()))
    testbed.wait_for_go()
    required = float(testbed.states[-1].values['camera.required_distance'])
    depth.message = encode(with_wall(required - 0.2))
    testbed.wait_for_stop('blocked_by_depth', f'at {required - 0.2:.1f}')
    assert all(testbed.next_stops(20))
    depth.message = encode(flat_ground())
    testbed.wait_for_go()


def test_without_depth_that_was_asked_for_it_does_not_go(testbed):
    depth = start(testbed, metres(flat_ground()))
    testbed.wait_for_go()
    depth.stop()
    testbed.wait_for_stop('no_depth', 'from the image by its stamp, limit 1.000 s')
    assert all(testbed.next_stops(20))
    assert testbed.counted('no_depth') > 0


def test_a_topic_that_nobody_publishes_is_named(testbed):
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))
    testbed.start_seg_node(**PARAMETERS)
    testbed.wait_for_stop('no_depth', f'no depth image has arrived on {TOPIC}')
    testbed.wait_for(lambda: 'nobody publishes' in testbed.states[-1].text, 'who is missing')


ODD = (
    (lambda: metres(flat_ground()[:32]), 'no_depth', 'depth is 128x32, the image 128x64'),
    (lambda: raw(road()), 'no_depth', "depth in encoding 'bgr8'"),
    (lambda: metres(flat_ground(), height=200), 'no_depth', 'needs'),
    (lambda: metres(flat_ground(), step=5), 'no_depth', 'has step 5'),
    (lambda: metres(flat_ground(), is_bigendian=1), 'blocked_by_depth', 'at 0.00'),
    (lambda: metres(np.full_like(flat_ground(), np.nan)), 'no_depth', '0% of the corridor'),
    (lambda: metres(np.full_like(flat_ground(), np.inf)), 'no_depth', '0% of the corridor'),
    (lambda: millimetres(flat_ground() * 0), 'no_depth', '0% of the corridor'))


def test_depth_that_cannot_be_used_never_lets_it_go(testbed):
    depth = start(testbed, metres(flat_ground()), camera_health__max_identical=0)
    testbed.wait_for_go()
    for make, reason, text in ODD:
        depth.message = make()
        testbed.wait_for_stop(reason, text)
    depth.message = metres(flat_ground())
    depth.frame_id = 'depth_optical_frame'
    testbed.wait_for_stop('no_depth', "depth is in frame 'depth_optical_frame'")
    depth.frame_id = 'camera_optical_frame'
    testbed.wait_for_go()


def test_points_lie_where_depth_shows_them(testbed):
    depth = start(testbed, metres(flat_ground()))
    clouds = testbed.subscribe(PointCloud2, 'camera/segmentation/points',
                               reliability=ReliabilityPolicy.BEST_EFFORT)
    testbed.wait_for_go()
    distance = float(testbed.states[-1].values['camera.required_distance']) + 0.5
    depth.message = metres(with_wall(distance))

    def nearest():
        """Return z of the points of the newest cloud in a column of the picture's middle."""
        cloud = clouds[-1]
        points = np.frombuffer(cloud.data, np.float32).reshape(
            cloud.height, cloud.width, cloud.point_step // 4)
        return points[:, WIDTH // 2, 2]

    # Above the wall's foot the ground would lie farther: what stands there has one distance.
    foot = round((HEIGHT - 1) / 2 + FOCAL / distance)
    rows = slice(foot - 6, foot - 1)
    testbed.wait_for(lambda: clouds and np.allclose(nearest()[rows], distance, atol=1e-3),
                     'points on the wall')
    assert (nearest()[foot + 1:] < distance).all()
    assert not testbed.stops[-1]


def test_depth_needs_the_ground(testbed):
    node = testbed.start_seg_node(depth=True, geometry='trapezoid')
    assert node.wait(WAIT) == 2
    assert 'depth: true needs geometry: ground' in node.output
