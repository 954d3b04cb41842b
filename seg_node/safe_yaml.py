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

"""YAML from files of whatever origin: bounded in size, depth and meaning, or refused in a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from seg_node.regular_file import FileError, read_bytes

MAX_BYTES = 256 * 1024
"""Of a file; the parser takes about 25 s for a megabyte."""
_MAX_NODES = 100_000
"""Values of a document, counted as often as aliases name them."""
_MAX_NAME = 60
_MERGE = 'tag:yaml.org,2002:merge'


class YamlError(ValueError):
    """What is no YAML, or none that is taken in; one short line that follows a file's name."""


class BoundedLoader(yaml.SafeLoader):
    """Refuses keys that are there twice, and aliases that mean more than anybody writes."""

    def get_single_node(self) -> Any:
        """Return the document's tree, or None where there is none."""
        node = super().get_single_node()
        if node is not None and _count(node, {}) > _MAX_NODES:
            raise YamlError(f'its aliases stand for more than {_MAX_NODES} values; write out '
                            'what is meant')
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping, of whose keys YAML would silently take the last."""
        seen = set()
        for key_node, _ in node.value:
            key = None if key_node.tag == _MERGE else self.construct_object(key_node, deep=True)
            if key is not None and key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f'{str(key)[:_MAX_NAME]!r} is there twice',
                    problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, loader: type[BoundedLoader] = BoundedLoader,
              max_bytes: int = MAX_BYTES) -> Any:
    """
    Return what the one document of a file holds; None of an empty file.

    :raises YamlError: what is wrong; the caller names the file.
    """
    try:
        content = read_bytes(path, max_bytes)
    except FileError as error:
        raise YamlError(str(error)) from None
    return parse_yaml(content, loader)


def parse_yaml(content: str | bytes, loader: type[BoundedLoader] = BoundedLoader) -> Any:
    """
    Return what the one document of a text holds.

    :raises YamlError: what is wrong.
    """
    try:
        return yaml.load(content, loader)      # a SafeLoader
    except YamlError:
        raise
    except RecursionError:
        raise YamlError('is nested too deeply') from None
    except yaml.MarkedYAMLError as error:
        raise YamlError(f'is no YAML: {_what(error)}') from None
    except yaml.YAMLError as error:
        raise YamlError(f'is no YAML: {" ".join(str(error).split())}') from None
    except Exception as error:      # dates and explicit tags raise almost anything
        raise YamlError('has a value that YAML cannot read: '
                        f'{" ".join(str(error).split())[:_MAX_NAME]}') from None


def _what(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = '' if mark is None else f'line {mark.line + 1}, column {mark.column + 1}: '
    # An unknown tag can be as long as the file.
    problem = ' '.join((error.problem or error.context or '').split())[:3 * _MAX_NAME]
    remedy = '; indent with spaces, not with tabs' if r"'\t'" in problem else ''
    return f'{place}{problem}{remedy}'


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the number of values below a node, of which aliases share some."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    count = known.get(id(node))
    if count is None:
        known[id(node)] = _MAX_NODES      # what holds itself has no end
        count = 1 + sum(
            _count(part, known) for entry in node.value
            for part in (entry if isinstance(entry, tuple) else (entry,)))
        known[id(node)] = count
    return count
