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
Parameters of the node from a file, without ROS: as strict as the node, which reads the same files.

A name that is no parameter, a whole number where a fraction is wanted, a value out of range: each
is an error that says what would fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import difflib
from pathlib import Path
from typing import Any

import yaml

from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.limits import LIMITS, read_limits
from seg_node.parameters.structure import (
    check_cameras,
    of_camera,
    read_structure,
    STRUCTURE,
    Structure,
)
from seg_node.stop_go.limits import Limits

NODE = 'seg_node'
_OF_EVERY_NODE = ('use_sim_time', 'qos_overrides.', 'start_type_description_service')
_KINDS = {bool: 'true or false', int: 'a whole number', float: 'a number', str: 'a text',
          list: 'a list of texts'}


@dataclass(frozen=True)
class Configuration:
    """All parameters: as the node's parts take them, and flat by their names."""

    structure: Structure
    limits: Limits
    values: Mapping[str, Any]


def read_params_file(path: Path, node: str = NODE) -> dict[str, Any]:
    """
    Read what a parameter file of ROS 2 gives a node, by the parameters' full names.

    The entries of `/**` count, and those of the node's name in any namespace, in their order.

    :raises ParameterError: names the file and what is wrong.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise ParameterError(f'{path}: cannot be read ({error.strerror})') from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f'{path}: is no YAML: {" ".join(str(error).split())}') from None
    if not isinstance(content, dict):
        raise ParameterError(
            f'{path}: is no parameter file; it begins with /**: and ros__parameters:, as '
            'config/seg_node.yaml does')
    values: dict[str, Any] = {}
    found = False
    for name, block in content.items():
        if str(name).rsplit('/', 1)[-1] not in ('**', node):
            continue
        if not isinstance(block, dict) or not isinstance(block.get('ros__parameters'), dict):
            raise ParameterError(f'{path}: {name}: has no ros__parameters: below it; insert it, '
                                 'with the parameters indented below')
        found = True
        values.update(_flat(block['ros__parameters']))
    if not found:
        raise ParameterError(f'{path}: nothing for {node}: has {", ".join(map(str, content))}; '
                             f'name the block /** or {node}')
    return values


def configure(given: Mapping[str, Any]) -> Configuration:
    """
    Complete parameters with the defaults, and check them all.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    cameras = given.get('cameras', ['camera'])
    _check_kind('cameras', cameras, ['camera'])
    of_cameras = (item for camera in check_cameras(cameras) for item in of_camera(camera))
    declared = {item.name: item for item in (*STRUCTURE, *LIMITS, *of_cameras)}
    values = {name: item.default for name, item in declared.items()}
    for name, value in given.items():
        if name.startswith(_OF_EVERY_NODE):
            continue
        item = declared.get(name)
        if item is None:
            near = difflib.get_close_matches(name, declared, 1)
            hint = f'; did you mean {near[0]}?' if near else \
                '; see config/seg_node.yaml for all there are'
            raise ParameterError(f'{name}: {value!r} is given, but there is no parameter of that '
                                 f'name{hint}')
        _check_kind(name, value, item.default)
        if item.low is not None and item.high is not None and not item.low <= value <= item.high:
            raise ParameterError(
                f'{name}: {value!r} is not from {item.low:g} to {item.high:g} '
                f'({item.description})')
        values[name] = value
    return Configuration(read_structure(values.__getitem__), read_limits(values.__getitem__),
                         values)


def _check_kind(name: str, value: Any, default: Any) -> None:
    """Refuse a value of another type than the default's, as ROS does."""
    kind = type(default)
    fits = type(value) is kind and (
        kind is not list or all(isinstance(part, str) for part in value))
    if not fits:
        hint = f'; write {float(value)}' if kind is float and type(value) is int else ''
        raise ParameterError(f'{name}: {value!r} is not {_KINDS[kind]}{hint}')


def _flat(tree: Mapping[Any, Any], prefix: str = '') -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', value
