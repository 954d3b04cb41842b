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
from __future__ import annotations

import os
import shutil
import subprocess
import sys

from helpers.places import ROOT

ENDLESS = """
import time

from hypothesis import given, strategies as st
import pytest


def wait():
    while True:
        time.sleep(0.01)


@pytest.fixture
def endless_to_set_up():
    wait()


@pytest.fixture
def endless_to_tear_down():
    yield
    wait()


def test_first():
    pass


def test_endless():
    wait()


@given(number=st.integers())
def test_endless_example(number):
    wait()


def test_swallows_what_ends_it():
    try:
        wait()
    except BaseException:
        wait()


def test_setup(endless_to_set_up):
    pass


def test_teardown(endless_to_tear_down):
    pass


def test_last():
    pass
"""
NATIVE = """
import itertools


def test_native():
    any(itertools.repeat(False))
"""


def run(folder, text, limit):
    (folder / 'test_endless.py').write_text(text)
    shutil.copy(ROOT / 'test' / 'conftest.py', folder)
    return subprocess.run(
        [sys.executable, '-m', 'pytest', '-c', str(ROOT / 'pyproject.toml'), '--rootdir',
         str(folder), '-o', f'time_limit={limit}', '-p', 'no:cacheprovider', '-rA', str(folder)],
        cwd=folder, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items()
             if name != 'PYTEST_ADDOPTS'})  # colcon's name the tests and the results' file


def test_an_endless_test_fails_alone(tmp_path):
    done = run(tmp_path, ENDLESS, limit=0.5)
    lines = [line.partition(' - ')[0].split() for line in done.stdout.splitlines()]
    results = {(word, name.partition('::')[2])
               for word, name in (line for line in lines if len(line) == 2)
               if word in ('PASSED', 'FAILED', 'ERROR')}
    assert results == {
        ('PASSED', 'test_first'),
        ('FAILED', 'test_endless'),
        ('FAILED', 'test_endless_example'),
        ('FAILED', 'test_swallows_what_ends_it'),
        ('ERROR', 'test_setup'),
        ('PASSED', 'test_teardown'), ('ERROR', 'test_teardown'),
        ('PASSED', 'test_last'),
    }, done.stdout
    assert done.stdout.count('more than 0.5 s') >= 5


def test_native_code_that_hangs_ends_with_the_process_and_says_where(tmp_path):
    done = run(tmp_path, NATIVE, limit=0.5)
    assert done.returncode == 1
    assert 'Timeout (0:00:01)!' in done.stderr
    assert 'in test_native' in done.stderr


def test_the_project_has_a_limit_far_above_its_slowest_test(pytestconfig):
    assert float(pytestconfig.getini('time_limit')) >= 600
