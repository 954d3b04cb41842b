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
"""~/stop and ~/state speak from the start of the process on, in every state."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus

from helpers.fake_camera import raw, road


def test_an_unconfigured_node_says_stop(testbed):
    testbed.start_seg_node()
    testbed.wait_for_stop('not_active', 'waits for configure')
    assert all(testbed.next_stops(20))


def test_an_inactive_node_says_stop_whatever_the_camera_shows(testbed):
    testbed.start_seg_node()
    testbed.start_camera(raw(road()))
    testbed.client.reach('configure')
    testbed.wait_for_stop('not_active', 'configured, waits for activate')
    assert all(testbed.next_stops(20))


def test_an_active_node_without_images_says_stop_and_why(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.wait_for_stop('no_image', 'no image in the')
    assert all(testbed.next_stops(20))


def test_the_first_word_is_stop(testbed):
    testbed.start_camera(raw(road()))
    testbed.start_seg_node(autostart=True)
    testbed.wait_for_go()
    assert testbed.stops[0] is True
    # Until GO it has given reasons, and the last before GO is that GO is being earned.
    reasons = [state.reason for state in testbed.states]
    assert reasons[reasons.index('clear') - 1] == 'confirming'


def test_state_says_what_the_decision_rests_on(testbed):
    camera = testbed.start_camera(raw(road()))
    testbed.start_seg_node(autostart=True)
    testbed.wait_for_go()
    state = testbed.states[-1]
    values = state.values
    assert state.name == '/seg_node: stop_go'
    assert state.level == DiagnosticStatus.OK
    assert values['camera.decision'] == 'go'
    assert values['image_stamp'] == values['camera.image_stamp']
    assert values['image_stamp'] in {
        f'{stamp.sec}.{stamp.nanosec:09d}' for stamp in camera.sent}
    assert float(values['camera.free_distance']) == 1.0
    assert float(values['camera.coverage']) == 1.0
    assert float(values['camera.confidence']) == 1.0
    assert float(values['measured']) <= float(values['limit'])


def test_diagnostics_say_what_runs_and_how_it_fares(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    camera = testbed.wait_for_diagnostics(
        'camera', lambda values: int(values['processed']) > 0, 'a processed frame')
    assert int(camera['received']) >= int(camera['processed'])
    assert float(camera['inference_ms.p50']) > 0
    backend = testbed.wait_for_diagnostics('backend', lambda values: 'model' in values, 'a model')
    assert (backend['backend'], backend['model'], backend['input']) == (
        'onnxruntime', 'tiny', '64x32')
