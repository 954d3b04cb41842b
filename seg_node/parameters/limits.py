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
The limits as parameters of the node.

They mirror the fields of their dataclasses, which hold default, range and meaning.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from seg_node.parameters.errors import ParameterError
from seg_node.parameters.structure import Get
from seg_node.stop_go.actions import parse_override
from seg_node.stop_go.camera_health.camera_health import HealthThresholds
from seg_node.stop_go.corridor.ground_corridor import GroundLimits
from seg_node.stop_go.corridor.trapezoid import Trapezoid
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.thresholds import Thresholds
from seg_node.stop_go.vehicle import Vehicle

GROUPS = {'trapezoid': Trapezoid, 'ground': GroundLimits, 'vehicle': Vehicle,
          'stop_go': Thresholds, 'camera_health': HealthThresholds}
CLASS_ACTIONS = 'class_actions'


def read_limits(get: Get) -> Limits:
    """
    Read the limits.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    groups: dict[str, Any] = {group: _build(get, group, kind) for group, kind in GROUPS.items()}
    actions = tuple(text for text in get(CLASS_ACTIONS) or () if text)
    try:
        for text in actions:
            parse_override(text)
    except ValueError as error:
        raise ParameterError(f'{CLASS_ACTIONS}: {error}') from error
    return Limits(**groups, class_actions=actions)


def _build(get: Get, group: str, kind: Any) -> Any:
    values = {declared.name: get(f'{group}.{declared.name}') for declared in fields(kind)}
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:
        raise ParameterError(f'{group}.{error}') from error
