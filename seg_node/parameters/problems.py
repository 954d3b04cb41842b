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

"""All that is wrong with parameters: what the node refuses one by one, told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import Configuration, configure
from seg_node.parameters.structure import check_mountings


def find_problems(given: Mapping[str, Any]) -> tuple[tuple[str, ...], Configuration | None]:
    """
    Return what the node would refuse, and the configuration of what it would not.

    Each value is judged by the node's own checks: the one behind whose removal another complaint
    comes, or none, is the culprit. None where no configuration is left.
    """
    left = dict(given)
    found: list[str] = []
    while (problem := _refusal(left)) is not None:
        found.append(problem)
        culprits = _culprits(left, problem)
        if not culprits:
            return tuple(found), None
        for name in culprits:
            del left[name]
    configuration = configure(left)
    try:
        check_mountings(configuration.structure, configuration.limits)
    except ParameterError as error:
        found.append(str(error))
    return tuple(found), configuration


def _refusal(given: Mapping[str, Any]) -> str | None:
    try:
        configure(given)
    except ParameterError as error:
        return str(error)
    return None


def _culprits(given: Mapping[str, Any], problem: str) -> tuple[str, ...]:
    """Return the names without any of which the complaint would be another one."""
    found = tuple(name for name in given if _refusal(
        {other: value for other, value in given.items() if other != name}) != problem)
    # Of names that are none there may be several in one complaint; else one is at fault.
    return found if problem.startswith('there is no parameter') else found[:1]
