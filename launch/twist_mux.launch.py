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
Start seg_node and a twist_mux that it locks; needs the package twist_mux.

    ros2 launch seg_node twist_mux.launch.py cmd_vel_out:=cmd_vel

The base must stop by itself when commands stay away: a locked twist_mux is silent.
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
        'cmd_vel_out', default_value='cmd_vel', description='what the base listens to'),
    DeclareLaunchArgument(
        'twist_mux_file', default_value=str(CONFIG / 'twist_mux.yaml'),
        description='parameter file of twist_mux: inputs, their priorities, and the lock'),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of both nodes and their topics'),
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
        description='as in seg.launch.py; twist_mux stays on real time, for its timeouts'),
    DeclareLaunchArgument(
        'rviz', default_value='false', choices=SWITCH, description='as in seg.launch.py'),
)
PASSED_ON = ('namespace', 'params_file', 'geometry', 'image_topic', 'model', 'backend',
             'namespaced_tf', 'use_sim_time', 'rviz')


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments and what is started with them."""
    node = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(HERE / 'seg.launch.py')),
        launch_arguments=[(name, LaunchConfiguration(name)) for name in PASSED_ON])
    return LaunchDescription([*ARGUMENTS, node, OpaqueFunction(function=start_twist_mux)])


def start_twist_mux(context: LaunchContext) -> list[Node]:
    """Start twist_mux beside seg_node, whose ~/stop its file names."""
    def value(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    params_file = Path(value('twist_mux_file')).expanduser()
    if not params_file.is_file():
        raise FileNotFoundError(f'twist_mux_file: {params_file}: no such file')
    return [Node(
        package='twist_mux',
        executable='twist_mux',
        namespace=value('namespace'),
        parameters=[str(params_file), {'use_sim_time': False}],
        remappings=[('cmd_vel_out', value('cmd_vel_out'))],
        output='screen',
    )]
