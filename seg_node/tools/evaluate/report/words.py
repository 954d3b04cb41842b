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

"""Numbers and codes as people read them."""

from __future__ import annotations

from seg_node.tools.evaluate.report.catalogue import NumberFormat

NOTHING = '–'
"""Stands for a number that is not known."""
NARROW = '\u202f'
"""A space at which no line is broken."""


def plain(text: str) -> str:
    """Return text for terminals of any encoding."""
    return text.replace(NARROW, ' ').replace(NOTHING, '-')


def number(value: float | None, format_: NumberFormat | str = NumberFormat.SCORE) -> str:
    """Write a number of a summary."""
    kind = NumberFormat(format_)
    if value is None:
        return NOTHING
    if kind is NumberFormat.SCORE:
        return f'{value:.4f}'
    if kind is NumberFormat.SHARE:
        return share(value)
    if kind is NumberFormat.COUNT:
        return count(value)
    if kind is NumberFormat.MILLISECONDS:
        return milliseconds(value)
    return f'{value:.4g}' if abs(value) < 1000 else f'{value:,.0f}'.replace(',', NARROW)


def score(value: float | None) -> str:
    """Write a score with the digits of a headline."""
    return NOTHING if value is None else f'{value:.3f}'


def difference(value: float | None, format_: NumberFormat | str) -> str:
    """Write by how much a number changed, with its sign."""
    if value is None:
        return NOTHING
    kind = NumberFormat(format_)
    text = f'{abs(value) * 100:.1f}{NARROW}%' if kind is NumberFormat.SHARE \
        else number(abs(value), kind)
    return ('+' if value > 0 else '−' if value < 0 else '±') + text


def count(value: float) -> str:
    """Write a count, thousands set apart."""
    return f'{value:,.0f}'.replace(',', NARROW)


def share(value: float | None) -> str:
    """Write a share as percent; neither 0 % nor 100 % where it is not quite that."""
    if value is None:
        return NOTHING
    percent = value * 100
    if 0 < percent < 0.1:
        return f'<0.1{NARROW}%'
    if 99.9 < percent < 100:
        return f'>99.9{NARROW}%'
    return f'{percent:.1f}{NARROW}%' if percent % 100 else f'{percent:.0f}{NARROW}%'


def milliseconds(value: float | None) -> str:
    """Write a time with three digits that count."""
    if value is None:
        return NOTHING
    return f'{value:.3g}' if value < 100 else count(value)


def seconds(value: float) -> str:
    """Write a time as hours, minutes and seconds."""
    if value < 120:
        return f'{value:.1f} s'
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours} h {minutes:02d} min' if hours else f'{minutes} min {rest:02d} s'


def spoken(code: str) -> str:
    """Write the code of a reason as words."""
    return code.replace('_', ' ')


def plural(amount: int, word: str) -> str:
    """Write a number with its word."""
    return f'{count(amount)} {word}{"" if amount == 1 else "s"}'
