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
Every parameter of the node, declared once.

Structural parameters are fixed at start-up. Limits (``corridor.*``, ``stop_go.*`` and
``camera_health.*``) mirror the fields of their dataclasses, which hold default, range and meaning,
and may change while the node runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Union

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from seg_node.stop_go.bounds import bounds_of
from seg_node.stop_go.camera_health import HealthThresholds
from seg_node.stop_go.corridor import Trapezoid
from seg_node.stop_go.thresholds import Thresholds

Value = Union[bool, int, float, str, 'list[str]']


@dataclass(frozen=True)
class Limits:
    """What may change while the node runs."""

    corridor: Trapezoid
    stop_go: Thresholds
    camera_health: HealthThresholds


_GROUPS = {'corridor': Trapezoid, 'stop_go': Thresholds, 'camera_health': HealthThresholds}


@dataclass(frozen=True)
class Structure:
    """What is fixed from the start of the process; see DECLARATIONS for the meanings."""

    cameras: tuple[str, ...]
    transport: str
    model: str
    backend: str
    threads: int
    autostart: bool
    heartbeat_rate: float
    expected_rate: float
    jpeg_quality: int


@dataclass(frozen=True)
class Declaration:
    """One structural parameter."""

    name: str
    default: Value
    description: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


DECLARATIONS = (
    Declaration('cameras', ['camera'],
                'names of the cameras; each is the prefix of its topics'),
    Declaration('transport', 'raw',
                'subscribe to <camera>/image_raw (raw) or <camera>/image_raw/compressed',
                choices=('raw', 'compressed')),
    Declaration('model', 'road',
                'a bundled model by name, or the path of a model folder or model.yaml'),
    Declaration('backend', 'auto', 'what runs the network; auto takes the fastest at hand',
                choices=('auto', 'onnxruntime')),
    Declaration('threads', 2, 'CPU threads of the network', low=1, high=64),
    Declaration('autostart', False,
                'configure and activate at start-up, without a lifecycle manager'),
    Declaration('heartbeat_rate', 20.0, 'rate of ~/stop and ~/state without images, Hz',
                low=5.0, high=100.0),
    Declaration('expected_rate', 0.0,
                'frame rate the cameras should reach, Hz; diagnostics warn below 80 % of it; '
                '0: unknown', low=0.0, high=1000.0),
    Declaration('jpeg_quality', 80, 'quality of segmentation/overlay/compressed', low=1, high=100),
)


class ParameterError(ValueError):
    """A parameter value that cannot be used; the message names it and what would fit."""


def declare(node: Node) -> None:
    """
    Declare every parameter with its type, range, description and read-only flag.

    :raises ParameterError: when an override given at start-up cannot be used.
    """
    try:
        for item in DECLARATIONS:
            node.declare_parameter(item.name, item.default, _structural_descriptor(item))
        for group, kind in _GROUPS.items():
            bounds = bounds_of(kind)
            for declared in fields(kind):
                node.declare_parameter(
                    f'{group}.{declared.name}', declared.default,
                    _limit_descriptor(bounds[declared.name], isinstance(declared.default, int)))
    except Exception as error:      # rclpy raises several kinds that share no base of their own
        raise ParameterError(f'parameters: {error}') from error
    _warn_of_unknown(node)


def read_structure(node: Node) -> Structure:
    """
    Read the structural parameters.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    values = {item.name: node.get_parameter(item.name).value for item in DECLARATIONS}
    for item in DECLARATIONS:
        if item.choices and values[item.name] not in item.choices:
            raise ParameterError(
                f'{item.name}: {values[item.name]!r} is none of {", ".join(item.choices)}')
    values['cameras'] = _check_cameras(values['cameras'])
    return Structure(**values)


def read_limits(node: Node, changed: Sequence[Parameter] = ()) -> Limits:
    """
    Read the limits as they would be with some parameters changed.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    new = {parameter.name: parameter.value for parameter in changed}
    return Limits(**{group: _build(node, group, kind, new) for group, kind in _GROUPS.items()})


def _warn_of_unknown(node: Node) -> None:
    """Tell of overrides that name no parameter: a misspelt limit must not go unnoticed."""
    # No public name in rclpy; a file for several nodes (/**) may well hold more than ours.
    for name in sorted(getattr(node, '_parameter_overrides', {})):
        if not node.has_parameter(name) and not name.startswith('qos_overrides.'):
            node.get_logger().warning(f'parameter {name} is given, but there is none of that name')


def _build(node: Node, group: str, kind: Any, new: Mapping[str, Value]) -> Any:
    names = [declared.name for declared in fields(kind)]
    values = {name: new.get(f'{group}.{name}', node.get_parameter(f'{group}.{name}').value)
              for name in names}
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:
        raise ParameterError(f'{group}.{error}') from error


def _check_cameras(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        raise ParameterError('cameras: the list is empty, name at least one camera')
    for name in names:
        parts = name.strip('/').split('/')
        if not all(part.isidentifier() and part.isascii() for part in parts):
            raise ParameterError(
                f'cameras: {name!r} cannot begin a topic name; use letters, digits and _')
    if len(set(names)) < len(names):
        raise ParameterError(f'cameras: {", ".join(names)} names a camera twice')
    return tuple(names)


def _structural_descriptor(item: Declaration) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=item.description, read_only=True)
    if item.choices:
        descriptor.additional_constraints = 'one of: ' + ', '.join(item.choices)
    if item.low is not None and item.high is not None:
        _set_range(descriptor, item.low, item.high, isinstance(item.default, int))
    return descriptor


def _limit_descriptor(bound: Any, whole: bool) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=bound.meaning)
    _set_range(descriptor, bound.low, bound.high, whole)
    return descriptor


def _set_range(descriptor: ParameterDescriptor, low: float, high: float, whole: bool) -> None:
    if whole:
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(low), to_value=float(high))]
