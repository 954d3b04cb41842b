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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import difflib
from pathlib import Path
from typing import Any

from seg_node.parameters.blocks import Block, read_blocks
from seg_node.parameters.declaration import check_names, ParameterError
from seg_node.parameters.limits import LIMITS, read_limits
from seg_node.parameters.structure import (
    check_cameras,
    of_camera,
    read_structure,
    STRUCTURE,
    Structure,
)
from seg_node.stop_go.limits import Geometry, Limits

NODE = 'seg_node'
UNKNOWN_VEHICLE = {'geometry': Geometry.TRAPEZOID.value}
"""Nothing is known of a vehicle without parameters, so its corridor lies in the image."""
CONFIG = 'config/seg_node.yaml'
"""Has every parameter."""
_LISTED = 200
_NEAR = 0.8
"""Likeness from which another name is taken for a slip of the pen."""
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

    :param node: full name, such as /robot/seg_node; or its name alone, in the one namespace in
        which the file has it.
    :raises ParameterError: names the file and what is wrong.
    """
    blocks = read_blocks(path)
    if node.startswith('/'):
        return values_for(node, blocks, path)
    named = {block.nodes for block in blocks if block.name == node}
    full = {name for name in named if '*' not in name}
    if len(full) > 1:
        raise ParameterError(f'{path}: several nodes are called {node}: {", ".join(sorted(full))};'
                             ' choose one by its full name')
    # /*/seg_node matches below any namespace.
    chosen = next(iter(full or named), f'/{node}').replace('/**', '').replace('/*', '/any')
    return values_for(chosen, blocks, path)


def values_for(node: str, blocks: Sequence[Block], path: Path) -> dict[str, Any]:
    """
    Return what the blocks of a file give a node of that full name; of two the later counts.

    :raises ParameterError: where that is nothing, or where the node's own block seems to be one
        that does not match.
    """
    own = [block for block in blocks if block.is_for(node)]
    name = node.rsplit('/', 1)[-1]
    if all(block.name != name for block in own):
        others = {block.name: block.nodes for block in blocks if block not in own}
        near = difflib.get_close_matches(name, others, 1, _NEAR)
        if near or not own:
            has = ', '.join(block.nodes for block in blocks)[:_LISTED]
            what = (f'{others[near[0]]} is not for {node}' if near
                    else f'nothing for {node}: has {has}')
            meant = f'did you mean {name}? ' if near and near[0] != name else ''
            raise ParameterError(
                f'{path}: {what}; {meant}Name the block {node}, or /** for any node')
    values: dict[str, Any] = {}
    for block in own:
        values.update(block.values)
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
    check_names(given, declared, CONFIG)
    values = {name: item.default for name, item in declared.items()}
    for name, value in given.items():
        if name not in declared:
            continue
        item = declared[name]
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
