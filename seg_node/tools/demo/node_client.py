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

"""The demo's own ROS node: brings seg_node to active and hears what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from seg_node.errors import UserError
from seg_node.tools.demo.drive_log import parse_stamp

ASK_SECONDS = 1.0
"""Time for the answer to a question; it may be lost while the two are discovering each other."""
CHANGE_SECONDS = 5.0
"""Time for a transition to answer; after it the node's state tells how it went."""
_NOT_YET = ('loading', 'loading_failed', 'not_active')
"""Reasons of ~/state with which an active node does not judge, or is active no longer."""


class NodeClient:
    """Talks to a lifecycle node; `alive` is called while waiting and raises to give up."""

    def __init__(self, name: str, alive: Callable[[], None]) -> None:
        """Create the node in a context of its own."""
        self._name = name
        self._alive = alive
        self._context = rclpy.Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node('demo', context=self._context,
                                       start_parameter_services=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._get: Any = self._node.create_client(GetState, f'{name}/get_state')
        self._change: Any = self._node.create_client(ChangeState, f'{name}/change_state')
        self._parameters: Any = self._node.create_client(GetParameters, f'{name}/get_parameters')
        self._node.create_subscription(DiagnosticStatus, f'{name}/state', self._heard, 10)
        self.values: dict[str, str] = {}

    def _heard(self, message: DiagnosticStatus) -> None:
        self.values = {item.key: item.value for item in message.values}

    def spin(self, seconds: float) -> None:
        """Handle what arrives, for up to that long."""
        self._executor.spin_once(timeout_sec=seconds)

    def activate(self, seconds: float) -> None:
        """
        Bring the node to active, and wait until it has loaded its model, however long that takes.

        :raises UserError: when it refuses, fails, or does not answer in time.
        """
        deadline = time.monotonic() + seconds
        loading = False
        steps = {
            State.PRIMARY_STATE_UNCONFIGURED: (Transition.TRANSITION_CONFIGURE, 'configure'),
            State.PRIMARY_STATE_INACTIVE: (Transition.TRANSITION_ACTIVATE, 'activate')}
        while time.monotonic() < deadline:
            answer = self._call(self._get, GetState.Request(), ASK_SECONDS)
            if answer is None:
                continue
            if answer.current_state.id == State.PRIMARY_STATE_ACTIVE:
                reason = self._next_reason()
                if reason not in _NOT_YET:
                    return
                if reason == 'loading':
                    if not loading:
                        print('the node builds its engine, which may take minutes', flush=True)
                    loading, deadline = True, time.monotonic() + seconds
                continue
            if loading:
                raise UserError('the node could not load its model: see its log')
            if answer.current_state.id not in steps:
                self.spin(0.02)  # in transition
                continue
            transition, verb = steps[answer.current_state.id]
            request = ChangeState.Request(transition=Transition(id=transition))
            result = self._call(self._change, request, CHANGE_SECONDS)
            if result is not None and not result.success:
                raise UserError(f'the node refuses to {verb}')
        raise UserError(f'the node is not active after {seconds:g} s')

    def _next_reason(self) -> str:
        """Return the reason that the next ~/state has, '' where none comes."""
        self.values = {}
        deadline = time.monotonic() + ASK_SECONDS
        while not self.values and time.monotonic() < deadline:
            self._alive()
            self.spin(0.05)
        return self.values.get('reason', '')

    def limits(self, names: Sequence[str]) -> dict[str, float]:
        """Read parameters that are numbers; those it does not have are missing."""
        request = GetParameters.Request(names=list(names))
        answer = self._call(self._parameters, request, ASK_SECONDS)
        if answer is None:
            return {}
        return {name: value.double_value for name, value in zip(names, answer.values, strict=False)
                if value.type == ParameterType.PARAMETER_DOUBLE}

    def decided(self, camera: str, stamp_ns: int) -> bool:
        """Say whether the node has decided on this image or a newer one."""
        newest = parse_stamp(self.values.get(f'{camera}.image_stamp', ''))
        return newest is not None and newest >= stamp_ns

    def _call(self, client: Any, request: Any, seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        while not client.service_is_ready():
            if time.monotonic() > deadline:
                return None
            self._alive()
            self.spin(0.02)
        future = client.call_async(request)
        while not future.done():
            if time.monotonic() > deadline:
                client.remove_pending_request(future)
                return None
            self._alive()
            self.spin(0.05)
        return future.result()

    def close(self) -> None:
        """Destroy the node."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)
