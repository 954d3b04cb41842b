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

from helpers.camera import raw, road
from seg_node.errors import UserError
from seg_node.tools.demo.node_client import NodeClient


@pytest.fixture
def building(bench):
    """Return a bench whose node waits for its engine, at 10 %, and how to say how it goes on."""
    node = bench.start_node(module='helpers.node_that_builds', backend='tensorrt')
    bench.camera(raw(road()))
    node.say('10')
    assert bench.change_state('configure')
    return bench, node


def backend_of(bench):
    """Return the newest status of the backend in /diagnostics."""
    found = [status for array in bench.diagnostics[-1:] for status in array.status
             if status.name.endswith(': backend')]
    return found[0] if found else DiagnosticStatus()


def test_it_goes_once_the_engine_is_there(building):
    bench, node = building
    assert bench.lifecycle_state() == 'inactive'
    bench.wait_for(lambda: backend_of(bench).message ==
                   'building the TensorRT engine: measuring tactics, 10 %', 'the progress')
    assert backend_of(bench).level == DiagnosticStatus.WARN
    assert bench.change_state('activate')
    bench.wait_for_stop('loading', 'measuring tactics, 10 %')
    node.say('60')
    bench.wait_for_stop('loading', 'measuring tactics, 60 %')
    assert all(bench.next_stops())
    assert bench.set_parameter('stop_go.go_after', 4).successful
    assert bench.lifecycle_state() == 'active'
    node.say('done')
    bench.wait_for_go()
    assert backend_of(bench).message == 'tensorrt: as a test'
    assert bench.change_state('deactivate')
    assert bench.change_state('activate')
    bench.wait_for_go()


def test_an_engine_that_comes_before_activation_is_kept(building):
    bench, node = building
    node.say('done')
    bench.wait_for(lambda: backend_of(bench).message == 'tensorrt: as a test', 'the engine')
    bench.wait_for_stop('not_active')
    assert bench.change_state('activate')
    bench.wait_for_go()


def test_deactivating_does_not_end_the_build(building):
    bench, node = building
    assert bench.change_state('activate')
    assert bench.change_state('deactivate')
    bench.wait_for_stop('not_active')
    assert bench.change_state('activate')
    bench.wait_for_stop('loading')
    node.say('done')
    bench.wait_for_go()


@pytest.mark.parametrize('states', [('inactive',), ('activate', 'inactive')], ids=str)
def test_cleaning_up_cancels_the_build(building, states):
    bench, node = building
    if 'activate' in states:
        assert bench.change_state('activate')
        assert bench.change_state('deactivate')
    assert bench.change_state('cleanup')
    assert bench.lifecycle_state() == 'unconfigured'
    assert 'the build is cancelled' in node.output
    bench.wait_for_stop('not_active')
    node.say('20')
    assert bench.change_state('configure')
    assert bench.change_state('activate')
    node.say('done')
    bench.wait_for_go()


@pytest.mark.parametrize('active', [False, True])
def test_a_build_that_fails_leads_back_to_unconfigured(building, active):
    bench, node = building
    if active:
        assert bench.change_state('activate')
    node.say('road.onnx: no engine came of it')
    bench.wait_for_stop('loading_failed', 'road.onnx: no engine came of it')
    assert bench.lifecycle_state() == 'unconfigured'
    assert all(bench.next_stops())
    node.say('done')
    assert bench.change_state('configure')
    assert bench.change_state('activate')
    bench.wait_for_go()


def test_the_process_ends_during_a_build(building):
    bench, node = building
    assert bench.change_state('activate')
    bench.wait_for_stop('loading')
    assert node.end() == 0
    assert bench.stops[-1]
    assert 'the build is cancelled' in node.output


@pytest.mark.parametrize('word', ['done', 'no engine came of it'])
def test_the_tools_wait_for_the_engine(bench, monkeypatch, word):
    node = bench.start_node(module='helpers.node_that_builds', backend='tensorrt')
    node.say('10')
    monkeypatch.setenv('ROS_DOMAIN_ID', str(bench.domain))
    client = NodeClient('/seg_node', lambda: None)
    with ThreadPoolExecutor(1) as pool:
        activation = pool.submit(client.activate, 10.0)
        bench.wait_for_stop('loading')
        bench.wait_for(lambda: len(bench.stops) > 50, 'a while')
        assert not activation.done()
        node.say(word)
        if word == 'done':
            activation.result(60.0)
            assert bench.lifecycle_state() == 'active'
        else:
            with pytest.raises(UserError, match='could not load its model'):
                activation.result(60.0)
    client.close()
