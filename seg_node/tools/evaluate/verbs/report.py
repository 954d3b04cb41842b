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
"""evaluate report: the pages of runs that are there already."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = 'write the reports of runs again'
DESCRIPTION = """\
Write report.html of a run again, or of all runs in a folder, with an index.html of them.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument('folders', nargs='+', type=Path, metavar='DIR',
                        help='folder of a run, or one that holds runs')


def execute(options: argparse.Namespace) -> int:
    """
    Write the reports; return the exit code.

    :raises UserError: for a folder without a run, or what cannot be written.
    """
    from seg_node.tools.evaluate.conclusion import conclude
    from seg_node.tools.evaluate.report.index import write_index
    from seg_node.tools.evaluate.report.results import is_run, runs_in
    for folder in options.folders:
        for run in runs_in(folder):
            conclude(run)
        if not is_run(folder):
            print(f'  index   {write_index(folder)}')
    return 0
