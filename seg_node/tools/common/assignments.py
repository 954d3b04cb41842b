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

"""Parameters given on the command line, NAME=VALUE."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seg_node.errors import UserError
from seg_node.safe_yaml import parse_yaml, YamlError


def read_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Return the values of --param by their names; UserError for what is no assignment."""
    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition('=')
        if not equals:
            raise UserError(f'--param {text}: is not NAME=VALUE')
        try:
            given[name] = parse_yaml(value)
        except YamlError:
            raise UserError(f'--param {text}: its value is no YAML. Put it in quotes') from None
    return given
