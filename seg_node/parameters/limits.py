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

from seg_node.parameters.declaration import (
    Declaration,
    declare_fields,
    Get,
    ParameterError,
    read_fields,
)
from seg_node.parameters.structure import check_cameras, key
from seg_node.stop_go.actions import parse_override
from seg_node.stop_go.geometry import Mounting
from seg_node.stop_go.limits import Limits

_CLASS_ACTIONS = 'class_actions'
_GROUPS: dict[str, Any] = {
    field.name: field.default_factory for field in fields(Limits)
    if field.name not in (_CLASS_ACTIONS, 'mountings')}

LIMITS = (
    *(item for group, kind in _GROUPS.items()
      for item in declare_fields(group, kind, fixed=False)),
    # A list without entries has no type in ROS.
    Declaration(_CLASS_ACTIONS, [''],
                'actions that differ from the model: class=go, class=slow or class=stop, with '
                '@metres for a distance of its own', fixed=False),
)


def read_limits(get: Get) -> Limits:
    """
    Read the limits.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    groups = {group: read_fields(group, kind, get) for group, kind in _GROUPS.items()}
    actions = tuple(text for text in get(_CLASS_ACTIONS) or () if text)
    try:
        for text in actions:
            parse_override(text)
    except ValueError as error:
        raise ParameterError(f'{_CLASS_ACTIONS}: {error}') from error
    mountings = {name: read_fields(f'mounting.{key(name)}', Mounting, get)
                 for name in check_cameras(get('cameras'))}
    return Limits(**groups, class_actions=actions, mountings=mountings)
