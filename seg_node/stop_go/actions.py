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

"""What each class of a model means for the decision, as the manifest says or as overridden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
import math
import re

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import Action, ClassInfo

_OVERRIDE = re.compile(r'(?P<name>[^=@]+)=(?P<action>[a-z]+)(?:@(?P<distance>[^@]+))?')


@dataclass(frozen=True)
class ClassRule:
    """
    The action of one class: STOP blocks the way, SLOW and GO are path.

    `distance` in metres is how near the class must be for its action; 0: the stopping distance.
    A class that stops acts within its stopping distance at least, whatever is given.
    """

    name: str
    action: Action
    distance: float = 0.0


def class_rules(classes: Sequence[ClassInfo], overrides: Iterable[str] = ()) -> list[ClassRule]:
    """
    Return the rules of a model's classes, in their order.

    :param classes: of the manifest; what is not drivable there blocks, whatever its action.
    :param overrides: 'class=action' or 'class=action@metres', such as 'sidewalk=go'.
    :raises ValueError: names the override and what would fit.
    """
    rules = [ClassRule(info.name, info.action if info.drivable else Action.STOP)
             for info in classes]
    places = {info.name: index for index, info in enumerate(classes)}
    seen = set()
    for text in overrides:
        rule = parse_override(text)
        if rule.name not in places:
            raise ValueError(f'{text!r}: the model has no class {rule.name!r}, it has '
                             f'{", ".join(places)}')
        if rule.name in seen:
            raise ValueError(f'{text!r}: class {rule.name!r} is given twice')
        seen.add(rule.name)
        rules[places[rule.name]] = replace(rule)
    return rules


def parse_override(text: str) -> ClassRule:
    """
    Read 'class=action' or 'class=action@metres'.

    :raises ValueError: names the text and what would fit.
    """
    match = _OVERRIDE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'{text!r} is not of the form class=action or class=action@metres')
    try:
        action = Action(match['action'])
    except ValueError:
        raise ValueError(f'{text!r}: {match["action"]!r} is no action; known are '
                         f'{", ".join(each.value for each in Action)}') from None
    distance = 0.0
    if match['distance'] is not None:
        try:
            distance = float(match['distance'])
        except ValueError:
            distance = math.nan
        if not 0 < distance <= 200:
            raise ValueError(f'{text!r}: {match["distance"]!r} is no distance, give metres over 0 '
                             'and up to 200')
        if action is Action.GO:
            raise ValueError(f'{text!r}: go has no distance, remove it')
    return ClassRule(match['name'].strip(), action, distance)


def blocking_table(rules: Sequence[ClassRule]) -> NDArray[np.bool_]:
    """Return bool [256]: whether a label blocks the way; labels of no class do."""
    table = np.ones(256, np.bool_)
    table[:len(rules)] = [rule.action is Action.STOP for rule in rules]
    return table
