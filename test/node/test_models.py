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
"""Models that cannot be loaded, fail with an image, or never come back."""

from __future__ import annotations

import signal

import numpy as np
import onnx
from onnx import helper, TensorProto
import pytest

from helpers.fake_camera import GREEN, raw, RED, road
from helpers.tiny_model import make_graph, write_model, write_tiny_model
from seg_node.simulation import demo_drive


def without_graph(folder):
    (folder / 'model.onnx').unlink()


def with_another_graph(folder):
    with open(folder / 'model.onnx', 'ab') as graph:
        graph.write(b'\x7a\0')      # an empty field that nobody reads


def without_manifest(folder):
    (folder / 'model.yaml').unlink()


@pytest.mark.parametrize(('damage', 'words'), [
    (without_graph, ['model.onnx']),
    (with_another_graph, ['sha256']),
    (without_manifest, ['model.yaml']),
], ids=lambda value: getattr(value, '__name__', None))
def test_a_model_that_cannot_be_used_fails_to_configure(testbed, tmp_path, damage, words):
    folder = write_tiny_model(tmp_path / 'model')
    damage(folder)
    node = testbed.start_seg_node(model=str(folder))
    testbed.start_camera(raw(road()))
    assert not testbed.client.change_state('configure')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    testbed.wait_for(lambda: 'cannot configure' in node.output, 'why not, in the log')
    [line] = [line for line in node.output.splitlines() if 'cannot configure' in line]
    assert all(word in line for word in words)
    testbed.wait_for_stop('loading_failed', words[0])
    assert all(testbed.next_stops())


def test_a_model_that_has_been_repaired_can_be_configured(testbed, tmp_path):
    folder = tmp_path / 'model'
    testbed.start_seg_node(model=str(folder))
    testbed.start_camera(raw(road()))
    assert not testbed.client.change_state('configure')
    write_tiny_model(folder)
    testbed.client.reach('configure', 'activate')
    testbed.wait_for_go()


def test_without_a_model_the_classical_techniques_decide(testbed, tmp_path):
    testbed.start_seg_node(model=str(tmp_path / 'nowhere'), backend='classical', autostart=True)
    seen = demo_drive(640, 360).frame(2.0).bgr
    camera = testbed.start_camera(raw(seen))
    testbed.wait_for_go()
    wall = np.full_like(seen, 90)      # right up to the upper edge, beside a brighter one
    wall[:, 400:] = 150
    camera.message = raw(wall)
    testbed.wait_for_stop('no_path')
    assert all(testbed.next_stops())


def test_autostart_with_a_bad_model_stays_unconfigured_and_says_stop(testbed, tmp_path):
    node = testbed.start_seg_node(model=str(tmp_path / 'nowhere'), autostart=True)
    testbed.wait_for_stop('loading_failed', 'nowhere')
    testbed.wait_for(lambda: 'cannot configure' in node.output, 'why not, in the log')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    assert all(testbed.next_stops())


def spoiled_by_red(folder, nodes, initializers=()):
    """
    Write the tiny model with more nodes, which turn `any_red` (bool) into `spoiled` (float).

    `spoiled` is added to the labels, so it has to be 0 as long as nothing is red.
    """
    model = make_graph(64, 32)
    graph = model.graph
    cast = next(node for node in graph.node if node.output[0] == 'labels')
    cast.input[0] = 'spoiled_ids'
    position = list(graph.node).index(cast)
    added = [
        helper.make_node('ReduceMax', ['red_lead'], ['reddest'], keepdims=0),
        helper.make_node('Greater', ['reddest', 'threshold'], ['any_red']),
        *nodes,
        helper.make_node('Add', ['ids', 'spoiled'], ['spoiled_ids']),
    ]
    for offset, node in enumerate(added):
        graph.node.insert(position + offset, node)
    graph.initializer.extend(initializers)
    onnx.checker.check_model(model)
    return write_model(folder, model)


def integer(name, value, shape=()):
    return helper.make_tensor(name, TensorProto.INT64, shape, [value])


@pytest.fixture
def failing_model(tmp_path):
    """Return a model whose inference fails for an image with red in it."""
    return spoiled_by_red(tmp_path / 'failing', [
        helper.make_node('Where', ['any_red', 'nowhere', 'first'], ['index']),
        helper.make_node('Gather', ['nothing', 'index'], ['spoiled'], axis=0),
    ], [integer('nowhere', 7), integer('first', 0),
        helper.make_tensor('nothing', TensorProto.FLOAT, [1], [0.0])])


@pytest.fixture
def hanging_model(tmp_path):
    """Return a model whose inference takes for ever with an image with red in it."""
    scalar = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node('Identity', ['going'], ['still_going']),
         helper.make_node('Identity', ['sum'], ['new_sum'])], 'body',
        [scalar('turn', TensorProto.INT64, []), scalar('going', TensorProto.BOOL, []),
         scalar('sum', TensorProto.FLOAT, [])],
        [scalar('still_going', TensorProto.BOOL, []), scalar('new_sum', TensorProto.FLOAT, [])])
    return spoiled_by_red(tmp_path / 'hanging', [
        helper.make_node('Where', ['any_red', 'for_ever', 'no_turn'], ['turns']),
        helper.make_node('Loop', ['turns', '', 'zero'], ['spoiled'], body=body),
    ], [integer('for_ever', 2**62), integer('no_turn', 0)])


def test_an_inference_that_fails_is_stop_until_it_works_again(testbed, failing_model):
    testbed.start_seg_node(model=str(failing_model), autostart=True)
    camera = testbed.start_camera(raw(road(ground=GREEN)))
    testbed.wait_for_go()
    camera.message = raw(road(ground=RED))
    testbed.wait_for_stop('inference_failed')
    assert all(testbed.next_stops())
    assert testbed.counted('inference_failed') > 0
    camera.message = raw(road())
    testbed.wait_for_go()


@pytest.fixture
def hung(testbed, hanging_model):
    testbed.start_seg_node(model=str(hanging_model), autostart=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.message = raw(road(ground=RED))
    testbed.wait_for_stop('stale')
    camera.message = raw(road())
    return testbed


def test_an_inference_that_hangs_is_stop_and_the_heartbeat_goes_on(hung):
    assert all(hung.next_stops(40))


def test_a_hung_inference_can_be_left_behind(hung):
    hung.client.reach('deactivate')
    assert not hung.client.change_state('activate')
    hung.client.reach('cleanup', 'configure', 'activate')
    hung.wait_for_go()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_node_with_a_hung_inference_can_be_ended(hung, number):
    assert hung.process.stop(number) == 0
    assert 'did not end' in hung.process.output
    hung.wait_for(lambda: hung.stops[-1], 'STOP as the last word')
