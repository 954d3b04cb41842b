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

import unittest

import pytest

pytest.importorskip('launch_testing',
                    reason='launch_testing is missing: source a ROS 2 distribution')
pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')

from geometry_msgs.msg import TwistStamped
import launch_testing.asserts
import launch_testing.markers

from helpers.launching import describe, is_installed, LaunchTestCase, NOT_INSTALLED
from helpers.places import ROOT

DOMAIN = 96      # no other test uses it


@pytest.mark.launch_test
@pytest.mark.skipif(not is_installed(), reason=NOT_INSTALLED)
@launch_testing.markers.keep_alive
def generate_test_description():
    return describe(ROOT / 'launch' / 'gate.launch.py', DOMAIN, {
        'namespace': 'robot', 'name': 'eyes', 'cmd_vel_in': 'nav/cmd_vel',
        'cmd_vel_out': 'base/cmd_vel'})


class TestWithoutCamera(LaunchTestCase):
    """The gate is tied to the seg_node, which sees nothing: only zeros go to the base."""

    DOMAIN = DOMAIN

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
