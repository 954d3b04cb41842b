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

"""What starts the node on a robot and in containers: linted, and true to the repository."""

from __future__ import annotations

from pathlib import Path
import re
import shutil
import subprocess
import sysconfig

import pytest

from helpers.places import ROOT

DOCKERFILES = sorted((ROOT / 'docker').glob('*.Dockerfile'))
UNIT = ROOT / 'config' / 'seg_node.service'


@pytest.fixture
def hadolint():
    """Return the linter of Dockerfiles; skip where it is not installed."""
    found = shutil.which('hadolint', path=sysconfig.get_path('scripts'))
    if found is None:
        pytest.skip('hadolint is not installed: pip install -r requirements/test.txt')
    return found


@pytest.mark.parametrize('path', DOCKERFILES, ids=lambda path: path.stem)
def test_a_dockerfile_passes_its_linter(hadolint, path):
    found = subprocess.run([hadolint, '--no-color', path], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize('path', DOCKERFILES, ids=lambda path: path.stem)
def test_a_dockerfile_copies_and_runs_what_there_is(path):
    text = path.read_text()
    sources = re.findall(r'^COPY (?:--\S+ )*(\S+) ', text, re.MULTILINE)
    assert '.' in sources and all((ROOT / source).exists() for source in sources)
    for script in re.findall(r'scripts/\w+', text):
        assert (ROOT / script).is_file()
    for launch in re.findall(r'\w+\.launch\.py', text):
        assert (ROOT / 'launch' / launch).is_file()


def test_the_linter_finds_what_is_wrong(hadolint, tmp_path):
    wrong = tmp_path / 'Dockerfile'
    wrong.write_text('FROM debian\nRUN cd /tmp && sudo apt-get install x\n')
    assert subprocess.run([hadolint, wrong], capture_output=True).returncode


def test_systemd_takes_the_unit():
    if shutil.which('systemd-analyze') is None:
        pytest.skip('systemd-analyze is not installed (Debian: apt install systemd)')
    found = subprocess.run(['systemd-analyze', 'verify', '--man=no', UNIT],
                           capture_output=True, text=True)
    assert found.returncode == 0 and not found.stderr, found.stderr


def test_the_unit_starts_what_there_is():
    command = re.search(r'^ExecStart=(.*)$', UNIT.read_text(), re.MULTILINE)
    assert command is not None
    launch, = re.findall(r'seg_node (\S+\.launch\.py)', command[1])
    text = Path(ROOT, 'launch', launch).read_text(encoding='utf-8')
    for argument in re.findall(r'(\w+):=', command[1]):
        assert f"'{argument}'" in text, argument
