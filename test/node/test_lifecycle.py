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
"""The lifecycle, driven from another process; only an active node says GO."""

from __future__ import annotations

import pytest

from helpers.fake_camera import raw, road

# How to reach each state, and what each transition leads to from there; all else is illegal.
WAYS = {
    'unconfigured': [],
    'inactive': ['configure'],
    'active': ['configure', 'activate'],
    'finalized': ['shutdown'],
}
LEGAL = {
    ('unconfigured', 'configure'): 'inactive',
    ('unconfigured', 'shutdown'): 'finalized',
    ('inactive', 'activate'): 'active',
    ('inactive', 'cleanup'): 'unconfigured',
    ('inactive', 'shutdown'): 'finalized',
    ('active', 'deactivate'): 'inactive',
    ('active', 'shutdown'): 'finalized',
}
TRANSITIONS = ('configure', 'activate', 'deactivate', 'cleanup', 'shutdown')


def check_word(testbed):
    """Check that the node says what its state permits, with a camera that shows a free road."""
    if testbed.client.lifecycle_state() == 'active':
        testbed.wait_for_go()
    else:
        testbed.wait_for_stop('not_active')
        assert all(testbed.next_stops())


@pytest.mark.parametrize(('state', 'transition'), LEGAL)
def test_legal_transitions(testbed, state, transition):
    testbed.start_seg_node()
    testbed.start_camera(raw(road()))
    testbed.client.reach(*WAYS[state])
    assert testbed.client.lifecycle_state() == state
    check_word(testbed)
    assert testbed.client.change_state(transition)
    assert testbed.client.lifecycle_state() == LEGAL[state, transition]
    check_word(testbed)


@pytest.mark.parametrize('state', WAYS)
def test_illegal_transitions_are_refused_without_effect(testbed, state):
    testbed.start_seg_node()
    testbed.start_camera(raw(road()))
    testbed.client.reach(*WAYS[state])
    check_word(testbed)
    for transition in [*TRANSITIONS, 'create', 'destroy', 'no such transition', 99]:
        if (state, transition) not in LEGAL:
            assert not testbed.client.change_state(transition)
            assert testbed.client.lifecycle_state() == state
            check_word(testbed)


def test_the_whole_round_can_be_made_again(testbed):
    testbed.start_seg_node()
    testbed.start_camera(raw(road()))
    for _ in range(2):
        testbed.client.reach('configure', 'activate')
        testbed.wait_for_go()
        testbed.client.reach('deactivate', 'cleanup')
        check_word(testbed)


def test_a_node_activated_again_must_earn_go_anew(testbed):
    testbed.start_seg_node(autostart=True, stop_go__go_after=7)
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    testbed.client.reach('deactivate')
    testbed.wait_for_stop('not_active')
    begin = len(testbed.states)
    testbed.client.reach('activate')
    testbed.wait_for_go()
    states = [state.values for state in testbed.states[begin:]]
    earning = [state for state in states if state['reason'] == 'confirming']
    assert earning[0]['measured'] in {'1', '1.0000'}
    assert earning[0]['limit'] in {'7', '7.0000'}
    stamps = {state['image_stamp'] for state in earning}
    assert len(stamps) >= 6
    decisions = [state['decision'] for state in states]
    assert 'stop' not in decisions[decisions.index('go'):]


def test_outputs_exist_only_while_there_is_a_model(testbed):
    topic = 'camera/segmentation/mask'
    testbed.start_seg_node()
    testbed.client.reach('configure')
    testbed.wait_for(lambda: testbed.publishers_of(topic) == 1, 'a publisher of masks')
    testbed.client.reach('cleanup')
    testbed.wait_for(lambda: testbed.publishers_of(topic) == 0, 'no publisher of masks')


def test_many_quick_cycles_while_images_flow(testbed):
    testbed.start_seg_node()
    testbed.start_camera(raw(road()), rate=100.0)
    testbed.client.reach('configure')
    for _ in range(60):
        testbed.client.reach('activate', 'deactivate')
    testbed.client.reach('cleanup')
    for _ in range(20):
        testbed.client.reach('configure', 'activate', 'deactivate', 'cleanup')
    check_word(testbed)
    testbed.client.reach('configure', 'activate')
    testbed.wait_for_go()
