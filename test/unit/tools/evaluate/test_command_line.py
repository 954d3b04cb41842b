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

import subprocess
import sys

import pytest

from helpers.places import ROOT
from seg_node.tools.evaluate.__main__ import main, VERBS

HEAVY = ('numpy', 'cv2', 'yaml', 'rosbags', 'onnxruntime', 'jinja2')


@pytest.mark.parametrize('arguments', [['--help'], *([verb, '--help'] for verb in VERBS)])
def test_help_needs_no_library(arguments):
    code = (f'import sys\nsys.modules |= dict.fromkeys({HEAVY})\n'
            'from seg_node.tools.evaluate.__main__ import main\n'
            f'main({arguments})')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith('usage: evaluate')


@pytest.mark.parametrize(('missing', 'words'), [
    ('jinja2', 'report.html needs Jinja2'), ('numpy', 'numpy is not installed'),
    ('rerun', 'pip install rerun-sdk, or pip install -r requirements/rerun.txt')])
def test_a_library_that_is_missing_is_told_in_one_line(missing, words):
    code = (f'import sys\nsys.modules[{missing!r}] = None\n'
            'from seg_node.tools.evaluate.__main__ import main\n'
            "sys.exit(main(['recordings', '--out', 'out', '--rerun', 'all.rrd']))")
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and words in done.stderr


def test_recordings_without_a_verb_are_run(tmp_path, capsys):
    assert main([str(tmp_path / 'no'), '--out', str(tmp_path / 'out')]) == 2
    assert 'no: no such file or folder' in capsys.readouterr().err
