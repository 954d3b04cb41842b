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

"""What a parameter of the node is; declared once for the node and for parameter files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
import difflib
from typing import Any, cast, Union

from seg_node.outside_text import printable
from seg_node.stop_go.bounds import bounds_of

Get = Callable[[str], Any]
"""Returns the value of a parameter by its name."""
Value = Union[bool, int, float, str, 'list[str]']
_OF_EVERY_NODE = ('use_sim_time', 'qos_overrides.', 'start_type_description_service')
_TOLD = 5
_NAME_LENGTH = 60


class ParameterError(ValueError):
    """A parameter value that cannot be used; the message names it and what would fit."""


@dataclass(frozen=True)
class Declaration:
    """A parameter; `fixed` from the start of the process, or free to change while it runs."""

    name: str
    default: Value
    description: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    fixed: bool = True

    def read(self, get: Get) -> Any:
        """Return its value; ParameterError where that is none of the choices."""
        value = get(self.name)
        if self.choices and value not in self.choices:
            raise ParameterError(f'{self.name}: {value!r} is none of {", ".join(self.choices)}')
        return value


def declare_fields(prefix: str, kind: Any, *, fixed: bool) -> tuple[Declaration, ...]:
    """Return the parameters that mirror the bounded fields of a dataclass, below a prefix."""
    bounds = bounds_of(kind)
    found = []
    for field in fields(kind):
        bound, default = bounds[field.name], cast('Value', field.default)
        low, high = (None, None) if isinstance(default, (bool, str)) else (bound.low, bound.high)
        found.append(Declaration(f'{prefix}.{field.name}', default, bound.meaning, bound.choices,
                                 low=low, high=high, fixed=fixed))
    return tuple(found)


def read_fields(prefix: str, kind: Any, get: Get) -> Any:
    """Return the dataclass of the parameters below a prefix; ParameterError if they do not fit."""
    values = {field.name: get(f'{prefix}.{field.name}') for field in fields(kind)}
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:
        raise ParameterError(f'{prefix}.{error}') from error


def of_every_node(name: str) -> bool:
    """Say whether a parameter is one that ROS itself gives to every node."""
    return name.startswith(_OF_EVERY_NODE)


def check_names(given: Iterable[str], declared: Collection[str], where: str) -> None:
    """
    Check that what is given are names of parameters: a misspelt limit is one that is not set.

    :param where: the file that has them all.
    :raises ParameterError: names those that are none, and what may have been meant.
    """
    unknown = sorted({name for name in given
                      if name not in declared and not of_every_node(name)})
    if not unknown:
        return
    # A name may hold anything, such as what a terminal obeys.
    told = [printable(name, _NAME_LENGTH) for name in unknown[:_TOLD]]
    near = [match for name in told for match in difflib.get_close_matches(name, declared, 1)]
    more = f' and {len(unknown) - _TOLD} more' if len(unknown) > _TOLD else ''
    hints = [f'did you mean {", ".join(dict.fromkeys(near))}?'] if near else []
    if len(near) < len(told):
        hints.append(f'see {where} for all there are; those of other nodes belong below their '
                     'names')
    raise ParameterError(f'there is no parameter {", ".join(told)}{more}; {" ".join(hints)}')
