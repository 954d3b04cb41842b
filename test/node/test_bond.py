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

"""The bond with a lifecycle manager, over DDS, held by bondpy where that is installed."""

from __future__ import annotations

import signal

import pytest
from rclpy.duration import Duration

from helpers.fake_camera import raw, road
from helpers.testbed import WAIT

AT_ONCE = Duration(nanoseconds=1)


@pytest.fixture
def status():
    """Return the type of a bond's messages; no package of PyPI has it."""
    return pytest.importorskip('bond.msg', reason='bond comes with ROS').Status


@pytest.fixture
def make_bond(testbed, status):
    """Return what makes the manager's end of a bond, as Nav2's does."""
    bondpy = pytest.importorskip('bondpy.bondpy', reason='bondpy comes with ROS')
    made = []

    def make():
        bond = bondpy.Bond(testbed.node, 'bond', 'seg_node')
        bond.heartbeat_timeout, bond.heartbeat_period = 4.0, 0.25
        bond.start()
        made.append(bond)
        return bond

    yield make
    for bond in made:      # its shutdown() would pull the subscription from under the executor
        bond.is_shutdown = True
        bond.heartbeat_timer.cancel()


def wait_for_bond(testbed, bond):
    """Wait until the node holds the other end."""
    testbed.wait_for(lambda: bond.wait_until_formed(AT_ONCE), 'a bond')


def start_active(testbed, **parameters):
    testbed.start_seg_node(**parameters)
    testbed.start_camera(raw(road()))
    testbed.client.reach('configure', 'activate')


def check_stopped_for_good(testbed):
    testbed.client.reset()
    testbed.wait_for_stop('bond_broken')
    assert all(testbed.next_stops(20))


def test_a_manager_that_is_shut_down_ends_go(testbed, make_bond):
    start_active(testbed)
    bond = make_bond()
    wait_for_bond(testbed, bond)
    testbed.wait_for_go()
    bond.break_bond()
    testbed.wait_for_stop('bond_broken', 'let go')
    testbed.wait_for(bond.is_broken, 'an answer to the goodbye')
    check_stopped_for_good(testbed)


def test_every_activation_has_a_bond_of_its_own(testbed, make_bond):
    start_active(testbed, bond='required')
    first = make_bond()
    wait_for_bond(testbed, first)
    testbed.wait_for_go()
    testbed.client.reach('deactivate')
    testbed.wait_for(first.is_broken, 'the node has let go')
    testbed.client.reach('activate')
    testbed.wait_for_stop('bond_missing')
    second = make_bond()
    wait_for_bond(testbed, second)
    testbed.wait_for_go()
    assert not second.is_broken()


def test_the_end_of_the_process_is_a_goodbye(testbed, make_bond):
    start_active(testbed)
    bond = make_bond()
    wait_for_bond(testbed, bond)
    testbed.process.send(signal.SIGINT)
    testbed.participant.wait_for(bond.is_broken, 'the node has let go', WAIT)


def test_a_node_that_is_killed_is_noticed(testbed, make_bond):
    start_active(testbed)
    bond = make_bond()
    wait_for_bond(testbed, bond)
    # Before its second beat, bond_core does not count a node's silence.
    testbed.wait_for(lambda: bond.heartbeat_timer.left().nanoseconds, 'a second beat')
    testbed.process.kill()
    testbed.participant.wait_for(bond.is_broken, 'the manager notices', WAIT)


def test_a_manager_that_dies_ends_go(testbed, status):
    start_active(testbed)
    heard = testbed.subscribe(status, 'bond')
    manager = testbed.keep_publishing('bond', status(
        id='seg_node', instance_id='manager', active=True))
    testbed.wait_for_go()
    testbed.wait_for(lambda: {'seg_node'} == {each.id for each in heard if each.active
                                              and each.instance_id != 'manager'}, 'beats')
    manager.cancel()
    testbed.wait_for_stop('bond_broken', 'nothing heard of the lifecycle manager for')
    testbed.wait_for(lambda: any(not each.active for each in heard), 'a goodbye')
    check_stopped_for_good(testbed)
    testbed.client.reach('deactivate', 'activate')
    testbed.wait_for_go()


def test_required_is_refused_where_bond_is_not_installed(testbed):
    node = testbed.start_seg_node(module='helpers.bare_node', bond='required')
    assert node.wait(WAIT) == 2
    assert 'bond: required needs the messages of bond' in node.output
    assert all(testbed.stops)
