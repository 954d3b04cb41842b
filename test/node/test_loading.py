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

"""While an engine is being built: services answer, ~/stop is STOP, progress shows, it can end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from diagnostic_msgs.msg import DiagnosticStatus
import pytest

from helpers.fake_camera import raw, road
from seg_node.errors import UserError
from seg_node.tools.common.testbed.client import NodeClient
from seg_node.tools.demo.activation import activate


@pytest.fixture
def building(testbed):
    """Return a testbed whose node waits for its engine, at 10 %, and how to say how it goes on."""
    node = testbed.start_seg_node(module='helpers.node_that_builds', backend='tensorrt')
    testbed.start_camera(raw(road()))
    node.write_line('10')
    assert testbed.client.change_state('configure')
    return testbed, node


def backend_of(testbed):
    """Return the newest status of the backend in /diagnostics."""
    found = [status for array in testbed.diagnostics[-1:] for status in array.status
             if status.name.endswith(': backend')]
    return found[0] if found else DiagnosticStatus()


def test_it_goes_once_the_engine_is_there(building):
    testbed, node = building
    assert testbed.client.lifecycle_state() == 'inactive'
    testbed.wait_for(lambda: backend_of(testbed).message ==
                     'building the TensorRT engine: measuring tactics, 10 %', 'the progress')
    assert backend_of(testbed).level == DiagnosticStatus.WARN
    assert testbed.client.change_state('activate')
    testbed.wait_for_stop('loading', 'measuring tactics, 10 %')
    node.write_line('60')
    testbed.wait_for_stop('loading', 'measuring tactics, 60 %')
    assert all(testbed.next_stops())
    assert testbed.client.set_parameter('stop_go.go_after', 4).successful
    assert testbed.client.lifecycle_state() == 'active'
    node.write_line('done')
    testbed.wait_for_go()
    assert backend_of(testbed).message == 'tensorrt: as a test'
    assert testbed.client.change_state('deactivate')
    assert testbed.client.change_state('activate')
    testbed.wait_for_go()


def test_an_engine_that_comes_before_activation_is_kept(building):
    testbed, node = building
    node.write_line('done')
    testbed.wait_for(lambda: backend_of(testbed).message == 'tensorrt: as a test', 'the engine')
    testbed.wait_for_stop('not_active')
    assert testbed.client.change_state('activate')
    testbed.wait_for_go()


def test_deactivating_does_not_end_the_build(building):
    testbed, node = building
    assert testbed.client.change_state('activate')
    assert testbed.client.change_state('deactivate')
    testbed.wait_for_stop('not_active')
    assert testbed.client.change_state('activate')
    testbed.wait_for_stop('loading')
    node.write_line('done')
    testbed.wait_for_go()


@pytest.mark.parametrize('states', [('inactive',), ('activate', 'inactive')], ids=str)
def test_cleaning_up_cancels_the_build(building, states):
    testbed, node = building
    if 'activate' in states:
        assert testbed.client.change_state('activate')
        assert testbed.client.change_state('deactivate')
    assert testbed.client.change_state('cleanup')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    assert 'the build is cancelled' in node.output
    testbed.wait_for_stop('not_active')
    node.write_line('20')
    assert testbed.client.change_state('configure')
    assert testbed.client.change_state('activate')
    node.write_line('done')
    testbed.wait_for_go()


@pytest.mark.parametrize('active', [False, True])
def test_a_build_that_fails_leads_back_to_unconfigured(building, active):
    testbed, node = building
    if active:
        assert testbed.client.change_state('activate')
    node.write_line('road.onnx: no engine came of it')
    testbed.wait_for_stop('loading_failed', 'road.onnx: no engine came of it')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    assert all(testbed.next_stops())
    node.write_line('done')
    assert testbed.client.change_state('configure')
    assert testbed.client.change_state('activate')
    testbed.wait_for_go()


def test_the_process_ends_during_a_build(building):
    testbed, node = building
    assert testbed.client.change_state('activate')
    testbed.wait_for_stop('loading')
    assert node.stop() == 0
    assert testbed.stops[-1]
    assert 'the build is cancelled' in node.output


@pytest.mark.parametrize('word', ['done', 'no engine came of it'])
def test_the_tools_wait_for_the_engine(testbed, word):
    node = testbed.start_seg_node(module='helpers.node_that_builds', backend='tensorrt')
    node.write_line('10')
    client = NodeClient(testbed.participant, '/seg_node', 60.0)
    with ThreadPoolExecutor(1) as pool:
        activation = pool.submit(
            activate, client, testbed.listener, 10.0, lambda: None)
        testbed.wait_for_stop('loading')
        testbed.wait_for(lambda: len(testbed.stops) > 50, 'a while')
        assert not activation.done()
        node.write_line(word)
        if word == 'done':
            activation.result(60.0)
            assert testbed.client.lifecycle_state() == 'active'
        else:
            with pytest.raises(UserError, match='could not load its model'):
                activation.result(60.0)
    client.close()
