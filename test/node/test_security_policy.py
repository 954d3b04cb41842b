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
"""The SROS2 policy: it names what the nodes use, and nothing of what only others may say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from helpers.gate_inputs import GateInputs
from helpers.places import ROOT
from helpers.testbed import WAIT
from seg_node.tools.common.testbed.process import python

POLICY = ElementTree.parse(ROOT / 'config' / 'sros2_policy.xml')
GATE = ('-r', 'stop:=seg_node/stop', '-r', 'speed_limit:=seg_node/speed_limit')


def allowed(enclave, element, qualifier):
    """Return the full names that an enclave is allowed."""
    profile = POLICY.find(f".//enclave[@path='{enclave}']/profiles/profile")
    node = f'/{profile.get("node")}'
    names = [item.text for group in profile.findall(f'{element}s')
             if group.get(qualifier) == 'ALLOW' for item in group.findall(element)]
    assert len(names) == len(set(names))
    return {name if name.startswith('/') else
            f'{node}{name[1:]}' if name.startswith('~') else f'/{name}' for name in names}


def used(testbed, name):
    """Return what a node publishes, subscribes to and serves, by the graph."""
    node = testbed.node
    return [{topic for topic, _ in ask(name, '/')} for ask in (
        node.get_publisher_names_and_types_by_node,
        node.get_subscriber_names_and_types_by_node, node.get_service_names_and_types_by_node)]


def check(testbed, name, publishes, subscribes, serves):
    """Check the node against the policy, as soon as all of it is there."""
    testbed.wait_for(lambda: (name, '/') in testbed.node.get_node_names_and_namespaces(), name)
    testbed.wait_for(lambda: all(needed <= there for needed, there in zip(
        (publishes, subscribes, serves), used(testbed, name), strict=True)), 'the whole node')
    found = used(testbed, name)
    assert found[0] <= allowed(f'/{name}', 'topic', 'publish')
    assert found[1] <= allowed(f'/{name}', 'topic', 'subscribe')
    assert found[2] <= allowed(f'/{name}', 'service', 'reply')


@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_the_policy_allows_the_node_what_it_uses(testbed, transport):
    testbed.start_seg_node(
        autostart=True, transport=transport, geometry='ground', use_sim_time=True,
        mounting__camera__height=1.0, vehicle__width=1.0, vehicle__max_speed=0.5,
        role__camera__direction='forward')
    check(testbed, 'seg_node',
          {'/seg_node/stop', '/seg_node/free_distance', '/camera/segmentation/mask'},
          {'/camera/camera_info', '/odom', '/cmd_vel', '/clock'},
          {'/seg_node/reset', '/seg_node/change_state', '/seg_node/set_parameters'})


def test_the_policy_allows_the_gate_what_it_uses(testbed):
    testbed.process = testbed.start_module('seg_node.ros.cmd_vel_gate', '--ros-args', *GATE)
    inputs = GateInputs(testbed.node, stop=None, limit=None, command=(0.0,) * 6,
                        frame_id='base_link')
    check(testbed, 'cmd_vel_gate', {'/cmd_vel_out', '/diagnostics'},
          {'/cmd_vel_in', '/seg_node/stop', '/seg_node/speed_limit'}, set())
    inputs.end()


@pytest.mark.parametrize('enclave', ['/seg_node', '/cmd_vel_gate', '/seg_node_operator'])
def test_no_enclave_may_say_what_it_is_to_hear(enclave):
    """Whoever breaks into one of them cannot lie to the others in the name of a sensor."""
    # Both ends of a bond speak on its topic, each in its own name.
    said = allowed(enclave, 'topic', 'publish') - {'/bond'}
    assert said.isdisjoint(allowed('/seg_node', 'topic', 'subscribe'))
    if enclave != '/seg_node':
        assert said.isdisjoint(allowed('/cmd_vel_gate', 'topic', 'subscribe'))
    if enclave != '/seg_node_operator':
        assert not allowed(enclave, 'service', 'request')


@pytest.mark.parametrize('module', ['seg_node.ros.node', 'seg_node.ros.cmd_vel_gate'])
@pytest.mark.parametrize('made', [False, True], ids=['no keystore', 'no keys in it'])
def test_without_its_keys_nothing_runs_unprotected(testbed, tmp_path, module, made):
    """Nor where the middleware was built without security."""
    if made:
        (tmp_path / 'enclaves').mkdir()
    process = testbed.start('secure', python('helpers.secured', str(tmp_path), module))
    assert process.wait(WAIT) == 2
    [line] = [line for line in process.output.splitlines() if 'FATAL' in line]
    assert 'SECURITY' in line.upper()
    assert 'Traceback' not in process.output


def test_sros2_can_read_the_policy():
    """Its reader takes a comment between enclaves for one, and fails on it."""
    text = (ROOT / 'config' / 'sros2_policy.xml').read_text(encoding='utf-8')
    assert '<!--' not in text.partition('<policy')[2]
    assert (POLICY.getroot().tag, POLICY.getroot().get('version')) == ('policy', '0.2.0')
    for enclave in POLICY.iter('enclave'):
        for item in (*enclave.iter('topic'), *enclave.iter('service')):
            assert item.text == item.text.strip()


def test_the_operator_asks_for_what_the_node_serves():
    assert allowed('/seg_node_operator', 'service', 'request') <= allowed(
        '/seg_node', 'service', 'reply')
