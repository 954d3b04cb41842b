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
"""evaluate: judge recordings as the node would, and score them. See verbs/ for what it does."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
import sys

from seg_node.tools.common.command_line import command, OneLineParser

PROGRAM = 'evaluate'
VERBS = ('run', 'report', 'compare', 'gate')
DESCRIPTION = """\
Judge recordings frame by frame as the node would, score them against ground truth where there is
some, and show, compare and gate the results. `evaluate RECORDINGS --out DIR` is short for
`evaluate run RECORDINGS --out DIR`.
"""


@command(PROGRAM)
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool."""
    arguments = list(sys.argv[1:] if argv is None else argv) or ['--help']
    if arguments[0] not in (*VERBS, '-h', '--help'):
        arguments.insert(0, 'run')
    options = _parser().parse_args(arguments)
    options.arguments = arguments
    return int(options.execute(options))


def _parser() -> OneLineParser:
    parser = OneLineParser(prog=PROGRAM, description=DESCRIPTION)
    verbs = parser.add_subparsers(metavar='VERB', required=True)
    for name in VERBS:
        verb = import_module(f'seg_node.tools.evaluate.verbs.{name}')
        own = verbs.add_parser(name, help=verb.HELP, description=verb.DESCRIPTION)
        verb.add_options(own)
        own.set_defaults(execute=verb.execute)
    return parser


if __name__ == '__main__':
    sys.exit(main())
