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
import os
import signal

from diagnostic_msgs.msg import DiagnosticStatus
import pytest

from helpers.fake_camera import raw, road
from helpers.testbed import WAIT
from helpers.tiny_model import make_endless_graph, write_model
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
    testbed.wait_for(lambda: 'the build is cancelled' in node.output, 'the log')
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


@pytest.fixture
def endless(tmp_path):
    """Return the folder of a model whose network never ends."""
    return str(write_model(tmp_path / 'endless', make_endless_graph(64, 32)))


@pytest.mark.parametrize('timeout', [1.0, 7.0], ids=['while configuring', 'after configuring'])
def test_a_network_without_end_fails_in_time(testbed, endless, timeout):
    testbed.start_seg_node(model=endless, loading_timeout=timeout)
    assert testbed.client.change_state('configure') is (timeout > 5.0)
    testbed.wait_for_stop('loading_failed', f'within {timeout:g} s (loading_timeout)')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    assert all(testbed.next_stops())      # the heartbeat goes on, and the fixture ends the node


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_the_process_ends_while_loading_hangs(testbed, endless, number):
    node = testbed.start_seg_node(model=endless)
    assert testbed.client.change_state('configure')
    testbed.wait_for_stop('not_active')
    assert node.stop(number, WAIT) == 0
    assert testbed.stops[-1]


def test_a_build_without_end_fails_in_time(testbed):
    node = testbed.start_seg_node(
        module='helpers.node_that_builds', backend='tensorrt', build_timeout=2.0)
    node.write_line('10')
    testbed.client.change_state('configure')
    testbed.wait_for_stop('loading_failed', 'within 2 s (build_timeout)')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    testbed.wait_for(lambda: 'the build is cancelled' in node.output, 'the end of the build')


@pytest.mark.parametrize('make', [
    os.mkfifo, lambda path: path.symlink_to('/dev/zero'), lambda path: path.symlink_to(path)],
    ids=['fifo', 'device', 'loop'])
def test_a_graph_that_is_no_file_is_refused_at_once(testbed, endless, tmp_path, make):
    graph = tmp_path / 'endless' / 'model.onnx'
    graph.unlink()
    make(graph)
    testbed.start_seg_node(model=endless)
    assert not testbed.client.change_state('configure')
    testbed.wait_for_stop('loading_failed', 'model.onnx: ')
