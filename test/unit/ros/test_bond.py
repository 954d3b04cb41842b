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

"""The node's end of a bond, without a middleware: what it says, and when."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace

import pytest

pytest.importorskip('rclpy')

from std_msgs.msg import Header

from seg_node.parameters.declaration import ParameterError
from seg_node.ros.bond import ManagerBond
from seg_node.stop_go import Instant, Reason
from seg_node.stop_go.bond import BEAT_PERIOD, SILENCE

WAIT = 30.0


class Status:
    """bond/msg/Status."""

    def __init__(self, **values):
        self.header = Header()
        self.__dict__.update(values)


class Robot:
    """A node and its clocks, and what was said on the topic."""

    def __init__(self):
        self.said = []
        self.steady = 0.0
        self.changed = threading.Condition()
        self.subscriptions = []
        self.msg_type = Status

    def get_name(self):
        return 'seg_node'

    def get_clock(self):
        return SimpleNamespace(now=lambda: SimpleNamespace(to_msg=lambda: Header().stamp))

    def now(self):
        return Instant(self.steady, 0.0)

    def create_publisher(self, kind, topic, qos):
        assert (kind, topic) == (Status, 'bond')
        return self

    def create_subscription(self, kind, topic, take, qos):
        self.subscriptions.append(take)
        return take

    def destroy_subscription(self, take):
        self.subscriptions.remove(take)

    def publish(self, message):
        with self.changed:
            self.said.append(message)
            self.changed.notify_all()

    def wait_for_all_acked(self, timeout):
        return True

    def wait(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, WAIT)

    def hear(self, instance='manager', active=True, name='seg_node'):
        for take in self.subscriptions:
            take(SimpleNamespace(id=name, instance_id=instance, active=active))


@pytest.fixture
def robot(monkeypatch):
    package, messages = ModuleType('bond'), ModuleType('bond.msg')
    messages.Status = Status
    monkeypatch.setitem(sys.modules, 'bond', package)
    monkeypatch.setitem(sys.modules, 'bond.msg', messages)
    return Robot()


@pytest.fixture
def bond(robot):
    bond = ManagerBond(robot, robot, 'auto')
    yield bond
    bond.close()


def test_it_beats_without_an_executor_from_the_activation_on(robot, bond):
    assert robot.said == []
    bond.open()
    robot.wait(lambda: len(robot.said) >= 3)
    assert {(each.id, each.active, each.heartbeat_period, each.heartbeat_timeout)
            for each in robot.said} == {('seg_node', True, BEAT_PERIOD, SILENCE)}
    assert len({each.instance_id for each in robot.said}) == 1
    assert 'nobody' in bond.text or 'no lifecycle manager' in bond.text


def test_a_manager_that_falls_silent_ends_it_with_one_goodbye(robot, bond):
    bond.open()
    robot.hear()
    assert bond.finding() is None
    assert bond.text == 'held by a lifecycle manager'
    robot.steady = SILENCE + 1.0
    assert bond.finding().reason is Reason.BOND_BROKEN
    robot.wait(lambda: not robot.said[-1].active)
    assert [each.active for each in robot.said].count(False) == 1
    assert bond.text == bond.finding().text


def test_a_goodbye_is_answered(robot, bond):
    bond.open()
    robot.hear()
    robot.hear('second', False)
    assert bond.finding() is None
    assert bond.text.endswith('1 messages of a second one')
    robot.hear(active=False)
    assert bond.finding().reason is Reason.BOND_BROKEN
    answers = [each.active for each in robot.said].count(False)
    assert answers >= 1
    robot.hear(active=False)
    assert [each.active for each in robot.said].count(False) > answers


def test_what_others_say_on_the_topic_is_not_for_us(robot, bond):
    bond.open()
    robot.hear(active=False, name='controller_server')
    robot.wait(lambda: robot.said)
    robot.hear(robot.said[0].instance_id)
    assert bond.finding() is None
    assert 'no lifecycle manager' in bond.text


def test_the_old_one_has_said_goodbye_before_the_new_one_speaks(robot, bond):
    bond.open()
    robot.hear()
    robot.wait(lambda: robot.said)
    bond.close()
    assert robot.subscriptions == []
    assert bond.finding() is None
    assert bond.text == 'no bond while not active'
    bond.open()
    first = robot.said[0].instance_id
    robot.wait(lambda: robot.said[-1].instance_id != first)
    mine = [each.active for each in robot.said if each.instance_id == first]
    assert mine[-1] is False
    assert all(mine[:-1])
    robot.hear(active=False)      # a late word of the manager that held the old one
    assert bond.finding() is None
    robot.hear('another')
    assert bond.text == 'held by a lifecycle manager'


def test_a_beat_that_fails_is_told_and_the_next_goes_out(robot, bond):
    told, publish = [], robot.publish

    def fail_once(message):
        robot.publish = publish
        raise RuntimeError('no memory')

    robot.publish = fail_once
    robot.get_logger = lambda: SimpleNamespace(error=lambda text, **_: told.append(text))
    bond.open()
    robot.wait(lambda: robot.said)
    assert 'no memory' in told[0]


def test_required_stops_without_a_manager(robot):
    bond = ManagerBond(robot, robot, 'required')
    assert bond.finding() is None      # not active is reason enough
    bond.open()
    assert bond.finding().reason is Reason.BOND_MISSING
    robot.hear()
    assert bond.finding() is None
    bond.close()


def test_off_says_nothing(robot):
    bond = ManagerBond(robot, robot, 'off')
    bond.open()
    bond.close()
    assert (robot.said, robot.subscriptions, bond.finding()) == ([], [], None)
    assert 'bond_timeout: 0.0' in bond.text


def test_without_its_messages_only_required_is_refused(robot, monkeypatch):
    monkeypatch.setitem(sys.modules, 'bond', None)
    monkeypatch.setitem(sys.modules, 'bond.msg', None)
    assert 'bond_timeout: 0.0' in ManagerBond(robot, robot, 'auto').text
    with pytest.raises(ParameterError, match='^bond: required needs the messages of bond'):
        ManagerBond(robot, robot, 'required')
