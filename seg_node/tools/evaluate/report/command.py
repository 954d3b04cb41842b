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

"""What follows an evaluation: report, comparison and gate; also of runs that are there already."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.evaluate.compare.comparison import compare, Comparison
from seg_node.tools.evaluate.compare.text import shown
from seg_node.tools.evaluate.compare.write import JSON, PAGE, write_comparison
from seg_node.tools.evaluate.gate import table
from seg_node.tools.evaluate.gate.judging import Before, judge, Judged
from seg_node.tools.evaluate.gate.limits import read_limits
from seg_node.tools.evaluate.report.catalogue import CLASSES, numbers
from seg_node.tools.evaluate.report.index import refresh_index, write_index
from seg_node.tools.evaluate.report.results import is_run, read_run, RunResults
from seg_node.tools.evaluate.report.write import write_page, write_report

GATE = 'gate.json'
_NO_RUN: dict[str, Any] = {'frames': 0, 'scores': {}, 'decisions': {}, 'failed': []}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what finish() and only_report() look at."""
    group = parser.add_argument_group('report')
    group.add_argument('--compare', nargs='+', type=Path, metavar='RUN',
                       help='the folder of another run, which this one is compared with; or '
                       'two folders A and B, without a PATH to evaluate')
    group.add_argument('--gate', type=Path, metavar='FILE',
                       help='limits as YAML, for example path_iou: {min: 0.93}; exit code 1 when '
                       'one is not kept')
    group.add_argument('--report', nargs='+', type=Path, metavar='DIR',
                       help='only write the reports of runs anew, or of all runs in a folder '
                       'with an index.html of them; without a PATH to evaluate')


def check(options: argparse.Namespace) -> None:
    """
    Find out before the work begins what finish() would stumble over.

    :raises UserError: for runs or limits that cannot be read.
    """
    if options.compare:
        if len(options.compare) != 1:
            raise UserError('--compare: takes one other run here; two, A and B, without a PATH')
        read_run(options.compare[0])
    if options.gate is not None:
        limits = read_limits(options.gate, numbers(_NO_RUN), CLASSES)
        if not options.compare and any(limit.rule.is_relative for limit in limits):
            raise UserError(f'--gate {options.gate}: has limits on a loss, which need another '
                            'run. Give it with --compare')


def finish(options: argparse.Namespace) -> int:
    """
    Write the report of the run in --out, compare and gate it; give 0, or 1 for a failed gate.

    :raises UserError: when something cannot be read or written.
    """
    before = read_run(options.compare[0]) if options.compare else None
    for name in (GATE, PAGE, JSON):      # of the run that was there before
        (options.out / name).unlink(missing_ok=True)
    code = _conclude(read_run(options.out), before, options.gate, options.out)
    refresh_index(options.out.resolve().parent)
    return code


def only_report(options: argparse.Namespace) -> int:
    """
    Do what was asked without anything to evaluate: --report DIR, --compare A B, --gate FILE.

    :raises UserError: when it is not clear what, or something cannot be read or written.
    """
    if options.report:
        if options.compare:
            raise UserError('--report: takes no --compare. --compare A B writes the report of B '
                            'too')
        return max(_report_anew(folder, options.gate) for folder in options.report)
    if options.compare:
        if len(options.compare) != 2:
            raise UserError('--compare: takes two runs, A and B, where nothing is evaluated')
        a, b = map(read_run, options.compare)
        out = options.out or options.compare[1]
        _make(out)
        return _conclude(b, a, options.gate, out)
    raise UserError('nothing to do. Give a PATH to evaluate, --report DIR or --compare A B')


def _conclude(run: RunResults, before: RunResults | None, gate: Path | None, out: Path) -> int:
    comparison = compare(before, run) if before is not None else None
    judged = _gate(run, comparison, gate, out)
    extra = table.to_html(judged) if judged else None
    if out.resolve() == run.folder.resolve():
        print(f'  report  {write_report(run.folder, extra)}')
    if comparison is not None:
        print(shown(comparison))
        print(f'  compare {write_comparison(comparison, out, extra)}')
    if not judged:
        return 0
    print(table.text(judged))
    return 0 if all(one.passed for one in judged) else 1


def _gate(run: RunResults, comparison: Comparison | None, gate: Path | None,
          out: Path) -> Sequence[Judged]:
    if gate is None:
        return ()
    known = numbers(run.summary)
    before = None if comparison is None else Before(
        numbers(comparison.a.summary), comparison.doubts)
    judged = judge(read_limits(gate, known), known, before)
    write_page(out / GATE, table.to_json(judged))
    return judged


def _report_anew(folder: Path, gate: Path | None) -> int:
    if is_run(folder):
        return _conclude(read_run(folder), None, gate, folder)
    runs = [one for one in sorted(folder.iterdir()) if one.is_dir() and is_run(one)] \
        if folder.is_dir() else []
    if not runs:
        raise UserError(f'--report {folder}: is no run, and holds none')
    code = max(_conclude(read_run(run), None, gate, run) for run in runs)
    print(f'  index   {write_index(folder)}')
    return code


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'--out {folder}: cannot be made ({error.strerror})') from None
