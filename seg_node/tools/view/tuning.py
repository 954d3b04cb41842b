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

"""A parameter that a node lets change while it runs, as a page shows it and asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seg_node.errors import UserError
from seg_node.outside_text import quoted
from seg_node.parameters.declaration import Value

_LARGEST = 2**63 - 1
_TYPES: dict[str, tuple[type, ...]] = {
    'switch': (bool,), 'integer': (int,), 'number': (int, float), 'text': (str,), 'texts': (list,)}


@dataclass(frozen=True)
class Tunable:
    """A parameter; kind is switch, integer, number, text or texts. None: no limit."""

    name: str
    kind: str
    value: Value
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def accept(self, value: Any) -> Value:
        """
        Return a value as the node takes it; whether it is a good one is for the node to say.

        :param value: as JSON has it.
        :raises UserError: for a value of another type.
        """
        fits = isinstance(value, _TYPES[self.kind]) and (
            isinstance(value, bool) == (self.kind == 'switch'))
        if not fits or self.kind == 'texts' and not all(isinstance(one, str) for one in value):
            raise UserError(f'{self.name}: {quoted(value)} is no {self.kind}')
        texts = value if self.kind == 'texts' else [value] if self.kind == 'text' else []
        if not all(text.isprintable() for text in texts):
            raise UserError(f'{self.name}: {quoted(value)} has letters that nobody can read')
        if self.kind in ('integer', 'number') and not -_LARGEST <= value <= _LARGEST:
            raise UserError(f'{self.name}: the number is too large')
        return float(value) if self.kind == 'number' else value
