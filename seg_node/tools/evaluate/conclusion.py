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
"""What follows an evaluation: its report, the comparison with another run, and the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.outside_text import printable_lines, REPORT
from seg_node.tools.common.files import write_whole
from seg_node.tools.evaluate.compare.comparison import compare
from seg_node.tools.evaluate.compare.page import JSON, PAGE, write_comparison
from seg_node.tools.evaluate.compare.text import comparison_text
from seg_node.tools.evaluate.gate.checking import (
    check_limits,
    CheckedLimit,
    gate_json,
    gate_text,
    OtherRun,
)
from seg_node.tools.evaluate.gate.limits import read_limits
from seg_node.tools.evaluate.junit import junit_xml
from seg_node.tools.evaluate.report.catalogue import CLASSES, numbers
from seg_node.tools.evaluate.report.index import refresh_index
from seg_node.tools.evaluate.report.pages import require_jinja
from seg_node.tools.evaluate.report.results import read_run, RunResults
from seg_node.tools.evaluate.report.write import write_report
from seg_node.tools.evaluate.scenario.summary import expected_of

GATE, JUNIT = 'gate.json', 'junit.xml'
_NO_RUN: dict[str, Any] = {'frames': 0, 'scores': {}, 'decisions': {}, 'failed': []}


def check(before: Path | None, limits: Path | None) -> None:
    """
    Find out before the work begins what finish() would stumble over.

    :raises UserError: for a run or limits that cannot be read, or without Jinja2.
    """
    require_jinja()
    if before is not None:
        read_run(before)
    if limits is not None:
        found = read_limits(limits, numbers(_NO_RUN), CLASSES)
        if before is None and any(limit.rule.is_relative for limit in found):
            raise UserError(f'--gate {limits}: has limits on a loss, which need another run. Give '
                            'it with --compare')


def finish(folder: Path, before: Path | None, limits: Path | None) -> int:
    """
    Conclude the run that has just come to its end, and bring the index beside it up to date.

    :returns: the exit code: 1 for a limit that is not kept.
    :raises UserError: when something cannot be read or written.
    """
    other = None if before is None else read_run(before)
    for name in (GATE, JUNIT, PAGE, JSON):      # of the run that was there before
        (folder / name).unlink(missing_ok=True)
    code = conclude(read_run(folder), other, limits)
    refresh_index(folder.resolve().parent)
    return code


def conclude(run: RunResults, before: RunResults | None = None, limits: Path | None = None,
             out: Path | None = None) -> int:
    """
    Write the report of a run, compare it with the one before, and hold limits against it.

    :param out: folder for the results, the run's own by default; the report is only written there.
    :returns: the exit code: 1 for a limit that is not kept.
    :raises UserError: when something cannot be read or written.
    """
    out = run.folder if out is None else out
    _make(out)
    comparison = None if before is None else compare(before, run)
    checked: tuple[CheckedLimit, ...] = ()
    if limits is not None:
        known = numbers(run.summary)
        checked = check_limits(read_limits(limits, known), known, None if comparison is None else
                               OtherRun(numbers(comparison.a.summary), comparison.doubts))
        write_whole(out / GATE, gate_json(checked))
    expected = expected_of(run.summary)
    if expected or checked:
        write_whole(out / JUNIT, junit_xml(run.name, expected, checked))
    if out.resolve() == run.folder.resolve():
        print(f'  report  {write_report(run, checked)}')
    if comparison is not None:
        print(printable_lines(comparison_text(comparison), REPORT))
        print(f'  compare {write_comparison(comparison, out, checked)}')
    if checked:
        print(printable_lines(gate_text(checked), REPORT))
    return 0 if all(one.passed for one in checked) else 1


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'--out {folder}: cannot be made ({error.strerror})') from None
