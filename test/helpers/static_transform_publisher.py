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

"""What tf2_ros's program of that name does, for a machine that has none."""

from __future__ import annotations

import argparse
import sys

from geometry_msgs.msg import TransformStamped
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.utilities import remove_ros_args
from tf2_msgs.msg import TFMessage


def main() -> None:
    """Publish one transform until a signal."""
    parser = argparse.ArgumentParser()
    for name in ('x', 'y', 'z', 'roll', 'pitch', 'yaw'):
        parser.add_argument(f'--{name}', type=float, default=0.0)
    parser.add_argument('--frame-id', required=True)
    parser.add_argument('--child-frame-id', required=True)
    given = parser.parse_args(remove_ros_args(sys.argv)[1:])
    told = TransformStamped(child_frame_id=given.child_frame_id)
    told.header.frame_id = given.frame_id
    place, turn = told.transform.translation, told.transform.rotation
    place.x, place.y, place.z = given.x, given.y, given.z
    turn.x, turn.y, turn.z, turn.w = quaternion(given.roll, given.pitch, given.yaw)
    try:
        with rclpy.init():
            node = rclpy.create_node('static_transform_publisher')
            node.create_publisher(TFMessage, '/tf_static', QoSProfile(
                depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)).publish(
                    TFMessage(transforms=[told]))
            rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass


def quaternion(roll, pitch, yaw):
    """Return x, y, z, w of turns about the fixed axes x, y, z in that order (REP 103)."""
    half = np.array([roll, pitch, yaw]) / 2
    (sr, sp, sy), (cr, cp, cy) = np.sin(half), np.cos(half)
    return (sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy)


if __name__ == '__main__':
    main()
