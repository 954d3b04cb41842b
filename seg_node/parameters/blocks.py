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
The blocks of a parameter file of ROS 2, as rcl reads them, without ROS.

Below names of nodes, which may hold * and ** or be split into nested namespaces, lies
ros__parameters. What rcl refuses is refused here too, with the line and the remedy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
import math
from pathlib import Path
import re
from typing import Any

import yaml

from seg_node.outside_text import printable, quoted
from seg_node.parameters.declaration import ParameterError
from seg_node.safe_yaml import BoundedLoader, read_yaml, YamlError

_BELOW = 'ros__parameters'
_FORM = f'write /**: first, {_BELOW}: indented below it, and the parameters below that'
_TRUE = ('Y', 'y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON')
_FALSE = ('N', 'n', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF')
_WHOLE = re.compile(r'([-+]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+)|(0|[1-9][0-9]*))')
_NODE = re.compile(r'/?(\w+|\*\*?)(/(\w+|\*\*?))*', re.ASCII)
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Block:
    """What a file gives the nodes of a full name, such as /robot/seg_node, /** or /*/seg_node."""

    nodes: str
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The node's own name, behind its namespace."""
        return self.nodes.rsplit('/', 1)[-1]

    def is_for(self, node: str) -> bool:
        """Say whether a node of that full name is meant."""
        forms = {'**': r'(/\w+)*', '*': r'/\w+'}
        parts = (forms.get(part, f'/{re.escape(part)}') for part in self.nodes[1:].split('/'))
        return re.fullmatch(''.join(parts), node) is not None


def read_blocks(path: Path) -> tuple[Block, ...]:
    """
    Read a parameter file.

    :raises ParameterError: names the file, the line, what is wrong and the remedy.
    """
    try:
        tree = read_yaml(path, _TreeLoader)
        if not isinstance(tree, yaml.MappingNode):
            raise YamlError(f'is no parameter file: {_FORM}, as config/seg_node.yaml does')
        blocks: dict[str, Block] = {}
        for block in _blocks(tree, ''):
            _check_new(block.nodes, tree.start_mark.line + 1, blocks)
            blocks[block.nodes] = block
        return tuple(blocks.values())
    except YamlError as error:
        raise ParameterError(f'{path}: {error}') from None


class _TreeLoader(BoundedLoader):
    """Gives the tree itself: what rcl makes of its values is not what YAML would."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                problem='ROS takes no aliases; write the value out',
                problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_document(self, node: yaml.Node) -> yaml.Node:
        return node


def _blocks(tree: yaml.MappingNode, above: str) -> Iterator[Block]:
    for key, line, node in _entries(tree):
        if key == _BELOW and above and isinstance(node, yaml.MappingNode):
            values: dict[str, Any] = {}
            for name, place, value in _values(node, ''):
                _check_new(name, place, values)
                values[name] = value
            yield Block(above, values)
        elif _NODE.fullmatch(key) is None:
            raise YamlError(f'line {line}: {quoted(key)} is no name of a node; {_FORM}')
        elif key != _BELOW and isinstance(node, yaml.MappingNode) and node.value:
            yield from _blocks(node, f'{above}/{key.strip("/")}')
        else:
            told = printable(key, _NAME_LENGTH)
            raise YamlError(f'line {line}: {told} does not lie below the name of a '
                            f'node and {_BELOW}:, or has nothing below it; {_FORM}')


def _values(tree: yaml.MappingNode, prefix: str) -> Iterator[tuple[str, int, Any]]:
    for key, line, node in _entries(tree):
        if isinstance(node, yaml.MappingNode) and node.value:
            yield from _values(node, f'{prefix}{key}.')
        else:
            yield f'{prefix}{key}', line, _value(node)


def _entries(tree: yaml.MappingNode) -> Iterator[tuple[str, int, yaml.Node]]:
    """Yield key, line of the key, and value."""
    seen: set[str] = set()
    for key, node in tree.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError(f'line {line}: a name is wanted, not a list or what lies in braces')
        _check_new(key.value, line, seen)
        seen.add(key.value)
        yield key.value, line, node


def _check_new(name: str, line: int, seen: Collection[str]) -> None:
    if name in seen:
        raise YamlError(f'line {line}: {quoted(name)} is there twice')


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(part) for part in node.value]
    if isinstance(node, yaml.MappingNode):
        return None
    assert isinstance(node, yaml.ScalarNode)
    text: str = node.value
    if node.style in ('"', "'"):
        return text
    if not text:
        raise YamlError(f'line {node.start_mark.line + 1}: a name without a value; give it one, '
                        'or leave it out')
    return _number(text) if text not in (*_TRUE, *_FALSE) else text in _TRUE


def _number(text: str) -> int | float | str:
    """Return what C's strtol and strtod make of a text; the text where it is no number."""
    whole = _WHOLE.fullmatch(text)
    if whole:
        sign, hexadecimal, octal, decimal = whole.groups()
        size = int(hexadecimal or octal or decimal, 16 if hexadecimal else 8 if octal else 10)
        if size < 1 << 63:
            return -size if sign == '-' else size
    bare = text.replace('.', '', 1) if text.lstrip('-+.').isalpha() else text      # .inf, .nan
    try:
        value = float(bare) if '_' not in bare else math.inf
    except ValueError:
        return text
    return value if math.isfinite(value) or bare.lstrip('-+').isalpha() else text
