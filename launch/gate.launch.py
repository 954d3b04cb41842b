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
Start seg_node, and cmd_vel_gate between whoever commands velocities and the base.

    ros2 launch seg_node gate.launch.py cmd_vel_in:=cmd_vel_nav cmd_vel_out:=cmd_vel
"""

from __future__ import annotations

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / 'config'
SWITCH = ['true', 'false', 'True', 'False']

ARGUMENTS = (
    DeclareLaunchArgument(
        'cmd_vel_in', default_value='cmd_vel_raw',
        description='velocity commands as they come; nobody else may send them on to the base'),
    DeclareLaunchArgument(
        'cmd_vel_out', default_value='cmd_vel', description='what the base listens to'),
    DeclareLaunchArgument(
        'gate_params_file', default_value=str(CONFIG / 'cmd_vel_gate.yaml'),
        description='parameter file of cmd_vel_gate'),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of both nodes and their topics'),
    DeclareLaunchArgument('name', default_value='seg_node', description='name of seg_node'),
    DeclareLaunchArgument(
        'params_file', default_value=str(CONFIG / 'seg_node.yaml'),
        description='parameter file of seg_node'),
    DeclareLaunchArgument(
        'image_topic', default_value='camera/image_raw', description='as in seg.launch.py'),
    DeclareLaunchArgument('geometry', default_value='', description='as in seg.launch.py'),
    DeclareLaunchArgument('model', default_value='', description='as in seg.launch.py'),
    DeclareLaunchArgument('backend', default_value='', description='as in seg.launch.py'),
    DeclareLaunchArgument(
        'namespaced_tf', default_value='false', choices=SWITCH,
        description='as in seg.launch.py'),
    DeclareLaunchArgument(
        'use_sim_time', default_value='', choices=['', *SWITCH],
        description='as in seg.launch.py, for both nodes'),
    DeclareLaunchArgument(
        'respawn', default_value='true', choices=SWITCH,
        description='start either node again when its process dies; both begin with STOP'),
    DeclareLaunchArgument(
        'rviz', default_value='false', choices=SWITCH, description='as in seg.launch.py'),
)
PASSED_ON = ('namespace', 'name', 'params_file', 'geometry', 'image_topic', 'model', 'backend',
             'namespaced_tf', 'use_sim_time', 'respawn', 'rviz')


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments and what is started with them."""
    node = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(HERE / 'seg.launch.py')),
        launch_arguments=[('cmd_vel_topic', LaunchConfiguration('cmd_vel_in')),
                          *((name, LaunchConfiguration(name)) for name in PASSED_ON)])
    return LaunchDescription([*ARGUMENTS, node, OpaqueFunction(function=start_gate)])


def start_gate(context: LaunchContext) -> list[Node]:
    """Start the gate on the topics of seg_node."""
    def value(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    params_file = Path(value('gate_params_file')).expanduser()
    if not params_file.is_file():
        raise FileNotFoundError(f'gate_params_file: {params_file}: no such file')
    time = value('use_sim_time')
    return [Node(
        package='seg_node',
        executable='cmd_vel_gate',
        namespace=value('namespace'),
        parameters=[str(params_file), *([{'use_sim_time': is_true(time)}] if time else [])],
        remappings=[
            ('stop', f'{value("name")}/stop'),
            ('speed_limit', f'{value("name")}/speed_limit'),
            ('cmd_vel_in', value('cmd_vel_in')),
            ('cmd_vel_out', value('cmd_vel_out')),
        ],
        respawn=is_true(value('respawn')),
        respawn_delay=1.0,
        output='screen',
    )]


def is_true(text: str) -> bool:
    """Read one of SWITCH."""
    return text.lower() == 'true'
