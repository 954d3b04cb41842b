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

"""pip install . puts everything in place, and it runs from anywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from helpers.places import ROOT

NEEDED = ('seg_node', 'config', 'launch', 'requirements', 'resource', 'models/road')
LOAD_ALL = """\
import importlib.metadata, json
scripts = importlib.metadata.distribution('seg_node').entry_points
print(json.dumps({one.name: one.load().__module__ for one in scripts}))
"""
SEGMENT = """\
import numpy, seg_node
with seg_node.Segmenter.open() as segmenter:
    mask = segmenter.segment(numpy.full((90, 160, 3), 90, numpy.uint8)).mask
print(seg_node.__file__, mask.shape)
"""


@pytest.fixture(scope='module')
def prefix(tmp_path_factory):
    """Return a prefix into which pip has installed a copy of the checkout."""
    folder = tmp_path_factory.mktemp('pip')
    source = folder / 'source'
    for name in NEEDED:
        shutil.copytree(ROOT / name, source / name,
                        ignore=shutil.ignore_patterns('__pycache__'))
    for file in ('setup.py', 'setup.cfg', 'pyproject.toml', 'package.xml', 'README.md', 'LICENSE'):
        shutil.copy(ROOT / file, source)
    done = subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check',
         '--no-deps', '--no-build-isolation', '--no-index', '--prefix', folder / 'prefix', source],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(source)
    return folder / 'prefix'


def run(prefix, *command):
    """Run a command far away from the checkout; return what it printed."""
    (packages,) = prefix.glob('lib/python3.*/site-packages')
    env = {name: value for name, value in os.environ.items() if name != 'AMENT_PREFIX_PATH'}
    done = subprocess.run(command, env={**env, 'PYTHONPATH': str(packages)}, cwd='/',
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_segments_from_anywhere_with_the_model_that_was_installed(prefix):
    file, shape = run(prefix, sys.executable, '-c', SEGMENT).split(maxsplit=1)
    assert Path(file).is_relative_to(prefix) and shape.strip() == '(90, 160)'


def test_the_version_needs_no_library(prefix):
    assert run(prefix, sys.executable, '-S', '-c', 'import seg_node') == ''


def test_every_command_is_there_and_loads(prefix):
    loaded = json.loads(run(prefix, sys.executable, '-c', LOAD_ALL))
    assert set(loaded) == {file.name for file in (prefix / 'bin').iterdir()}
    assert run(prefix, prefix / 'bin' / 'segment', '--help').startswith('usage: segment')


def test_files_that_are_no_modules_are_there_too(prefix):
    (packages,) = prefix.glob('lib/python3.*/site-packages')
    wanted = {path.relative_to(ROOT) for path in ROOT.glob('seg_node/**/*')
              if path.is_file() and '__pycache__' not in path.parts}
    assert {path for path in wanted if not (packages / path).exists()} == set()
    assert (prefix / 'share/ament_index/resource_index/packages/seg_node').is_file()
    assert (prefix / 'share/seg_node/config/seg_node.yaml').is_file()
