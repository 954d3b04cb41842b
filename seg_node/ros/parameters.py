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
from pathlib import Path

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from seg_node.parameters import limits, structure
from seg_node.parameters.blocks import read_blocks
from seg_node.parameters.declaration import check_names, Declaration, ParameterError
from seg_node.parameters.params_file import CONFIG, values_for
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


def check_given(node: Node, where: str = CONFIG) -> None:
    """
    Check that every override names a parameter, once all are declared.

    :param where: the file that has them all.
    :raises ParameterError: names those that are none, and what may have been meant.
    """
    # No public name in rclpy.
    check_names(getattr(node, '_parameter_overrides', {}), node.get_parameters_by_prefix(''),
                where)


def files_in(arguments: Sequence[str]) -> list[Path]:
    """Return the parameter files that a command line gives to ROS."""
    files: list[Path] = []
    is_ros = False
    for argument, value in zip(arguments, [*arguments[1:], ''], strict=True):
        if argument in ('--ros-args', '--'):
            is_ros = argument == '--ros-args'
        elif is_ros and argument == '--params-file':
            files.append(Path(value))
    return files


def check_files(node: Node, files: Iterable[Path]) -> None:
    """
    Check that each file has something for the node, and that ROS took all of it.

    :raises ParameterError: names the file and the remedy.
    """
    name = node.get_fully_qualified_name()
    taken = getattr(node, '_parameter_overrides', {})
    for path in files:
        lost = [given for given in values_for(name, read_blocks(path), path)
                if given not in taken]
        if lost:      # older distributions know fewer wildcards
            raise ParameterError(f'{path}: ROS does not take {lost[0]} from it here; name the '
                                 f'block {name}, or /** for any node')


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
