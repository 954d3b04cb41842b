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
Start seg_node, by default up to the active state, and RViz if asked for.

    ros2 launch seg_node seg.launch.py image_topic:=/front/image_raw rviz:=true
"""

from __future__ import annotations

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
import yaml

from seg_node.parameters.params_file import read_params_file
from seg_node.perception.backends.registry import choices

# Beside this file in the source tree as well as in the installed share folder.
CONFIG = Path(__file__).resolve().parent.parent / 'config'
PROFILE = 'FASTDDS_DEFAULT_PROFILES_FILE'
# What Fast DDS 2 reads; Fast DDS 3, from Kilted on, warns of it.
OLD_PROFILE = 'FASTRTPS_DEFAULT_PROFILES_FILE'
OLD_DISTRIBUTIONS = ('humble', 'iron', 'jazzy')
SWITCH = ['true', 'false', 'True', 'False']
COMPRESSED = '/compressed'
NODE = 'seg_node/'

ARGUMENTS = (
    DeclareLaunchArgument(
        'autostart', default_value='', choices=['', *SWITCH],
        description='configure and activate the node at every start of its process; '
                    'false leaves that to a lifecycle manager; empty: as in params_file, true '
                    'where that does not say'),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of the node, its topics and RViz'),
    DeclareLaunchArgument('name', default_value='seg_node', description='name of the node'),
    DeclareLaunchArgument(
        'params_file', default_value=str(CONFIG / 'seg_node.yaml'),
        description='parameter file; the arguments below win over it'),
    DeclareLaunchArgument(
        'image_topic', default_value='camera/image_raw',
        description="image topic of the camera called 'camera'; camera_info is taken from beside "
                    'it, and compressed images from below it'),
    DeclareLaunchArgument(
        'depth_topic', default_value='camera/depth_registered/image_raw',
        description='depth aligned to the images; only with depth: true in params_file'),
    DeclareLaunchArgument(
        'cmd_vel_topic', default_value='cmd_vel',
        description='the commands that are wanted, before anything stops them; only for cameras '
                    'that are tied to a direction'),
    DeclareLaunchArgument(
        'namespaced_tf', default_value='false', choices=SWITCH,
        description="the robot's transforms are on tf and tf_static in its namespace, not on /tf "
                    'and /tf_static'),
    DeclareLaunchArgument(
        'geometry', default_value='', choices=['', 'ground', 'trapezoid'],
        description='where the corridor lies; empty: as in params_file'),
    DeclareLaunchArgument(
        'transport', default_value='', choices=['', 'raw', 'compressed'],
        description='which images to subscribe to; empty: as in params_file'),
    DeclareLaunchArgument(
        'model', default_value='',
        description='name of a bundled model, a model folder or a model.yaml; '
                    'empty: as in params_file'),
    DeclareLaunchArgument(
        'backend', default_value='', choices=['', *choices()],
        description='what runs the network; empty: as in params_file'),
    DeclareLaunchArgument(
        'use_sim_time', default_value='', choices=['', *SWITCH],
        description='take the time from /clock, as a replay or a simulator publishes it; empty: '
                    'as in params_file'),
    DeclareLaunchArgument(
        'log_level', default_value='info', choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='minimum severity of what the node logs'),
    DeclareLaunchArgument(
        'respawn', default_value='false', choices=SWITCH,
        description='start the node again when its process dies'),
    DeclareLaunchArgument(
        'rviz', default_value='false', choices=SWITCH,
        description='show what the node publishes in RViz (apt install ros-$ROS_DISTRO-rviz2)'),
)


def generate_launch_description() -> LaunchDescription:
    """Describe the arguments and what is started with them."""
    return LaunchDescription([
        *ARGUMENTS,
        OpaqueFunction(function=use_fastdds_profile),
        OpaqueFunction(function=start_node),
    ])


def use_fastdds_profile(context: LaunchContext) -> list[SetEnvironmentVariable]:
    """Let large images pass Fast DDS, unless the user chose a profile already."""
    if any(context.environment.get(name) for name in (PROFILE, OLD_PROFILE)):
        return []
    old = context.environment.get('ROS_DISTRO') in OLD_DISTRIBUTIONS
    return [SetEnvironmentVariable(OLD_PROFILE if old else PROFILE, str(CONFIG / 'fastdds.xml'))]


def start_node(context: LaunchContext) -> list[Node]:
    """
    Start the node with the parameters that the arguments stand for, and RViz beside it.

    The node starts itself up (its parameter autostart): unlike transitions sent from here, that
    cannot be lost in discovery, and it holds for a respawned process too.
    """
    def value(argument: str) -> str:
        return LaunchConfiguration(argument).perform(context)

    params_file = Path(value('params_file')).expanduser()
    if not params_file.is_file():
        raise FileNotFoundError(f'params_file: {params_file}: no such file')
    namespace = value('namespace').strip('/')
    in_file = read_params_file(
        params_file, f'/{namespace}/{value("name")}' if namespace else f'/{value("name")}')
    # Only what was asked for: a default of this file must not win over the user's.
    chosen = {name: value(name) for name in ('geometry', 'transport', 'model', 'backend')
              if value(name)}
    chosen |= {name: is_true(value(name)) for name in ('autostart', 'use_sim_time')
               if value(name)}
    return [LifecycleNode(
        package='seg_node',
        executable='seg_node',
        name=value('name'),
        namespace=value('namespace'),
        parameters=[str(params_file), {
            'autostart': in_file.get('autostart', True),
            **chosen,
        }],
        remappings=[*camera_remappings(value('image_topic')),
                    ('camera/depth_registered/image_raw', value('depth_topic')),
                    ('cmd_vel', value('cmd_vel_topic')),
                    *tf_remappings(is_true(value('namespaced_tf')))],
        arguments=['--ros-args', '--log-level', value('log_level')],
        respawn=is_true(value('respawn')),
        respawn_delay=1.0,
        output='screen',
    ), rviz(chosen.get('use_sim_time', in_file.get('use_sim_time', False)), value('name'))]


def is_true(text: str) -> bool:
    """Read one of SWITCH."""
    return text.lower() == 'true'


def camera_remappings(image_topic: str) -> list[tuple[str, str]]:
    """Map the topics of the camera called 'camera' to the ones around image_topic."""
    if image_topic.endswith(COMPRESSED):
        image_topic = image_topic[:-len(COMPRESSED)]
    parent = image_topic.rpartition('/')[0]
    camera_info = f'{parent}/camera_info' if parent or image_topic[:1] == '/' else 'camera_info'
    return [
        ('camera/image_raw', image_topic),
        (f'camera/image_raw{COMPRESSED}', f'{image_topic}{COMPRESSED}'),
        ('camera/camera_info', camera_info),
    ]


def tf_remappings(namespaced: bool) -> list[tuple[str, str]]:
    """Map the topics of TF into the namespace, where they are there."""
    return [('/tf', 'tf'), ('/tf_static', 'tf_static')] if namespaced else []


def rviz(use_sim_time: bool, name: str) -> Node:
    """Show what the node publishes; the topics in the RViz file follow its namespace and name."""
    displays = yaml.safe_load((CONFIG / 'seg.rviz').read_text('utf-8'))['Visualization Manager']
    shown = [item['Topic']['Value'] for item in displays['Displays'] if 'Topic' in item]
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=LaunchConfiguration('namespace'),
        arguments=['-d', str(CONFIG / 'seg.rviz')],
        parameters=[{'use_sim_time': use_sim_time}],
        remappings=[(topic, topic[1:].replace(NODE, f'{name}/')) for topic in shown],
        condition=IfCondition(LaunchConfiguration('rviz')),
    )
