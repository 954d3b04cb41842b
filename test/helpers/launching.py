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

"""What tests share that start a launch file as a user does; needs ROS 2 and the built package."""

from __future__ import annotations

import time
import unittest

from ament_index_python.packages import get_package_prefix, PackageNotFoundError
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, SetEnvironmentVariable
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_testing.actions
import rclpy
from rclpy.executors import SingleThreadedExecutor

DEADLINE = 60.0      # seconds; a slow machine loads the model slowly
NOT_INSTALLED = 'seg_node is not built and sourced: colcon build, source install/setup.bash'


def is_installed() -> bool:
    try:
        get_package_prefix('seg_node')
    except (PackageNotFoundError, OSError):     # OSError: AMENT_PREFIX_PATH is not set
        return False
    return True


def describe(file, domain, arguments):
    """Return a description of a launch file in a domain of its own."""
    return LaunchDescription([
        SetEnvironmentVariable('ROS_DOMAIN_ID', str(domain)),
        SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST'),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(file)),
            launch_arguments=list(arguments.items())),
        launch_testing.actions.ReadyToTest(),
    ])


class LaunchTestCase(unittest.TestCase):
    """A node of the test's own in the DOMAIN of the launch."""

    DOMAIN: int

    @classmethod
    def setUpClass(cls):
        cls.context = rclpy.Context()
        rclpy.init(context=cls.context, domain_id=cls.DOMAIN)
        cls.node = rclpy.create_node('listener', context=cls.context)
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
