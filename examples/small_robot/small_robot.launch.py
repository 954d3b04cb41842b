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
Start a small robot: where its camera sits, seg_node, and a twist_mux that seg_node locks.

    ros2 launch examples/small_robot/small_robot.launch.py

Needs the packages tf2_ros and twist_mux. Its base listens to cmd_vel, its navigation publishes
cmd_vel_nav, its camera camera/image_raw and camera/camera_info, its wheels odom.
"""

from __future__ import annotations

from math import pi
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

HERE = Path(__file__).resolve().parent
CAMERA_HEIGHT = 1.20
"""From the ground to the lens, metres."""
CAMERA_AHEAD = 0.10
"""From the middle of the wheels' axle to the lens, metres."""
CAMERA_PITCH = 0.0524
"""Down, radians."""


def generate_launch_description() -> LaunchDescription:
    """Describe the robot."""
    return LaunchDescription([
        DeclareLaunchArgument('use_sim_time', default_value='false',
                              description='seg_node takes the time from /clock'),
        transform('base_footprint', 'camera_link',
                  x=CAMERA_AHEAD, z=CAMERA_HEIGHT, pitch=CAMERA_PITCH),
        # An image's axes: x to the right, y down, z into the picture (REP 103).
        transform('camera_link', 'camera_optical_frame', roll=-pi / 2, yaw=-pi / 2),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(Path(
                get_package_share_directory('seg_node'), 'launch', 'twist_mux.launch.py'))),
            launch_arguments=[
                ('params_file', str(HERE / 'params.yaml')),
                ('use_sim_time', LaunchConfiguration('use_sim_time')),
                ('cmd_vel_out', 'cmd_vel')]),
    ])


def transform(parent: str, child: str, **place: float) -> Node:
    """Publish where a frame is for ever: x, y, z in metres, roll, pitch, yaw in radians."""
    return Node(
        package='tf2_ros', executable='static_transform_publisher', name=f'{child}_publisher',
        arguments=[part for name, value in place.items() for part in (f'--{name}', f'{value:.6f}')]
        + ['--frame-id', parent, '--child-frame-id', child])
