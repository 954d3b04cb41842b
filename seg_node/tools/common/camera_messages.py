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

"""Messages of a camera and its vehicle from what is known without ROS."""

from __future__ import annotations

from array import array
import math

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image

from seg_node.recordings.calibration import Calibration
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion

ASSUMED_FOV = 60.0
"""Degrees of width that unknown cameras are taken to see; usual for webcams."""
ASSUMED = (f'the camera is unknown: camera_info is invented, a pinhole with '
           f'{ASSUMED_FOV:.0f} deg horizontal view, so distances on the ground are '
           'not to be trusted; give --camera-info')


def to_time(nanoseconds: int) -> Time:
    """Return a ROS time message."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return Time(sec=seconds, nanosec=rest)


def to_odometry(motion: Motion, place: Place | None, stamp_ns: int) -> Odometry:
    """Return an Odometry; where the place is not known the pose stays at the origin."""
    message = Odometry(child_frame_id='base_footprint')
    message.header.stamp = to_time(stamp_ns)
    message.header.frame_id = 'odom'
    if place is not None:
        message.header.frame_id = place.frame
        message.pose.pose.position.x, message.pose.pose.position.y = place.x, place.y
        message.pose.pose.orientation.z = math.sin(place.yaw / 2)
        message.pose.pose.orientation.w = math.cos(place.yaw / 2)
    message.twist.twist.linear.x = motion.forward
    message.twist.twist.linear.y = motion.left
    message.twist.twist.angular.z = motion.yaw_rate
    return message


def to_image(bgr: NDArray[np.uint8]) -> Image:
    """Return an Image without header of pixels, uint8 BGR [H, W, 3]."""
    height, width = bgr.shape[:2]
    pixels = array('B')
    # The one assignment that is fast on every distribution; an ndarray would take 0.1 s and more.
    pixels.frombytes(np.ascontiguousarray(bgr).data.cast('B'))
    return Image(height=height, width=width, encoding='bgr8', step=3 * width, data=pixels)


def camera_info(camera: Calibration) -> CameraInfo:
    """Return the message of a camera, without header."""
    return CameraInfo(
        width=camera.width, height=camera.height, distortion_model=camera.distortion_model,
        d=camera.d, k=camera.k, r=camera.r, p=camera.p)
