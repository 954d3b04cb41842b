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

"""The structural parameters, declared to ROS as read-only."""

from __future__ import annotations

from dataclasses import fields

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from seg_node.parameters import structure
from seg_node.parameters.structure import (
    check_cameras,
    check_mountings,
    Declaration,
    DECLARATIONS,
    key,
    ROLE,
    Structure,
)
from seg_node.ros.descriptors import describe, describe_bound
from seg_node.stop_go.bounds import bounds_of
from seg_node.stop_go.geometry import Mounting

__all__ = ['Structure', 'check_mountings', 'declare_structure', 'read_structure']


def declare_structure(node: Node) -> None:
    """Declare the structural parameters, those of each camera too, as read-only."""
    for item in DECLARATIONS:
        node.declare_parameter(item.name, item.default, _descriptor(item))
    bounds = bounds_of(Mounting)
    for camera in check_cameras(node.get_parameter('cameras').value):
        for field in fields(Mounting):
            node.declare_parameter(
                f'mounting.{key(camera)}.{field.name}', field.default,
                describe_bound(bounds[field.name], field.default, read_only=True))
        for item in ROLE:
            node.declare_parameter(
                f'role.{key(camera)}.{item.name}', item.default, _descriptor(item))


def read_structure(node: Node) -> Structure:
    """
    Read the structural parameters.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    return structure.read_structure(lambda name: node.get_parameter(name).value)


def _descriptor(item: Declaration) -> ParameterDescriptor:
    return describe(item.description, item.default, item.low, item.high, item.choices,
                    read_only=True)
