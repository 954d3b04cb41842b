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

"""A camera that looks at the ground from 1 m, for node tests: its parameters and messages."""

from __future__ import annotations

import time

from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo

from helpers.fake_camera import HEIGHT, RED, road, WIDTH
from seg_node.tools.common.camera_messages import to_time

FOCAL = 100.0
# The lens is 1 m over the ground and looks straight ahead: the horizon is the middle row.
GROUND = {
    'geometry': 'ground', 'mounting__camera__height': 1.0, 'vehicle__width': 1.0,
    'vehicle__max_speed': 0.5, 'ground__min_obstacle': 0.3, 'autostart': True,
    # The resize mixes colours at their edges, of which the tiny model is not sure.
    'stop_go__min_confidence_low': 0.0}


def camera_info(width=WIDTH, height=HEIGHT, focal=FOCAL):
    message = CameraInfo(width=width, height=height, distortion_model='plumb_bob', d=[0.0] * 5)
    message.header.frame_id = 'camera_optical_frame'
    message.k = [focal, 0.0, (width - 1) / 2, 0.0, focal, (height - 1) / 2, 0.0, 0.0, 1.0]
    return message


def odometry(speed, yaw_rate=0.0, left=0.0, age=lambda: 0.0):
    """Return what makes odometry with the stamp of now, or one that is `age` seconds old."""
    def make():
        message = Odometry()
        message.header.stamp = to_time(round((time.time() - age()) * 1e9))
        message.twist.twist.linear.x, message.twist.twist.linear.y = speed, left
        message.twist.twist.angular.z = yaw_rate
        return message
    return make


def road_with_block(distance):
    """Return the road with a red block across it, from a distance in metres on."""
    image = road()
    base = round((HEIGHT - 1) / 2 + FOCAL / distance)
    image[base - 6:base, :] = RED
    return image
