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
"""Tables as text: for terminals, and as Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable

INDENT = '  '


def aligned(rows: Iterable[Iterable[object]], right: Collection[int] = ()) -> str:
    """
    Return rows as lines with the cells of a column below each other; an empty row is a blank line.

    :param right: numbers of the columns that are aligned right.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = _widths(cells)
    return '\n'.join(''.join(
        INDENT + (cell.rjust(width) if column in right else cell.ljust(width))
        for column, (cell, width) in enumerate(zip(row, widths, strict=False))).rstrip()
        for row in cells)


def markdown_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table that is also legible as text."""
    cells = [[' '.join(cell.split()).replace('|', '\\|') for cell in row]
             for row in (head, *rows)]
    widths = _widths(cells)
    cells.insert(1, ['-' * max(3, width) for width in widths])
    return '\n'.join('| ' + ' | '.join(
        cell.ljust(max(3, width)) for cell, width in zip(row, widths, strict=True)) + ' |'
        for row in cells)


def _widths(rows: Iterable[list[str]]) -> list[int]:
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        widths = [max(width, len(cell)) for width, cell in zip(widths, row, strict=False)] \
            + widths[len(row):]
    return widths
