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

"""Drives examples/small_robot through the rendered drive; needs ROS 2 and the built package."""

from __future__ import annotations

from pathlib import Path
import tempfile
import unittest

import pytest

pytest.importorskip('launch_testing',
                    reason='launch_testing is missing: source a ROS 2 distribution')
pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')
pytest.importorskip('tf2_msgs', reason='tf2_msgs is missing: source a ROS 2 distribution')

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Twist
import launch_testing.asserts
import launch_testing.markers

from helpers.launching import describe, is_installed, LaunchTestCase, NOT_INSTALLED
from helpers.places import ROOT
from helpers.stand_ins import stand_in

DOMAIN = 95      # no other test uses it
PERIOD = 0.05    # of the commands, seconds
IN_FLIGHT = 3    # commands and states that may overtake each other on their topics


@pytest.mark.launch_test
@pytest.mark.skipif(not is_installed(), reason=NOT_INSTALLED)
@launch_testing.markers.keep_alive
def generate_test_description():
    folder = Path(tempfile.mkdtemp(prefix='stand_ins_'))
    stand_in(folder, 'twist_mux', 'twist_mux')
    stand_in(folder, 'tf2_ros', 'static_transform_publisher')
    return describe(ROOT / 'examples' / 'small_robot' / 'rendered_drive.launch.py', DOMAIN, {
        'rate': '0.5', 'fps': '10'})      # so that a busy machine keeps up


class TestDrive(LaunchTestCase):
    """The robot drives on a free road and stands for the pedestrian."""

    DOMAIN = DOMAIN

    def test_commands_pass_while_the_road_is_free_and_no_longer(self):
        events = []      # 'passed', or the reason of a decision, as they come
        self.node.create_subscription(Twist, '/cmd_vel', lambda _: events.append('passed'), 10)
        self.node.create_subscription(
            DiagnosticStatus, '/seg_node/state', lambda state: events.append(
                {pair.key: pair.value for pair in state.values}['reason']), 10)
        commands = self.node.create_publisher(Twist, '/cmd_vel_nav', 10)
        self.node.create_timer(PERIOD, lambda: commands.publish(Twist()))
        self.spin_until(lambda: {'clear', 'passed'} <= set(events), 'a command that passes')
        before = events[:events.index('clear')]
        self.assertLessEqual(before.count('passed'), IN_FLIGHT, 'they passed before the first GO')
        self.spin_until(lambda: since_last_else('blocked', events).count('blocked') >= 20,
                        'a second of STOP for the pedestrian')
        stopped = since_last_else('blocked', events)
        self.assertLessEqual(stopped.count('passed'), IN_FLIGHT, 'commands pass a closed lock')
        self.spin_until(lambda: 'passed' in since_last_else('clear', events),
                        'a way that is free again')


def since_last_else(reason, events):
    """Return the events since a decision had another reason."""
    others = [i for i, event in enumerate(events) if event not in (reason, 'passed')]
    return events[max(others, default=-1) + 1:]


@launch_testing.post_shutdown_test()
class TestAfterShutdown(unittest.TestCase):
    """All nodes end by themselves when launch asks them to."""

    def test_exit_code(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
