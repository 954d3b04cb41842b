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

"""Starts launch/seg.launch.py as a user does; needs a ROS 2 distribution and the built package."""

from __future__ import annotations

import unittest

import pytest

pytest.importorskip('launch_testing',
                    reason='launch_testing is missing: source a ROS 2 distribution')
pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')

import launch_testing.asserts
import launch_testing.markers
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from std_msgs.msg import Bool

from helpers.launching import describe, is_installed, LaunchTestCase, NOT_INSTALLED
from helpers.places import ROOT

DOMAIN = 97      # no other test uses it
NODE = '/under_test/seg_node'


@pytest.mark.launch_test
@pytest.mark.skipif(not is_installed(), reason=NOT_INSTALLED)
@launch_testing.markers.keep_alive
def generate_test_description():
    return describe(ROOT / 'launch' / 'seg.launch.py', DOMAIN, {
        'namespace': 'under_test', 'geometry': 'trapezoid'})


class TestWithoutCamera(LaunchTestCase):
    """The node comes up by itself and, seeing nothing, says STOP."""

    DOMAIN = DOMAIN

    def state(self):
        client = self.node.create_client(GetState, f'{NODE}/get_state')
        try:
            self.spin_until(client.service_is_ready, 'the service get_state')
            future = client.call_async(GetState.Request())
            self.spin_until(future.done, 'an answer of get_state')
            return future.result().current_state.id
        finally:
            self.node.destroy_client(client)

    def test_reaches_active_and_says_stop(self):
        self.spin_until(lambda: self.state() == State.PRIMARY_STATE_ACTIVE, 'active')
        said = []
        self.node.create_subscription(
            Bool, f'{NODE}/stop', lambda stop: said.append(stop.data), 10)
        self.spin_until(lambda: len(said) >= 20, 'a second of heartbeat')
        self.assertEqual(set(said), {True})


@launch_testing.post_shutdown_test()
class TestAfterShutdown(unittest.TestCase):
    """The node ends by itself when launch asks it to."""

    def test_exit_code(self, proc_info):
        launch_testing.asserts.assertExitCodes(proc_info)
