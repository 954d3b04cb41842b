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

"""Starts launch/gate.launch.py as a user does; needs ROS 2 and the built package."""

from __future__ import annotations

import time
import unittest

import pytest

from helpers.places import ROOT

pytest.importorskip('launch_testing',
                    reason='launch_testing is missing: source a ROS 2 distribution')
pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')

from ament_index_python.packages import get_package_prefix, PackageNotFoundError
from geometry_msgs.msg import TwistStamped
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, SetEnvironmentVariable
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_testing.actions
import launch_testing.asserts
import launch_testing.markers
import rclpy
from rclpy.executors import SingleThreadedExecutor

LAUNCH_FILE = ROOT / 'launch' / 'gate.launch.py'
DOMAIN = 96      # no other test uses it
DEADLINE = 60.0      # seconds; a slow machine loads the model slowly


def _is_installed() -> bool:
    try:
        get_package_prefix('seg_node')
    except (PackageNotFoundError, OSError):     # OSError: AMENT_PREFIX_PATH is not set
        return False
    return True


@pytest.mark.launch_test
@pytest.mark.skipif(not _is_installed(), reason='seg_node is not built and sourced: '
                    'colcon build, source install/setup.bash')
@launch_testing.markers.keep_alive
def generate_test_description():
    return LaunchDescription([
        SetEnvironmentVariable('ROS_DOMAIN_ID', str(DOMAIN)),
        SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST'),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(LAUNCH_FILE)),
            launch_arguments=[('namespace', 'robot'), ('name', 'eyes'), ('stamped', 'true'),
                              ('cmd_vel_in', 'nav/cmd_vel'), ('cmd_vel_out', 'base/cmd_vel')]),
        launch_testing.actions.ReadyToTest(),
    ])


class TestWithoutCamera(unittest.TestCase):
    """The gate is tied to the seg_node, which sees nothing: only zeros go to the base."""

    @classmethod
    def setUpClass(cls):
        cls.context = rclpy.Context()
        rclpy.init(context=cls.context, domain_id=DOMAIN)
        cls.node = rclpy.create_node('base', context=cls.context)
        cls.executor = SingleThreadedExecutor(context=cls.context)
        cls.executor.add_node(cls.node)

    @classmethod
    def tearDownClass(cls):
        cls.executor.shutdown()
        cls.node.destroy_node()
        rclpy.shutdown(context=cls.context)

    def spin_until(self, condition, what):
        end = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), end, f'{what}: not within {DEADLINE:g} s')
            self.executor.spin_once(timeout_sec=0.1)

    def test_topics_are_tied_together_and_only_zeros_go_out(self):
        for topic in ('eyes/stop', 'eyes/speed_limit', 'nav/cmd_vel'):
            self.spin_until(lambda topic=topic: self.node.count_subscribers(f'/robot/{topic}'),
                            f'a gate that listens to {topic}')
        for topic in ('eyes/stop', 'eyes/speed_limit'):
            self.spin_until(lambda topic=topic: self.node.count_publishers(f'/robot/{topic}'),
                            f'a seg_node that publishes {topic}')
        out = []
        self.node.create_subscription(
            TwistStamped, '/robot/base/cmd_vel', lambda m: out.append(m.twist.linear.x), 10)
        commands = self.node.create_publisher(TwistStamped, '/robot/nav/cmd_vel', 10)
        forward = TwistStamped()
        forward.twist.linear.x = 1.0

        def enough():
            commands.publish(forward)
            return len(out) >= 40

        self.spin_until(enough, 'two seconds of zeros')
        self.assertEqual(set(out), {0.0})


@launch_testing.post_shutdown_test()
class TestAfterShutdown(unittest.TestCase):
    """Both nodes end by themselves when launch asks them to."""

    def test_exit_code(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
