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

"""The robot as the page knows it: topics in, parameters in and out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
import os
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import ParameterDescriptor, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage

from seg_node.errors import UserError
from seg_node.parameters.declaration import of_every_node
from seg_node.tools.common.testbed.client import ServiceClient
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.listener import values_of
from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.common.testbed.participant import DeadlineError, Participant
from seg_node.tools.view.tuning import Tunable

# The newest image, from any publisher, and nothing that the node would have to send again.
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
ANSWER_SECONDS = 5.0
_CHOICES = 'one of: '
"""How seg_node/ros/parameters.py begins the constraints of a parameter that has choices."""
_KINDS = {
    ParameterType.PARAMETER_BOOL: ('switch', 'bool_value'),
    ParameterType.PARAMETER_INTEGER: ('integer', 'integer_value'),
    ParameterType.PARAMETER_DOUBLE: ('number', 'double_value'),
    ParameterType.PARAMETER_STRING: ('text', 'string_value'),
    ParameterType.PARAMETER_STRING_ARRAY: ('texts', 'string_array_value'),
}
_SERVICES = {'list_parameters': ListParameters, 'describe_parameters': DescribeParameters,
             'get_parameters': GetParameters, 'set_parameters': SetParameters}


@dataclass(frozen=True)
class Callbacks:
    """Who takes what the robot says; called on the thread of ROS."""

    state: Callable[[StateMessage], None]
    overlay: Callable[[str, bytes], None]
    """Camera and JPEG."""
    diagnostics: Callable[[Sequence[Mapping[str, Any]]], None]


class Robot:
    """Listens to a node, and to the overlays of those cameras that somebody looks at."""

    def __init__(self, name: str, arguments: Sequence[str]) -> None:
        """
        Enter the domain of this environment.

        :param name: the node, relative to the namespace of this one, or absolute.
        :param arguments: those for ROS.
        """
        domain = Domain(int(os.environ.get('ROS_DOMAIN_ID') or 0), os.environ)
        self._participant = Participant(domain, 'view', arguments)
        self._name = name
        self._namespace = f'{name.rpartition("/")[0]}/' if '/' in name else ''
        self.name = self._participant.node.resolve_topic_name(name)
        self._parameters = ServiceClient(
            self._participant, self.name, _SERVICES, 'list_parameters')
        self._overlays: dict[str, Any] = {}

    def listen(self, callbacks: Callbacks) -> None:
        """Listen from now on."""
        self._callbacks = callbacks
        self._participant.subscribe(DiagnosticStatus, f'{self._name}/state', self._take_state)
        self._participant.subscribe(DiagnosticArray, '/diagnostics', self._take_diagnostics)

    def watch(self, cameras: Collection[str]) -> None:
        """Subscribe to the overlays of these cameras only: an overlay costs the node its time."""
        for camera in [*self._overlays]:
            if camera not in cameras:
                self._participant.node.destroy_subscription(self._overlays.pop(camera))
        for camera in cameras:
            if camera not in self._overlays:
                topic = f'{self._namespace}{camera}/segmentation/overlay/compressed'
                self._overlays[camera] = self._participant.subscribe(
                    CompressedImage, topic,
                    lambda message, _, camera=camera: self._callbacks.overlay(
                        camera, bytes(message.data)), NEWEST)

    def tunables(self) -> tuple[Tunable, ...]:
        """
        Ask the node for the parameters that may change now.

        :raises UserError: when it does not answer.
        """
        names = self._ask('list_parameters', ListParameters.Request()).result.names
        told = self._ask('describe_parameters', DescribeParameters.Request(names=names))
        values = self._ask('get_parameters', GetParameters.Request(names=names))
        return tunables(told.descriptors, values.values)

    def tune(self, name: str, value: Any) -> str:
        """
        Ask the node to change a parameter; return why it does not, or ''.

        :raises UserError: when it has no such parameter that may change, for a value of another
            type, and when it does not answer.
        """
        wanted = {one.name: one for one in self.tunables()}.get(name)
        if wanted is None:
            raise UserError(f'{name}: the node has no such parameter that may change now')
        request = SetParameters.Request(
            parameters=[Parameter(name, value=wanted.accept(value)).to_parameter_msg()])
        [result] = self._ask('set_parameters', request).results
        return '' if result.successful else result.reason or 'refused'

    def close(self) -> None:
        """Leave the domain."""
        self._participant.close()

    def _ask(self, service: str, request: Any) -> Any:
        try:
            return self._parameters.call(service, request, ANSWER_SECONDS)
        except DeadlineError:
            self._parameters.close()      # the next request waits for the node again
            raise UserError(f'{self.name} does not answer; is it running?') from None

    def _take_state(self, message: DiagnosticStatus, arrival: float) -> None:
        self._callbacks.state(StateMessage(
            arrival, message.message, values_of(message), message.name, message.level))

    def _take_diagnostics(self, message: DiagnosticArray, _: float) -> None:
        told = [_described(status) for status in message.status
                if status.name.startswith(f'{self.name}: ')]
        if told:
            self._callbacks.diagnostics(told)


def tunables(descriptors: Iterable[ParameterDescriptor], values: Iterable[ParameterValue]
             ) -> tuple[Tunable, ...]:
    """Return what the node lets change; what every node has is left out, such as its clock."""
    found = []
    for told, value in zip(descriptors, values, strict=True):
        if told.read_only or of_every_node(told.name) or value.type not in _KINDS:
            continue
        kind, field = _KINDS[value.type]
        content = getattr(value, field)
        bounds = [*told.floating_point_range, *told.integer_range]
        words = told.additional_constraints
        found.append(Tunable(
            told.name, kind, list(content) if kind == 'texts' else content, told.description,
            *((bounds[0].from_value, bounds[0].to_value) if bounds else (None, None)),
            choices=tuple(words.removeprefix(_CHOICES).split(', '))
            if words.startswith(_CHOICES) else ()))
    return tuple(found)


def _described(status: DiagnosticStatus) -> Mapping[str, Any]:
    return {'name': status.name.partition(': ')[2], 'level': status.level[0],
            'message': status.message, 'values': values_of(status)}
