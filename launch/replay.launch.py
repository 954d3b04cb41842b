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
Play a recording as a camera through seg_node, on the recording's time.

Of a bag its image topic is played with its camera_info, the odometry and the transforms.

    ros2 launch seg_node replay.launch.py input:=drive.mp4 rviz:=true
"""

from __future__ import annotations

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from seg_node.parameters.params_file import configure, read_params_file, UNKNOWN_VEHICLE

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / 'config' / 'seg_node.yaml'
SWITCH = ['true', 'false', 'True', 'False']

ARGUMENTS = (
    DeclareLaunchArgument(
        'input', default_value='',
        description='video, folder of images, or bag; empty: the rendered drive'),
    DeclareLaunchArgument(
        'topic', default_value='',
        description='image topic of the bag, where it has several'),
    DeclareLaunchArgument(
        'rate', default_value='1.0', description='speed of playing'),
    DeclareLaunchArgument(
        'fps', default_value='', description="frame rate; empty: the source's own"),
    DeclareLaunchArgument(
        'loop', default_value='false', choices=SWITCH,
        description='start again at the end, until interrupted'),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of the replay and the node'),
    DeclareLaunchArgument(
        'params_file', default_value='',
        description='parameter file of the node, for the vehicle that recorded; empty: nothing is '
                    'known of it'),
    DeclareLaunchArgument(
        'camera_info', default_value='',
        description='calibration file of the camera, for videos and images'),
    DeclareLaunchArgument(
        'geometry', default_value='', choices=['', 'ground', 'trapezoid'],
        description='where the corridor lies; empty: as in params_file, trapezoid without one'),
    DeclareLaunchArgument(
        'model', default_value='', description='as in seg.launch.py'),
    DeclareLaunchArgument(
        'backend', default_value='', description='as in seg.launch.py'),
    DeclareLaunchArgument(
        'rviz', default_value='false', choices=SWITCH,
        description='show overlay and confidence in RViz'),
)
PASSED_ON = ('namespace', 'model', 'backend', 'rviz')


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments and what is started with them."""
    # The node comes first: it also sets the Fast DDS profile, which the replay needs too.
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start_node),
                              OpaqueFunction(function=start_replay)])


def start_node(context: LaunchContext) -> list[IncludeLaunchDescription]:
    """Start the node by its parameter file, or as one that knows nothing of its vehicle."""
    def value(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    params_file = value('params_file')
    default = '' if params_file else UNKNOWN_VEHICLE['geometry']
    # What is not set here keeps the included file's defaults, whatever this file's arguments are
    # called.
    return [IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(HERE / 'seg.launch.py')),
        launch_arguments=[
            ('use_sim_time', 'true'), ('autostart', 'true'),
            ('params_file', params_file or str(CONFIG)),
            ('geometry', value('geometry') or default),
            *((name, value(name)) for name in PASSED_ON),
        ])]


def cameras_in(params_file: str, namespace: str) -> tuple[str, ...]:
    """Return the names of the cameras that the node listens to."""
    if not params_file:
        return ('camera',)
    name = '/'.join(('', *filter(None, (namespace.strip('/'), 'seg_node'))))
    given = read_params_file(Path(params_file).expanduser(), name)
    return configure(given).structure.cameras


def start_replay(context: LaunchContext) -> list[Node | RegisterEventHandler]:
    """Play the input once the node has subscribed, and end everything when it has ended."""
    def value(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    arguments = ['--clock', '--wait', '--rate', value('rate')]
    for camera in cameras_in(value('params_file'), value('namespace')):
        arguments += ['--camera', camera]
    if value('loop').lower() == 'true':
        arguments.append('--loop')
    for name in ('topic', 'fps', 'camera_info'):
        if value(name):
            arguments += [f'--{name.replace("_", "-")}', value(name)]
    if value('input'):
        arguments += ['--', value('input')]
    replay = Node(
        package='seg_node',
        executable='replay',
        namespace=value('namespace'),
        arguments=arguments,
        output='screen',
    )
    return [
        replay,
        RegisterEventHandler(OnProcessExit(
            target_action=replay, on_exit=[Shutdown(reason='the replay has ended')])),
    ]
