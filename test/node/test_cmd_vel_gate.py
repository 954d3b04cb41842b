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
"""cmd_vel_gate as a process: what comes in over DDS, and what goes out."""

from __future__ import annotations

from math import inf, nan
import re
import signal
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Twist, TwistStamped
import pytest
from std_msgs.msg import Bool

from helpers.fake_camera import blocked_road, raw, road
from helpers.gate_inputs import GateInputs
from helpers.testbed import WAIT
from seg_node.tools.common.testbed.listener import values_of
from seg_node.tools.common.testbed.process import parameter_arguments

FORWARD = (1.0, 0.25, -0.5, 0.125, -0.75, 2.0)
HALF = tuple(value / 2 for value in FORWARD)
OTHER = (0.7, 0.0, 0.0, 0.0, 0.0, 0.0)
ZERO = (0.0,) * 6


class GateTestbed:
    """A testbed with the gate in it, its inputs, and what it has put out, oldest first."""

    def __init__(self, testbed):
        self.testbed = testbed
        self.outputs = []
        self.messages = []
        self._inputs = []

    def start(self, *arguments, stamped=False, module='seg_node.ros.cmd_vel_gate', **parameters):
        self.testbed.subscribe(TwistStamped if stamped else Twist, '/cmd_vel_out', self._hear)
        self.diagnostics = self.testbed.subscribe(DiagnosticArray, '/diagnostics')
        self.testbed.process = self.testbed.start_module(
            module, '--ros-args', *arguments, *parameter_arguments(parameters))
        return self.testbed.process

    def inputs(self, **values):
        inputs = GateInputs(self.testbed.node, **values)
        self._inputs.append(inputs)
        return inputs

    def wait_for(self, command):
        """Wait until a command goes out, from now on."""
        begin = len(self.outputs)
        self.testbed.wait_for(lambda: command in self.outputs[begin:], f'the output {command}')

    def wait_for_zeros(self, count=10):
        """Wait until zeros go out, and nothing else any more."""
        begin = len(self.outputs)
        self.testbed.wait_for(
            lambda: self.outputs[begin:][-count:] == [ZERO] * count, f'{count} zeros in a row')

    def wait_for_diagnosis(self, **wanted):
        def newest():
            return self.diagnostics[-1].status[0] if self.diagnostics else DiagnosticStatus()

        self.testbed.wait_for(
            lambda: values_of(newest()).items() >= wanted.items(), f'/diagnostics {wanted}')
        return newest()

    def close(self):
        for inputs in self._inputs:
            inputs.end()

    def _hear(self, message):
        twist = getattr(message, 'twist', message)
        self.messages.append(message)
        self.outputs.append((twist.linear.x, twist.linear.y, twist.linear.z,
                             twist.angular.x, twist.angular.y, twist.angular.z))


@pytest.fixture
def gate(testbed):
    gate = GateTestbed(testbed)
    yield gate
    gate.close()


def test_without_anything_else_it_says_zero(gate):
    gate.start()
    gate.wait_for_zeros(20)
    assert set(gate.outputs) == {ZERO}
    assert gate.wait_for_diagnosis(state='stopped', cause='stop_silent').level == (
        DiagnosticStatus.ERROR)


def test_nobody_reads_its_log(gate):
    process = gate.start('--log-level', 'debug', module='helpers.gate_unread')
    inputs = gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    inputs.stop = True
    gate.wait_for_zeros(20)
    assert process.stop() == 0


def test_commands_pass_on_go_and_slowed_on_slow(gate):
    gate.start()
    inputs = gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    assert gate.wait_for_diagnosis(state='passing', factor='1.0000').level == DiagnosticStatus.OK
    inputs.limit = 0.5
    gate.wait_for(HALF)
    gate.wait_for_diagnosis(state='slowed', cause='slowed', factor='0.5000')
    inputs.limit = 1.0
    gate.wait_for(FORWARD)
    assert set(gate.outputs) == {ZERO, HALF, FORWARD}


def test_a_lower_limit_does_not_wait_for_the_next_command(gate):
    gate.start(command_timeout=2.0)
    inputs = gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    inputs.command = None
    inputs.limit = 0.5
    gate.wait_for(HALF)


@pytest.mark.parametrize('change', [
    {'stop': True}, {'stop': None}, {'limit': 0.0}, {'limit': nan}, {'limit': inf},
    {'limit': -1.0}, {'limit': 2.0}, {'limit': None}, {'command': None},
    {'command': (1.0, nan, 0.0, 0.0, 0.0, 0.0)}, {'command': (0.0, 0.0, 0.0, 0.0, 0.0, -inf)},
], ids=str)
def test_zero_while_anything_is_amiss(gate, change):
    gate.start()
    inputs = gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    good = {name: getattr(inputs, name) for name in change}
    vars(inputs).update(change)
    gate.wait_for_zeros()
    assert set(gate.outputs) == {ZERO, FORWARD}
    vars(inputs).update(good)
    gate.wait_for(FORWARD)


def test_numbers_that_are_none_are_told_of(gate):
    process = gate.start()
    inputs = gate.inputs(command=(nan,) * 6)
    gate.wait_for_diagnosis(cause='command_invalid')
    inputs.limit = nan
    gate.wait_for_diagnosis(cause='speed_limit_invalid')
    gate.wait_for_zeros()
    assert set(gate.outputs) == {ZERO}
    for words in ('the command has a value that is not finite',
                  'speed_limit is not a number from 0 to 1'):
        gate.testbed.wait_for(lambda words=words: words in process.output, words)


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGSTOP])
def test_zero_when_the_publisher_of_stop_dies_or_hangs(gate, number):
    gate.start()
    go = gate.testbed.start_module('helpers.gate_inputs')
    gate.inputs(stop=None, limit=None, command=FORWARD)
    gate.wait_for(FORWARD)
    go.send(number)
    gate.wait_for_zeros()
    gate.wait_for_diagnosis(cause='stop_silent')
    if number == signal.SIGSTOP:
        go.send(signal.SIGCONT)
    else:
        gate.testbed.start_module('helpers.gate_inputs')
    gate.wait_for(FORWARD)


def test_what_came_while_the_gate_hung_does_not_pass(gate):
    process = gate.start()
    inputs = gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    process.send(signal.SIGSTOP)
    inputs.command = OTHER
    inputs.wait_for_rounds(20)      # commands that pile up
    inputs.stop = True
    before = len(gate.outputs)
    process.send(signal.SIGCONT)
    gate.wait_for_zeros()
    assert set(gate.outputs[before:]) == {ZERO}


def test_of_two_publishers_one_stop_is_enough(gate):
    gate.start()
    gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    second = gate.inputs(stop=True)
    gate.wait_for_zeros()
    gate.wait_for_diagnosis(stop_publishers='2')
    second.stop = False
    gate.wait_for(FORWARD)


def test_who_goes_past_the_gate_is_told_of(gate):
    gate.start()
    gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    gate.testbed.node.create_publisher(Twist, 'cmd_vel_out', 10)
    status = gate.wait_for_diagnosis(other_publishers='1')
    assert status.level == DiagnosticStatus.ERROR
    assert '/cmd_vel_out' in status.message


def test_what_is_silent_is_named_with_what_there_is(gate):
    gate.start()
    gate.testbed.node.create_publisher(Bool, '/seg_node/stop', 10)
    words = 'nobody publishes /stop (std_msgs/msg/Bool); there is /seg_node/stop'
    gate.testbed.wait_for(lambda: gate.diagnostics and words in gate.diagnostics[-1].status[
        0].message, words)


def test_a_second_publisher_of_commands_is_told(gate):
    gate.start()
    gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    gate.testbed.node.create_publisher(Twist, 'cmd_vel_in', 10)
    words = '2 publishers of /cmd_vel_in, where only one may be: /testbed (geometry_msgs'
    gate.testbed.wait_for(lambda: gate.diagnostics and words in gate.diagnostics[-1].status[
        0].message, words)
    assert gate.diagnostics[-1].status[0].level == DiagnosticStatus.WARN


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_the_last_word_is_zero(gate, number):
    process = gate.start()
    gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    process.send(number)
    process.send(number)
    assert process.stop(number) == 0
    gate.testbed.wait_for(lambda: gate.outputs[-1] == ZERO, 'a zero as the last word')
    assert 'rror' not in process.output


def test_stamped_commands_keep_their_header(gate):
    gate.start(stamped=True)
    inputs = gate.inputs(command=FORWARD, frame_id='base_link')
    gate.wait_for(FORWARD)
    passed = gate.messages[gate.outputs.index(FORWARD)]
    assert passed.header.frame_id == 'base_link'
    inputs.stop = True
    gate.wait_for_zeros()
    # A zero has a stamp of its own: of the next ones each has a later one.
    stamps = [(message.header.stamp.sec, message.header.stamp.nanosec)
              for message in gate.messages[-10:]]
    assert stamps == sorted(set(stamps))
    assert gate.messages[-1].header.frame_id == 'base_link'


@pytest.mark.parametrize(('stamp', 'words'), [
    (lambda: time.time() - 0.7, r'0\.[789]\d s old by its stamp, limit 0.50 s'),
    (lambda: time.time() + 3600.0, r'3600\.\d\d s in the future by its stamp'),
    (lambda: 0.0, 's old by its stamp'),
], ids=['late', 'in an hour', 'none'])
def test_commands_with_a_stamp_that_is_not_of_now_do_not_pass(gate, stamp, words):
    process = gate.start(stamped=True)
    inputs = gate.inputs(command=FORWARD, frame_id='base_link')
    gate.wait_for(FORWARD)
    inputs.stamp = stamp
    gate.wait_for_zeros()
    assert gate.wait_for_diagnosis(cause='command_stale').level == DiagnosticStatus.ERROR
    gate.testbed.wait_for(lambda: re.search(words, process.output), words)
    inputs.stamp = time.time
    gate.wait_for(FORWARD)


def test_a_stamp_that_stands_still_ends_the_command(gate):
    gate.start(stamped=True)
    inputs = gate.inputs(command=FORWARD, frame_id='base_link')
    gate.wait_for(FORWARD)
    stamp = time.time()
    inputs.stamp = lambda: stamp
    gate.wait_for_zeros()


@pytest.mark.parametrize('stamped', [False, True], ids=['Twist', 'TwistStamped'])
def test_the_base_gets_the_type_that_it_listens_to(gate, stamped):
    """Whatever comes in; a base that comes up later is found too."""
    gate.start(stamped=stamped)
    gate.inputs(command=FORWARD, frame_id='' if stamped else 'base_link')
    gate.wait_for(FORWARD)
    kinds = ('Twist', 'TwistStamped') if stamped else ('TwistStamped', 'Twist')
    gate.wait_for_diagnosis(state='passing', cmd_vel_in=kinds[0], cmd_vel_out=kinds[1])
    if stamped:
        passed = gate.messages[gate.outputs.index(FORWARD)]
        assert abs(passed.header.stamp.sec - time.time()) < 5.0


def test_commands_that_change_their_type_are_followed(gate):
    gate.start(stamped=True)
    first = gate.testbed.start_module('helpers.gate_inputs', '1.0')
    gate.wait_for((1.0, *[0.0] * 5))
    first.kill()
    gate.inputs(command=OTHER, frame_id='base_link')
    gate.wait_for(OTHER)


def test_simulated_time_that_stands_still_holds_up_nothing(gate):
    gate.start(use_sim_time=True)
    inputs = gate.inputs(command=FORWARD)
    gate.wait_for(FORWARD)
    inputs.stop = None
    gate.wait_for_zeros()
    gate.wait_for_diagnosis(cause='stop_silent')


def test_whole_numbers_do_for_parameters(gate):
    gate.start(stop_timeout=1, command_timeout=1, rate=50)
    gate.wait_for_zeros()


@pytest.mark.parametrize('arguments, parameters, said', [
    ([], {'stop_timeout': 0.0}, 'stop_timeout: 0.0 is not a number from 0.2 to 5'),
    ([], {'rate': 'fast'}, "rate: 'fast' is not a number from 10 to 100"),
    (['-r', 'cmd_vel_in:=cmd_vel_out'], {}, 'cmd_vel_in and cmd_vel_out are both /cmd_vel_out'),
])
def test_what_cannot_be_used_is_refused_by_name(gate, arguments, parameters, said):
    process = gate.start(*arguments, **parameters)
    assert process.wait(WAIT) == 2
    assert said in process.output
    assert 'Traceback' not in process.output


# --- the whole chain: camera, seg_node, gate, base --------------------------------------------

def test_commands_pass_as_long_as_the_road_is_free_and_the_node_lives(gate):
    node = gate.testbed.start_seg_node(autostart=True)
    gate.start('-r', 'stop:=seg_node/stop', '-r', 'speed_limit:=seg_node/speed_limit')
    camera = gate.testbed.start_camera(raw(road()))
    gate.inputs(stop=None, limit=None, command=FORWARD)
    gate.wait_for(FORWARD)
    camera.message = raw(blocked_road())
    gate.wait_for_zeros()
    camera.message = raw(road())
    gate.wait_for(FORWARD)
    node.send(signal.SIGKILL)
    gate.wait_for_zeros()
