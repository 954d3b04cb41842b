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
The parameters of the node.

Structural parameters (structure.py) are fixed at start-up. Limits mirror the fields of their
dataclasses, which hold default, range and meaning, and may change while the node runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from rclpy.node import Node
from rclpy.parameter import Parameter

from seg_node.parameters import limits
from seg_node.parameters.limits import CLASS_ACTIONS, GROUPS
from seg_node.ros.descriptors import describe, describe_bound, ParameterError
from seg_node.ros.structure import declare_structure
from seg_node.stop_go.bounds import bounds_of
from seg_node.stop_go.limits import Limits


def declare(node: Node) -> None:
    """
    Declare every parameter with its type, range, description and read-only flag.

    :raises ParameterError: when an override given at start-up cannot be used.
    """
    try:
        declare_structure(node)
        for group, kind in GROUPS.items():
            bounds = bounds_of(kind)
            for declared in fields(kind):
                node.declare_parameter(
                    f'{group}.{declared.name}', declared.default,
                    describe_bound(bounds[declared.name], declared.default, read_only=False))
        # A list without entries has no type in ROS.
        node.declare_parameter(CLASS_ACTIONS, [''], describe(
            'actions that differ from the model: class=go, class=slow or class=stop, with '
            '@metres for a distance of its own', [''], None, None, read_only=False))
    except ParameterError:
        raise
    except Exception as error:      # rclpy raises several kinds that share no base of their own
        raise ParameterError(f'parameters: {error}') from error
    warn_of_unknown(node)


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
