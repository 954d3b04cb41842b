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

"""
Gate velocity commands by ~/stop and ~/speed_limit of seg_node.

A node for robots with neither twist_mux nor Nav2: ``cmd_vel_in`` goes to ``cmd_vel_out`` on GO,
scaled on SLOW; zeros go there on STOP, or when anything needed falls silent or makes no sense.
"""

from __future__ import annotations

from dataclasses import fields
import math
import time
from typing import Any, NoReturn

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Twist, TwistStamped
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool, Float32, Header

from seg_node.ros.log import LogsAside
from seg_node.ros.messages import key_values
from seg_node.ros.parameters import check_given
from seg_node.ros.process import end_process, run
from seg_node.ros.qos import LAST_WORD
from seg_node.ros.topic_state import look_at
from seg_node.ros.twists import Kind, kind_of, seconds, TwistInput
from seg_node.stop_go.bounds import bounds_of
from seg_node.stop_go.cmd_vel_gate import Cause, Command, CommandGate, GateTiming, Passage, ZERO
from seg_node.stop_go.stamp_words import explain_offset

_STATES = {Cause.PASSING: 'passing', Cause.SLOWED: 'slowed'}      # all others: stopped
_LEVELS = dict.fromkeys(      # all others: WARN, faults ERROR
    (Cause.PASSING, Cause.SLOWED, Cause.COMMAND_SILENT), DiagnosticStatus.OK)
# Depth 1: of commands that queued up only the newest may pass.
_NEWEST = QoSProfile(depth=1)
_FOLLOW_EVERY = 0.25      # seconds
_QUIET = 2.0      # seconds before the log tells of the same change again


class CmdVelGate(LogsAside, Node):
    """
    Pass, scale or stop velocity commands; every decision is that of :class:`CommandGate`.

    One thread, and all times on the steady clock: simulated time that stands still holds up
    neither the timeouts nor the zeros.

    :raises ValueError: when parameters or remappings cannot be used; says what would fit.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__('cmd_vel_gate', **options)
        timing = self._read_timing()
        check_given(self, 'config/cmd_vel_gate.yaml')
        self._gate = CommandGate(timing)
        self._header: Header | None = None
        self._sent = 0.0      # factor of what was published last
        self._announced: Cause | None = None
        self._told: dict[tuple[Cause | None, Cause], float] = {}
        self._kind: Kind = Twist
        self._output = self._open_output()
        self._commands = TwistInput(self, 'cmd_vel_in', _NEWEST, self._take_command)
        if self._commands.topic == self._output.topic_name:
            raise ValueError(f'cmd_vel_in and cmd_vel_out are both {self._commands.topic}: '
                             'remap one of them')
        self.create_subscription(Bool, 'stop', self._take_stop, 10)
        self.create_subscription(Float32, 'speed_limit', self._take_speed_limit, 10)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / timing.rate, self._tick, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)
        self.create_timer(_FOLLOW_EVERY, self._follow_base, clock=steady)

    def halt(self) -> None:
        """Publish a zero; nothing passes before everything was heard again."""
        self._gate.forget()
        self._send(ZERO, 0.0)

    def on_callback_error(self, error: Exception) -> None:
        """Publish a zero, and let nothing pass before everything was heard again."""
        self.get_logger().error(f'a callback failed: {error!r}', throttle_duration_sec=2.0)
        self.halt()

    def close(self) -> None:
        """Publish the last zero and wait a moment for it to arrive; before destroy_node()."""
        self.halt()
        self._output.wait_for_all_acked(LAST_WORD)

    def _read_timing(self) -> GateTiming:
        bounds = bounds_of(GateTiming)
        return GateTiming(**{
            declared.name: self._read(
                declared.name, declared.default, bounds[declared.name].meaning,
                f'from {bounds[declared.name].low:g} to {bounds[declared.name].high:g}')
            for declared in fields(GateTiming)})

    def _open_output(self) -> Publisher:
        return self.create_publisher(self._kind, 'cmd_vel_out', _NEWEST)

    def _follow_base(self) -> None:
        """Put out what comes in, unless the base listens to the other type only."""
        bases = self.get_subscriptions_info_by_topic(self._output.topic_name)
        kind = kind_of(bases, self._commands.kind)
        if kind is self._kind:
            return
        self.halt()
        # First the old one: a node has one type on a topic.
        self.destroy_publisher(self._output)
        self._kind = kind
        self._output = self._open_output()
        self.get_logger().info(f'cmd_vel_out is {kind.__name__}')

    def _read(self, name: str, default: Any, meaning: str, constraints: str = '') -> Any:
        # Dynamic typing: 1 does for 1.0, and what does not fit is told of in our words.
        return self.declare_parameter(name, default, ParameterDescriptor(
            description=meaning, additional_constraints=constraints, read_only=True,
            dynamic_typing=True)).value

    def _take_command(self, twist: Twist, header: Header | None) -> None:
        now, age = time.monotonic(), 0.0
        self._header = header
        if header is not None:
            age = self.get_clock().now().nanoseconds * 1e-9 - seconds(header)
        self._gate.hear_command(_components(twist), now, age)
        passage = self._gate.passage(now)
        if passage.factor > 0.0:
            self._publish(passage)
        else:
            self._follow(passage)

    def _take_stop(self, message: Bool) -> None:
        now = time.monotonic()
        self._gate.hear_stop(message.data, now)
        self._follow(self._gate.passage(now))

    def _take_speed_limit(self, message: Float32) -> None:
        now = time.monotonic()
        self._gate.hear_speed_limit(message.data, now)
        self._follow(self._gate.passage(now))

    def _tick(self) -> None:
        passage = self._gate.passage(time.monotonic())
        if passage.factor == 0.0:
            self._publish(passage)
        else:
            self._follow(passage)

    def _follow(self, passage: Passage) -> None:
        """Hold the last command to a factor that fell, at once; it rises with the next one."""
        if passage.factor < self._sent:
            self._publish(passage)

    def _publish(self, passage: Passage) -> None:
        self._send(passage.command, passage.factor)
        self._log(passage)

    def _send(self, command: Command, factor: float) -> None:
        self._output.publish(self._message(command))
        self._sent = factor

    def _message(self, command: Command) -> Any:
        twist = Twist()
        twist.linear.x, twist.linear.y, twist.linear.z = command[:3]
        twist.angular.x, twist.angular.y, twist.angular.z = command[3:]
        if self._kind is Twist:
            return twist
        header = self._header
        if header is None or command == ZERO:      # a base may refuse a stamp that is old
            header = Header(stamp=self.get_clock().now().to_msg(),
                            frame_id=header.frame_id if header else '')
        return TwistStamped(header=header, twist=twist)

    def _log(self, passage: Passage) -> None:
        """Tell of a change, but not of the same one all the time: numbers may come and go."""
        change, now = (self._announced, passage.cause), time.monotonic()
        self._announced = passage.cause
        if change[0] is change[1] or now - self._told.get(change, -math.inf) < _QUIET:
            return
        self._told[change] = now
        if passage.cause.is_fault:
            self.get_logger().warning(f'zero: {passage.text}')
        else:
            self.get_logger().info(passage.text)

    def _diagnose(self) -> None:
        passage = self._gate.passage(time.monotonic())
        others = self.count_publishers(self._output.topic_name) - 1
        level, text = _LEVELS.get(passage.cause, DiagnosticStatus.WARN), passage.text
        inputs = {Cause.STOP_SILENT: look_at(self, 'stop', Bool),
                  Cause.LIMIT_SILENT: look_at(self, 'speed_limit', Float32),
                  Cause.COMMAND_SILENT: look_at(self, 'cmd_vel_in', Twist, TwistStamped)}
        if passage.cause in inputs:
            text += f'; {inputs[passage.cause].text}'
        if passage.cause is Cause.COMMAND_STALE and self._header is not None:
            text += explain_offset(
                seconds(self._header), self.get_clock().now().nanoseconds * 1e-9,
                time.monotonic())
        for rivals in filter(None, (topic.rivals for topic in inputs.values())):
            level = max(level, DiagnosticStatus.WARN)
            text += f'; {rivals}'
        if passage.cause.is_fault:
            level = DiagnosticStatus.ERROR
        elif others > 0:
            level = DiagnosticStatus.ERROR
            text += f'; {others} other publishers of {self._output.topic_name} pass by the gate'
        status = DiagnosticStatus(
            level=level, name=f'{self.get_fully_qualified_name()}: gate', message=text,
            values=key_values({
                'state': _STATES.get(passage.cause, 'stopped'), 'cause': passage.cause.value,
                'factor': passage.factor, 'other_publishers': others,
                'cmd_vel_in': self._commands.kind.__name__, 'cmd_vel_out': self._kind.__name__,
                'stop_publishers': len(inputs[Cause.STOP_SILENT].publishers),
                **{topic.topic: topic.text for topic in inputs.values()}}))
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)


def _components(twist: Any) -> Command:
    linear, angular = twist.linear, twist.angular
    return linear.x, linear.y, linear.z, angular.x, angular.y, angular.z


def main(args: list[str] | None = None) -> NoReturn:
    """Run the node until SIGINT or SIGTERM; the last thing it publishes is a zero."""
    end_process(run('cmd_vel_gate', CmdVelGate, args))


if __name__ == '__main__':
    main()
