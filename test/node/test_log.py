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

"""A log that nobody reads: the heartbeat goes on, decisions are made, signals end the process."""

from __future__ import annotations

import signal

import pytest

from helpers.fake_camera import raw, road
from helpers.testbed import WAIT

UNREAD = ['benchmarks.faults.unread_node', 'helpers.node_on_held_terminal']


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('module', UNREAD)
def test_the_node_goes_on_and_ends(testbed, module, number):
    node = testbed.start_seg_node('--log-level', 'debug', module=module, autostart=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.stop()
    testbed.wait_for_stop('stale')
    lost = testbed.wait_for_diagnostics('log', lambda values: int(values['lost']), 'lost lines')
    assert int(lost['lost']) > 0
    assert all(testbed.next_stops())
    assert node.stop(number, WAIT) == 0
    testbed.wait_for(lambda: testbed.stops[-1] is True, 'STOP as the last word')


def test_what_is_read_is_whole_to_the_last_line(testbed):
    node = testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    lost = testbed.wait_for_diagnostics('log', lambda values: 'lost' in values, 'the log')
    assert lost['lost'] == '0'
    assert node.stop() == 0
    assert 'GO: ' in node.output
    assert node.output.splitlines()[-1].endswith('STOP: not active')


def test_why_it_does_not_start_is_told(testbed):
    node = testbed.start_seg_node(cameras=['a', 'a'])
    assert node.wait(WAIT) == 2
    assert '[FATAL]' in node.output
