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

"""Write what was found: JSON for programs, Markdown for docs/gpu.md. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.gpu.outcome import Outcome, Status, Table
from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.common.text_table import markdown_table

JSON, MARKDOWN = 'gpu_check.json', 'gpu_check.md'

FACTS = 'facts'
"""The section that measures nothing."""

TITLES = {
    FACTS: 'Machine',
    'kernels': 'Kernels: bytes of the CPU path',
    'engines': 'Engines of the node: labels of ONNX Runtime',
    'stages': 'Stages of a frame',
    'rivals': 'Other ways to run the same network',
    'endurance': 'Endurance',
    'node': 'The node',
    'precisions': 'Engines in other precisions',
}
"""Sections, in the order of running."""

PASSED, FAILED, UNUSABLE, NOTHING, STOPPED = 0, 1, 2, 3, 130
"""Exit codes."""


def exit_code(outcomes: Mapping[str, Outcome], *, stopped: bool) -> int:
    """Return the exit code for what was found."""
    if stopped:
        return STOPPED
    found = {outcome.status for name, outcome in outcomes.items() if name != FACTS}
    if Status.FAILED in found or outcomes[FACTS].status is Status.FAILED:
        return FAILED
    return PASSED if Status.PASSED in found else NOTHING


def write(outcomes: Mapping[str, Outcome], command: str, folder: Path) -> None:
    """Write both files; OSError where that is not possible."""
    content = {'command': command,
               'sections': {name: outcome.to_json() for name, outcome in outcomes.items()}}
    (folder / JSON).write_text(strict_json(content), encoding='utf-8')
    (folder / MARKDOWN).write_text(markdown(outcomes, command), encoding='utf-8')


def markdown(outcomes: Mapping[str, Outcome], command: str) -> str:
    """Return everything as Markdown."""
    facts = outcomes[FACTS].figures
    gpu = facts.get('gpu') or {}
    title = ', '.join(filter(None, (facts.get('machine', ''), gpu.get('name', 'no GPU'))))
    parts = [f'### {title}', f'    {command}', summary(outcomes)]
    for name, outcome in outcomes.items():
        parts.append(f'#### {TITLES[name]}')
        parts += [text for text in (
            f'Not run: {_line(outcome.not_run)}' if outcome.not_run else '',
            f'FAILED: {_line(outcome.error)}' if outcome.error else '') if text]
        parts += [_table(table) for table in outcome.tables]
        if outcome.checks:
            parts.append(checks_table(outcome))
        if outcome.notes:
            parts.append('\n'.join(f'- {_line(note)}' for note in outcome.notes))
    return '\n\n'.join(parts) + '\n'


def summary(outcomes: Mapping[str, Outcome]) -> str:
    """Return a table of how each section ended."""
    return markdown_table(('section', 'result', 'time'), (
        (name, outcome.status.value, f'{outcome.seconds:.0f} s')
        for name, outcome in outcomes.items() if name != FACTS))


def checks_table(outcome: Outcome) -> str:
    """Return the checks of a section, with those that failed first."""
    ordered = sorted(outcome.checks, key=lambda check: check.passed)
    return markdown_table(('check', 'found', 'limit', 'result'), (
        (check.what, check.found, check.limit, 'passed' if check.passed else '**FAILED**')
        for check in ordered))


def lines(name: str, outcome: Outcome) -> list[str]:
    """Say on the terminal how a section ended."""
    said = [f'{name}: {outcome.status.value} ({outcome.seconds:.0f} s)']
    said += [f'  {_line(text)}' for text in (outcome.not_run, outcome.error) if text]
    said += [f'  FAILED {check.what}: {check.found}, limit {check.limit}'
             for check in outcome.checks if not check.passed]
    return said


def _table(table: Table) -> str:
    text = markdown_table(table.columns, table.rows)
    return f'{table.title}:\n\n{text}' if table.title else text


def _line(text: str) -> str:
    return ' '.join(text.split())
