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
"""evaluate compare: two runs side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = 'compare two runs'
DESCRIPTION = """\
Compare run B with run A: compare.html and compare.json in the folder of B, and its report.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument('a', type=Path, metavar='A', help='folder of a run')
    parser.add_argument('b', type=Path, metavar='B', help='folder of another one')
    parser.add_argument('--out', type=Path, metavar='DIR',
                        help='folder of the comparison (default: B)')
    parser.add_argument('--gate', type=Path, metavar='FILE',
                        help='limits that B must keep; see evaluate gate --help')


def execute(options: argparse.Namespace) -> int:
    """
    Compare; return the exit code.

    :raises UserError: when something cannot be read or written.
    """
    from seg_node.tools.evaluate.conclusion import conclude
    from seg_node.tools.evaluate.report.results import read_run
    return conclude(read_run(options.b), read_run(options.a), options.gate, options.out)
