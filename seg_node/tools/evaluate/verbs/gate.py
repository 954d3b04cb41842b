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
"""evaluate gate: limits that runs must keep."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = 'hold limits against runs'
DESCRIPTION = """\
Hold limits against runs, such as path_iou: {min: 0.93} or decisions.false_go: {max: 0}: any number
of summary.json, with min, max, or max_loss and max_loss_percent against another run (evaluate
compare A B --gate FILE). Writes gate.json, and the report with what failed.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument('limits', type=Path, metavar='FILE', help='limits as YAML')
    parser.add_argument('folders', nargs='+', type=Path, metavar='RUN',
                        help='folder of a run, or one that holds runs')


def execute(options: argparse.Namespace) -> int:
    """
    Check all runs; return 1 when one does not keep a limit.

    :raises UserError: when something cannot be read or written.
    """
    from seg_node.tools.evaluate.conclusion import conclude
    from seg_node.tools.evaluate.report.results import runs_in
    return max(conclude(run, limits=options.limits)
               for folder in options.folders for run in runs_in(folder))
