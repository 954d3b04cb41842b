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

"""CameraInfo messages for images that come without one."""

from __future__ import annotations

import math

from sensor_msgs.msg import CameraInfo

from seg_node.recordings.sources import Intrinsics

ASSUMED_FOV = math.radians(60.0)
"""Horizontal field of view in radians taken for unknown cameras; usual for webcams."""


def assumed_pinhole(width: int, height: int) -> Intrinsics:
    """Return a centred pinhole with square pixels and ASSUMED_FOV for an image of that size."""
    focal = width / 2 / math.tan(ASSUMED_FOV / 2)
    return Intrinsics(focal, focal, width / 2, height / 2)


def camera_info(intrinsics: Intrinsics, width: int, height: int) -> CameraInfo:
    """Return the message of an undistorted camera (sensor_msgs: K row-major 3x3, P 3x4)."""
    fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
    message = CameraInfo(width=width, height=height, distortion_model='plumb_bob')
    message.d = [0.0] * 5
    message.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message
