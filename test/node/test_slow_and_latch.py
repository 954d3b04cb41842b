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
"""What the driving stack hears besides STOP and GO, and what keeps it stopped."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from std_msgs.msg import Float32

from helpers.fake_camera import blocked_road, raw, road
from helpers.tiny_model import make_graph, write_model


def test_slow_is_told_as_a_speed_limit(testbed):
    limits = testbed.subscribe(Float32, '/seg_node/speed_limit')
    testbed.start_seg_node(autostart=True, class_actions=['obstacle=slow'], stop_go__slow_hold=0.2,
                       stop_go__slow_fraction=0.25, stop_go__min_slow_share=0.2)
    camera = testbed.start_camera(raw(blocked_road()))
    testbed.wait_for_slow('obstacle at')
    testbed.wait_for(lambda: limits[-1].data == 0.25, 'the fraction of SLOW')
    assert testbed.states[-1].values['speed_limit'] == '0.2500'
    camera.message = raw(road())
    testbed.wait_for_go()
    testbed.wait_for(lambda: limits[-1].data == 1.0, 'full speed')
    camera.stop()
    testbed.wait_for_stop('stale')
    testbed.wait_for(lambda: limits[-1].data == 0.0, 'no speed')


def test_an_action_of_a_class_that_is_not_there_is_refused(testbed):
    node = testbed.start_seg_node(autostart=True, class_actions=['lava=stop'])
    testbed.wait_for(lambda: "no class 'lava'" in node.output, 'refusal')
    assert all(testbed.next_stops())


def test_actions_can_change_at_run_time(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(blocked_road()))
    testbed.wait_for_stop('blocked')
    refused = testbed.client.set_parameter('class_actions', ['lava=stop'])
    assert not refused.successful
    assert 'lava' in refused.reason
    assert testbed.client.set_parameter('class_actions', ['obstacle=go']).successful
    testbed.wait_for_go()


def test_a_latched_fault_stays_until_reset(testbed):
    testbed.start_seg_node(autostart=True, stop_go__latch_faults=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.message = raw(np.zeros_like(road()))
    testbed.wait_for_stop('latched_fault', 'image dark')
    camera.message = raw(road())
    assert all(testbed.next_stops(30))
    assert testbed.client.reset()
    testbed.wait_for_go()


def test_a_blocked_road_is_not_latched(testbed):
    testbed.start_seg_node(autostart=True, stop_go__latch_faults=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.message = raw(blocked_road())
    testbed.wait_for_stop('blocked')
    camera.message = raw(road())
    testbed.wait_for_go()


@pytest.mark.parametrize(('labels', 'active'), [(1, True), (3, False)])
def test_only_a_model_that_passes_its_self_test_becomes_active(
        testbed, tmp_path, labels, active):
    files = {'image': 'known.png', 'labels': 'known_labels.png'}
    folder = write_model(tmp_path / 'tested', make_graph(64, 32), self_test=files)
    cv2.imwrite(str(folder / 'known.png'), np.full((32, 64, 3), (30, 200, 20), np.uint8))
    cv2.imwrite(str(folder / 'known_labels.png'), np.full((32, 64), labels, np.uint8))
    testbed.start_seg_node(model=str(folder))
    testbed.start_camera(raw(road()))
    testbed.client.reach('configure')
    assert testbed.client.change_state('activate') is active
    if active:
        testbed.wait_for_go()
    else:
        testbed.wait_for_stop('self_test_failed', 'gives 0.0% of its labels')
        assert all(testbed.stops)
