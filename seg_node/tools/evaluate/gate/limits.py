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

"""The file of limits that a run has to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
import difflib
from enum import Enum
import math
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.safe_yaml import read_yaml, YamlError
from seg_node.tools.evaluate.report.catalogue import Better, canonical, score_of


class GateRule(Enum):
    """What a limit demands; the values are its words in the file."""

    MIN = 'min'
    MAX = 'max'
    MAX_LOSS = 'max_loss'
    MAX_LOSS_PERCENT = 'max_loss_percent'

    @property
    def is_relative(self) -> bool:
        """Whether it needs another run."""
        return self in (GateRule.MAX_LOSS, GateRule.MAX_LOSS_PERCENT)


@dataclass(frozen=True)
class Limit:
    """One demand on one number of a summary."""

    name: str
    rule: GateRule
    value: float


@dataclass(frozen=True)
class _Names:
    known: Collection[str]
    unsure: str | None

    def may_be(self, name: str) -> bool:
        return name in self.known or (self.unsure is not None and name.startswith(self.unsure))


def read_limits(path: Path, known: Collection[str], unsure: str | None = None,
                ) -> tuple[Limit, ...]:
    """
    Read limits: names of numbers, dotted or nested, each with min, max, max_loss, ...

    :param known: names of the numbers that there are.
    :param unsure: beginning of names that may turn out to be known.
    :raises UserError: names the limit, what is wrong with it, and the remedy.
    """
    try:
        content = read_yaml(path)
    except YamlError as error:
        raise UserError(f'--gate {path}: {error}') from None
    if not isinstance(content, Mapping) or not content:
        raise UserError(f'--gate {path}: holds no limits. Write lines such as '
                        'path_iou: {min: 0.93}')
    limits = tuple(_limits(path, '', content, _Names(known, unsure)))
    twice = {limit.name for place, limit in enumerate(limits)
             if any((limit.name, limit.rule) == (one.name, one.rule) for one in limits[:place])}
    if twice:
        raise UserError(f'--gate {path}: {", ".join(sorted(twice))}: has the same limit twice')
    return limits


def _limits(path: Path, beginning: str, content: Mapping[Any, Any],
            names: _Names) -> Iterator[Limit]:
    words = [rule.value for rule in GateRule]
    for key, value in content.items():
        written = f'{beginning}{key}'
        if not isinstance(value, Mapping) or not value:
            raise UserError(f'--gate {path}: {written}: {value!r} is no limit. Write '
                            f'{written}: {{min: 0.9}}, with one or more of {", ".join(words)}')
        if not any(word in words for word in value) and any(
                isinstance(inner, Mapping) for inner in value.values()):
            yield from _limits(path, f'{written}.', value, names)
            continue
        name = canonical(written)
        if not names.may_be(name):
            raise UserError(f'--gate {path}: {written}: there is no such number. '
                            f'{_near(name, names.known)}')
        for word, number in value.items():
            yield _limit(path, name, word, number, words)


def _limit(path: Path, name: str, word: Any, number: Any, words: list[str]) -> Limit:
    if word not in words:
        raise UserError(f'--gate {path}: {name}: {word} is no limit. {_near(str(word), words)}')
    if isinstance(number, bool) or not isinstance(number, (int, float)) \
            or not math.isfinite(number):
        raise UserError(f'--gate {path}: {name}: {word}: {number!r} is no finite number')
    rule = GateRule(word)
    if rule.is_relative and score_of(name).better is Better.NEITHER:
        raise UserError(f'--gate {path}: {name}: {word}: neither more nor less of it is better, '
                        'so it has no loss. Use min or max')
    if rule.is_relative and number < 0:
        raise UserError(f'--gate {path}: {name}: {word}: {number} is below 0')
    return Limit(name, rule, float(number))


def _near(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 4, 0.5)
    last = name.rpartition('.')[2]
    near += [one for one in known if one.rpartition('.')[2] == last and one not in near]
    if not near:
        return f'There are {", ".join(list(known)[:12])}, ...'
    return f'Did you mean {", ".join(near[:6])}?'
