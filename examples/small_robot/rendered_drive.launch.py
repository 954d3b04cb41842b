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
Start the small robot with a rendered drive for its camera and its wheels.

    ros2 launch examples/small_robot/rendered_drive.launch.py
    ros2 topic pub -r 10 /cmd_vel_nav geometry_msgs/msg/Twist '{linear: {x: 0.5}}'
    ros2 topic echo /cmd_vel

The drive has a time of its own (/clock) and ends after 20 s of it, and with it everything. Where
the machine cannot keep up: rate:=0.5 fps:=10
"""

from __future__ import annotations

from pathlib import Path

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

ROBOT = Path(__file__).resolve().parent / 'small_robot.launch.py'


def generate_launch_description() -> LaunchDescription:
    """Describe the robot and the drive."""
    drive = Node(package='seg_node', executable='replay', output='screen',
                 arguments=['--clock', '--wait', '--camera', 'camera',
                            '--rate', LaunchConfiguration('rate'),
                            '--fps', LaunchConfiguration('fps')])
    return LaunchDescription([
        DeclareLaunchArgument('rate', default_value='1.0', description='speed of the drive'),
        DeclareLaunchArgument('fps', default_value='20', description='frames a second of it'),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(ROBOT)),
            launch_arguments=[('use_sim_time', 'true')]),
        drive,
        RegisterEventHandler(OnProcessExit(
            target_action=drive, on_exit=[Shutdown(reason='the drive has ended')])),
    ])
