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

"""What a gate found, as text, JSON and HTML."""

from __future__ import annotations

from collections.abc import Sequence
import json

from seg_node.tools.evaluate.gate.judging import Judged
from seg_node.tools.evaluate.report.markup import Markup, tag
from seg_node.tools.evaluate.report.page import section
from seg_node.tools.evaluate.report.words import plural

_TITLES = ('number', 'limit', 'found', 'before', '')


def text(judged: Sequence[Judged]) -> str:
    """Return a table of what failed, and a line that says how many did."""
    failed = [one for one in judged if not one.passed]
    if not failed:
        return f'gate: passed, {plural(len(judged), "limit")} kept'
    rows = [_TITLES, *(_cells(one) for one in failed)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = ['  ' + '  '.join(f'{cell:<{width}}' for cell, width in
                              zip(row, widths, strict=True)).rstrip() for row in rows]
    return '\n'.join([f'gate: FAILED, {len(failed)} of {plural(len(judged), "limit")} not kept',
                      *lines])


def to_json(judged: Sequence[Judged]) -> str:
    """Return gate.json."""
    return json.dumps({
        'passed': all(one.passed for one in judged),
        'limits': [{'name': one.limit.name, one.limit.rule.value: one.limit.value,
                    'found': one.found, 'before': one.before, 'passed': one.passed,
                    'problem': one.problem} for one in judged]}, indent=1) + '\n'


def to_html(judged: Sequence[Judged]) -> Markup:
    """Return a section for a page, what failed first."""
    failed = sum(not one.passed for one in judged)
    head = tag('tr', *(tag('th', title) for title in _TITLES))
    rows = [tag('tr', *(tag('td', cell) for cell in _cells(one)[:-1]),
                tag('td', tag('span', 'kept' if one.passed else 'failed',
                              class_='chip better' if one.passed else 'chip worse'),
                    f' {one.problem}', class_='text'))
            for one in sorted(judged, key=lambda one: one.passed)]
    title = f'Gate: {failed} of {plural(len(judged), "limit")} not kept' if failed else \
        f'Gate: passed, {plural(len(judged), "limit")} kept'
    return section(title, tag('div', tag('table', tag('thead', head), tag('tbody', *rows),
                                         class_='list'), class_='scroll'))


def _cells(one: Judged) -> tuple[str, str, str, str, str]:
    return (one.limit.name, f'{one.limit.rule.value} {one.limit.value:g}', _number(one.found),
            _number(one.before), one.problem)


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.6g}'
