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
Numbers with a permitted range, declared once.

A dataclass field made with :func:`bounded` carries its range and its meaning, so that the same
declaration serves validation, parameter descriptors and documentation.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
import math
import numbers
from typing import Any, TypeVar

Number = TypeVar('Number', int, float)


@dataclass(frozen=True)
class Bound:
    """The permitted range of a field, both ends included, or its choices; and what it means."""

    low: float
    high: float
    meaning: str
    choices: tuple[str, ...] = ()


def bounded(default: Number, low: float, high: float, meaning: str) -> Number:
    """Declare a dataclass field with a default and a permitted range (ends included)."""
    declared: Number = field(default=default, metadata={'bound': Bound(low, high, meaning)})
    return declared


def switch(default: bool, meaning: str) -> bool:
    """Declare a dataclass field that is on or off."""
    declared: bool = field(default=default, metadata={'bound': Bound(0, 1, meaning)})
    return declared


def choice(default: str, choices: tuple[str, ...], meaning: str) -> str:
    """Declare a dataclass field that is one of several words."""
    declared: str = field(default=default, metadata={'bound': Bound(0, 0, meaning, choices)})
    return declared


def bounds_of(settings: Any) -> dict[str, Bound]:
    """Return the declared bounds of a dataclass or its instance, by field name."""
    return {f.name: f.metadata['bound'] for f in fields(settings) if 'bound' in f.metadata}


def check_bounds(settings: Any) -> None:
    """
    Check every bounded field of a dataclass instance.

    A field whose default is an int takes whole numbers only, one whose default is a bool true or
    false.

    :raises ValueError: names the field, its value and the permitted range.
    """
    for declared in fields(settings):
        bound = declared.metadata.get('bound')
        if bound is None:
            continue
        value = getattr(settings, declared.name)
        if bound.choices:
            if value not in bound.choices:
                raise ValueError(f'{declared.name}: {value!r} is none of '
                                 f'{", ".join(bound.choices)} ({bound.meaning})')
            continue
        if isinstance(declared.default, bool):
            if not isinstance(value, bool):
                raise ValueError(
                    f'{declared.name}: {value!r} is not true or false ({bound.meaning})')
            continue
        whole = isinstance(declared.default, int)
        kind = numbers.Integral if whole else numbers.Real
        fits = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
        if not fits or not bound.low <= value <= bound.high:
            what = 'a whole number' if whole else 'a number'
            raise ValueError(
                f'{declared.name}: {value!r} is not {what} '
                f'from {bound.low:g} to {bound.high:g} ({bound.meaning})')
