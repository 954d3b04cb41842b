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

"""The parameters of the node, as seg_node.parameters declares them, to and from ROS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from seg_node.parameters import limits, structure
from seg_node.parameters.declaration import Declaration, ParameterError
from seg_node.stop_go.limits import Limits


def declare(node: Node) -> None:
    """
    Declare every parameter with its type, range, description and read-only flag.

    :raises ParameterError: when an override given at start-up cannot be used.
    """
    try:
        _declare(node, (*structure.STRUCTURE, *limits.LIMITS))
        for camera in structure.check_cameras(node.get_parameter('cameras').value):
            _declare(node, structure.of_camera(camera))
    except ParameterError:
        raise
    except Exception as error:      # rclpy raises several kinds that share no base of their own
        raise ParameterError(f'parameters: {error}') from error
    warn_of_unknown(node)


def read_structure(node: Node) -> structure.Structure:
    """
    Read the structural parameters.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    return structure.read_structure(lambda name: node.get_parameter(name).value)


def read_limits(node: Node, changed: Sequence[Parameter] = ()) -> Limits:
    """
    Read the limits as they would be with some parameters changed.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    new = {parameter.name: parameter.value for parameter in changed}
    return limits.read_limits(
        lambda name: new[name] if name in new else node.get_parameter(name).value)


def warn_of_unknown(node: Node) -> None:
    """Tell of overrides that name no parameter: a misspelt limit must not go unnoticed."""
    # No public name in rclpy; a file for several nodes (/**) may well hold more than ours.
    for name in sorted(getattr(node, '_parameter_overrides', {})):
        if not node.has_parameter(name) and not name.startswith('qos_overrides.'):
            node.get_logger().warning(f'parameter {name} is given, but there is none of that name')


def _declare(node: Node, declarations: Iterable[Declaration]) -> None:
    for item in declarations:
        node.declare_parameter(item.name, item.default, _descriptor(item))


def _descriptor(item: Declaration) -> ParameterDescriptor:
    """Return what tools show of a parameter, and what ROS itself checks."""
    found = ParameterDescriptor(description=item.description, read_only=item.fixed)
    if item.choices:
        found.additional_constraints = 'one of: ' + ', '.join(item.choices)
    if item.low is None or item.high is None:
        return found
    if isinstance(item.default, int):
        found.integer_range = [
            IntegerRange(from_value=int(item.low), to_value=int(item.high), step=1)]
    else:
        found.floating_point_range = [
            FloatingPointRange(from_value=float(item.low), to_value=float(item.high))]
    return found
