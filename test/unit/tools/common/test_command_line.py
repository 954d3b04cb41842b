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

"""Words that a shell asks for, of all commands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from helpers.places import ROOT

DEMO = 'from seg_node.tools.demo.__main__ import main; main()'


def complete(line, code, out):
    """Return what the shell function of argcomplete gets for a line."""
    env = {'_ARGCOMPLETE': '1', 'COMP_LINE': line, 'COMP_POINT': str(len(line)),
           '_ARGCOMPLETE_IFS': ' ', '_ARGCOMPLETE_STDOUT_FILENAME': str(out)}
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, env={**os.environ, **env},
                          capture_output=True, text=True)
    assert done.stdout == ''
    return out.read_text().split() if out.exists() else done.returncode


def test_options_are_completed(tmp_path):
    pytest.importorskip('argcomplete', reason='requirements/tools.txt is not installed')
    assert complete('scripts/demo --ra', DEMO, tmp_path / 'out') == ['--rate']


def test_without_argcomplete_nothing_is_completed_and_nothing_runs(tmp_path):
    code = f'import sys; sys.modules["argcomplete"] = None; {DEMO}'
    assert complete('demo --ra', code, tmp_path / 'out') == 1


def test_all_commands_parse_by_the_parser_that_completes():
    users = [path.relative_to(ROOT).as_posix() for path in ROOT.glob('seg_node/**/*.py')
             if 'ArgumentParser(' in path.read_text(encoding='utf-8')]
    assert users == []
