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

"""Services of a node: its lifecycle, its parameters, its reset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import ParameterDescriptor, ParameterType, SetParametersResult
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from seg_node.errors import UserError
from seg_node.tools.common.testbed.participant import DeadlineError, Participant

ASK_AGAIN = 1.0
"""Seconds after which a request that does no harm is sent again."""

Value = bool | int | float | str | list[str]


class ServiceClient:
    """Calls services of a node, each request once: not before the node knows this client."""

    def __init__(self, participant: Participant, node: str, kinds: Mapping[str, Any],
                 harmless: str, check: Callable[[], None] = lambda: None) -> None:
        """
        Prepare; see connect().

        :param kinds: the types of the services by their names.
        :param harmless: the one of them that may be called again, with an empty request.
        :param check: called while waiting; raises to give up.
        """
        self._participant = participant
        self._node = node
        self._kinds = kinds
        self._harmless = harmless
        self._check = check
        self._clients: dict[str, Any] = {}

    def connect(self, seconds: float) -> None:
        """
        Wait until the node knows this client, as the first call does at the latest.

        :raises DeadlineError: when it lacks a service, or does not answer in time.
        """
        deadline = time.monotonic() + seconds
        for name, kind in self._kinds.items():
            self._clients[name] = self._participant.node.create_client(
                kind, f'{self._node}/{name}')
        for name, client in self._clients.items():
            self._wait_for(client.service_is_ready, f'service {name}', deadline)
        # DDS announces in order: a node that answers a younger client has heard of these.
        self.ask(seconds)

    def call(self, name: str, request: Any, seconds: float) -> Any:
        """
        Return the answer to a request.

        :raises DeadlineError: when there is no such service, or no answer in time.
        """
        if not self._clients:
            self.connect(seconds)
        client = self._clients[name]
        future = self._send(client, request)
        try:
            self._wait_for(future.done, f'answer of {name}', time.monotonic() + seconds)
        except DeadlineError:
            client.remove_pending_request(future)
            raise
        return future.result()

    def ask(self, seconds: float) -> Any:
        """
        Return the answer of the harmless service, which is asked again where an answer is lost.

        :raises DeadlineError: when it does not answer in time.
        """
        deadline = time.monotonic() + seconds
        kind = self._kinds[self._harmless]
        client: Any = self._participant.node.create_client(kind, f'{self._node}/{self._harmless}')
        try:
            self._wait_for(client.service_is_ready, f'service {self._harmless}', deadline)
            futures = [self._send(client, kind.Request())]

            def answers() -> list[Any]:
                return [future.result() for future in futures if future.done()]

            while not self._participant.wait(
                    answers, min(ASK_AGAIN, deadline - time.monotonic()), self._check):
                if time.monotonic() >= deadline:
                    raise DeadlineError(f'no answer of {self._node}/{self._harmless} within '
                                        f'{seconds:g} s')
                futures.append(self._send(client, kind.Request()))
            return answers()[0]
        finally:
            self._participant.node.destroy_client(client)

    def close(self) -> None:
        """Let go of the services."""
        for client in self._clients.values():
            self._participant.node.destroy_client(client)
        self._clients.clear()

    def _send(self, client: Any, request: Any) -> Any:
        future = client.call_async(request)
        future.add_done_callback(lambda _: self._participant.notify())
        return future

    def _wait_for(self, condition: Callable[[], bool], what: str, deadline: float) -> None:
        if not self._participant.wait(condition, deadline - time.monotonic(), self._check):
            raise DeadlineError(f'{self._node}: no {what} in time')


_SERVICES = {
    'change_state': ChangeState, 'get_state': GetState, 'get_parameters': GetParameters,
    'set_parameters': SetParameters, 'describe_parameters': DescribeParameters, 'reset': Trigger}


class NodeClient:
    """Talks to seg_node; each call may raise DeadlineError, or what `check` raises."""

    def __init__(self, participant: Participant, name: str, seconds: float,
                 check: Callable[[], None] = lambda: None) -> None:
        """
        Prepare.

        :param seconds: time for an answer.
        :param check: called while waiting; raises to give up.
        """
        self._services = ServiceClient(participant, name, _SERVICES, 'get_state', check)
        self._seconds = seconds
        self.connect = self._services.connect
        self.close = self._services.close

    def lifecycle_state(self) -> str:
        """Return the label of the lifecycle state."""
        return str(self._services.ask(self._seconds).current_state.label)

    def change_state(self, transition: str | int) -> bool:
        """Ask for a lifecycle transition, by label or id; return whether it succeeded."""
        wanted = (Transition(id=transition) if isinstance(transition, int)
                  else Transition(label=transition))
        return bool(self._call('change_state', ChangeState.Request(transition=wanted)).success)

    def reach(self, *transitions: str) -> None:
        """
        Go through lifecycle transitions.

        :raises UserError: when one does not succeed.
        """
        for transition in transitions:
            if not self.change_state(transition):
                raise UserError(f'the node refuses to {transition}')

    def reset(self) -> bool:
        """Have latched faults forgotten; return whether they are."""
        return bool(self._call('reset', Trigger.Request()).success)

    def set_parameter(self, name: str, value: Value) -> SetParametersResult:
        """Ask for a parameter to be changed."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self._call('set_parameters', request).results[0]

    def numbers(self, *names: str) -> dict[str, float]:
        """Return the values of parameters; what it lacks or what is no number is left out."""
        fields = {ParameterType.PARAMETER_DOUBLE: 'double_value',
                  ParameterType.PARAMETER_INTEGER: 'integer_value'}
        values = self._call('get_parameters', GetParameters.Request(names=names)).values
        return {name: float(getattr(value, fields[value.type]))
                for name, value in zip(names, values, strict=False) if value.type in fields}

    def descriptor(self, name: str) -> ParameterDescriptor:
        """Return the description of a parameter."""
        request = DescribeParameters.Request(names=[name])
        return self._call('describe_parameters', request).descriptors[0]

    def _call(self, name: str, request: Any) -> Any:
        return self._services.call(name, request, self._seconds)
