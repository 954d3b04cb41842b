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

"""The command gpu_check: what it writes, its exit codes, and that nothing makes it crash."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
import pytest

from benchmarks.gpu import __main__ as command_module
from benchmarks.gpu import child, node, report
from benchmarks.gpu.__main__ import command_line, parse, run_child
from benchmarks.gpu.outcome import Check, Outcome, Settings, Status, Table
from helpers.markdown import narrow
from helpers.places import ROOT
from seg_node.tools.common.command_line import StopFlag

SCRIPT = ROOT / 'scripts' / 'gpu_check'

PASSED = Outcome((Check('bytes', '0 differ', 'none', True),), figures={'p50': float('nan')})
FAILED = Outcome((Check('IoU', '-2 points', 'within 0.3', False),))
ABSENT = Outcome(not_run='there is no PyCUDA: pip install pycuda')
BROKEN = Outcome(error='its process died of SIGSEGV')
FACTS = Outcome(tables=(Table('', ('what', 'value'), (('machine', 'a|b'),)),),
                figures={'machine': 'Board', 'gpu': {'name': 'Orin'}, 'no_gpu': ''})


@pytest.fixture
def command(tmp_path):
    def run(*arguments, out=None, **more):
        return subprocess.run(
            [sys.executable, '-m', 'benchmarks.gpu', '--out', str(out or tmp_path),
             *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, 'CUDA_VISIBLE_DEVICES': '-1',
                 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}, **more)
    return run


def test_without_a_gpu_it_says_so_for_every_section(command, tmp_path):
    done = command()
    assert done.returncode == 3
    assert 'Traceback' not in done.stderr
    sections = json.loads((tmp_path / report.JSON).read_text())['sections']
    assert list(sections) == list(report.TITLES)
    for name, section in sections.items():
        if name != 'facts':
            assert section['status'] == 'not run'
            assert 'NVIDIA driver' in section['not_run'] or 'CUDA' in section['not_run']
            assert f'{name}: not run' in done.stdout
    assert 'no GPU' in (tmp_path / report.MARKDOWN).read_text().splitlines()[0]


@pytest.mark.parametrize(('arguments', 'said'), [
    (['--frames', '5'], '5 must lie between 100'), (['--sections', 'weather'], 'invalid choice'),
    (['--data', 'nowhere'], '--data nowhere: no such folder'), (['--timed', 'x'], 'whole number'),
])
def test_unusable_input_is_one_line(command, arguments, said):
    done = command(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written(command, tmp_path):
    file = tmp_path / 'file'
    file.touch()
    done = command(out=file / 'below')
    assert done.returncode == 2
    assert 'Choose another folder' in done.stderr


@pytest.mark.parametrize(('arguments', 'code', 'said'), [
    (['--python', '/no/python'], 2, '--python /no/python: no Python 3.10'),
    (['--wheels', '/no/wheels'], 2, '--wheels /no/wheels: no such folder'),
    (['--wheels'], 2, '--wheels needs a folder'),
    (['--python', sys.executable, '--frames', '1'], 2, '1 must lie between 100'),
    (['--help'], 0, '--python PATH')])
def test_the_script_takes_a_python_or_wheels(arguments, code, said):
    done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(('outcomes', 'code'), [
    ((PASSED, ABSENT), 0), ((PASSED, FAILED), 1), ((PASSED, BROKEN), 1), ((ABSENT, ABSENT), 3),
    ((ABSENT, FAILED), 1), ((), 3)])
def test_exit_codes(outcomes, code):
    found = {'facts': FACTS, **dict(zip(('kernels', 'engines'), outcomes, strict=False))}
    assert report.exit_code(found, stopped=False) == code
    assert report.exit_code(found, stopped=True) == 130
    assert report.exit_code({**found, 'facts': BROKEN}, stopped=False) == 1


@given(st.lists(st.booleans()), st.text(), st.text(),
       st.floats(allow_nan=False, allow_infinity=False))
def test_outcomes_survive_being_sent_and_are_json(passed, not_run, error, figure):
    outcome = Outcome(
        tuple(Check('what', 'found', 'limit', each) for each in passed), FACTS.tables, ('note',),
        {'figure': figure}, not_run, error, 1.5)
    again = pickle.loads(pickle.dumps(outcome))
    json.dumps(outcome.to_json(), allow_nan=False)
    assert again == outcome
    assert (again.status is Status.NOT_RUN) == bool(not_run)
    if not not_run:
        assert (again.status is Status.PASSED) == (all(passed) and not error)


def test_the_files(tmp_path):
    outcomes = {'facts': FACTS, 'kernels': PASSED, 'engines': FAILED, 'stages': ABSENT,
                'node': BROKEN}
    report.write(outcomes, 'scripts/gpu_check', tmp_path)
    content = json.loads((tmp_path / report.JSON).read_text())
    assert content['sections']['kernels']['figures'] == {'p50': None}
    text = narrow((tmp_path / report.MARKDOWN).read_text())
    for said in ('### Board, Orin', '    scripts/gpu_check', '| kernels | passed | 0 s |',
                 '| engines | FAILED |', '| IoU | -2 points | within 0.3 | **FAILED** |',
                 'Not run: there is no PyCUDA', 'FAILED: its process died', '| machine | a\\|b |'):
        assert said in text
    assert report.lines('engines', FAILED)[1].strip().startswith('FAILED IoU: -2 points')


def test_the_command_names_no_folder_of_this_machine(tmp_path):
    given_ = ['--data', str(tmp_path), '--models', f'{tmp_path}/mine/', '--sections', 'kernels']
    line = command_line(parse(given_))
    assert str(tmp_path) not in line
    assert line.startswith('scripts/gpu_check --sections kernels --models mine --data DATA')


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs code as a section, in a process of its own."""
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    module = 'gpu_check_' + tmp_path.name.replace('-', '_')
    home = tmp_path / 'sitecustomize.py'
    home.write_text(
        'import sys\nimport importlib.abc, importlib.util\n'
        'class Finder(importlib.abc.MetaPathFinder):\n'
        '    def find_spec(self, name, path, target=None):\n'
        f"        if name == 'benchmarks.gpu.{module}':\n"
        f'            return importlib.util.spec_from_file_location(name, {str(tmp_path)!r}\n'
        "                + '/section.py')\n"
        'sys.meta_path.insert(0, Finder())\n')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(filter(None, (str(tmp_path), *sys.path))))

    def run(code, **more):
        (tmp_path / 'section.py').write_text(
            'from benchmarks.gpu.outcome import Outcome, UnavailableError\n'
            f'def run(settings):\n    {code}\n    yield Outcome()\n')
        return run_child(module, Settings(str(tmp_path)), StopFlag(), **more)
    yield run
    for number, handler in usual.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(('code', 'status', 'said'), [
    ('yield Outcome()', Status.PASSED, ''),
    ('raise UnavailableError("no GPU")', Status.NOT_RUN, 'no GPU'),
    ('import cv3_missing', Status.NOT_RUN, 'cv3_missing is missing in'),
    ('import seg_node.missing', Status.FAILED, 'ModuleNotFoundError'),
    ('raise ValueError("odd")', Status.FAILED, 'ValueError: odd'),
    ('import os; os._exit(7)', Status.FAILED, 'ended with exit code 7'),
    ('import os; os.abort()', Status.FAILED, 'died of SIGABRT'),
])
def test_whatever_a_section_does_is_an_outcome(run, code, status, said):
    outcome = run(code)
    assert outcome.status is status
    assert said in outcome.error + outcome.not_run


def test_a_section_that_hangs_is_ended(run):
    outcome = run('import signal; signal.pause()', limit_s=1.0)
    assert outcome.status is Status.FAILED
    assert 'took longer than 1 s' in outcome.error


@pytest.mark.parametrize(('then', 'said'), [
    ('import os; os._exit(7)', 'exit code 7'), ('raise ValueError("odd")', 'ValueError: odd'),
    ('import signal; signal.pause()', 'took longer than')])
def test_what_a_section_had_found_by_then_is_kept(run, then, said):
    outcome = run(f'yield Outcome(notes=("first",)); {then}', limit_s=5.0)
    assert outcome.status is Status.FAILED
    assert said in outcome.error
    assert outcome.notes == ('first',)


def test_no_section_begins_after_the_minutes(tmp_path, monkeypatch):
    begun = []

    def child(name, settings, stop, limit_s):
        begun.append((name, limit_s))
        clock[0] += 40.0
        return FACTS if name == 'facts' else PASSED

    clock = [0.0]
    monkeypatch.setattr(command_module, 'run_child', child)
    monkeypatch.setattr(command_module, 'write', lambda found, command, folder: written.append(
        [name for name, outcome in found.items() if outcome.status is not Status.NOT_RUN]))
    monkeypatch.setattr(command_module.time, 'monotonic', lambda: clock[0])
    written = []
    options = parse(['--minutes', '2', '--sections', 'kernels', 'engines', 'stages', 'rivals'])
    found = command_module.run(options, Settings(str(tmp_path)), StopFlag())
    assert begun == [('facts', 120.0), ('kernels', 80.0), ('engines', 40.0)]
    assert found['stages'].not_run == found['rivals'].not_run == 'the 2 minutes were over'
    assert written[:3] == [['facts'], ['facts', 'kernels'], ['facts', 'kernels', 'engines']]


def test_ctrl_c_ends_the_section_and_is_told(run):
    outcome = run('import os, signal; os.kill(os.getppid(), signal.SIGINT); signal.pause()')
    assert outcome.not_run == 'stopped'


def test_packages_have_their_own_names():
    assert 'pip install opencv-python-headless' in child.missing_module('cv2')
    assert 'pip install pycuda' in child.missing_module('pycuda.driver')


SUMMARY = {
    'backend': 'tensorrt', 'frames_sent': 300, 'dropped': 0, 'fps': 14.98, 'path_iou': None,
    'latency_ms': {'p50': 9.0, 'p99': 12.0}, 'inference_ms': {'p50': 2.0, 'p99': None},
    'decisions': {'go_s': 15.0, 'slow_s': 2.0, 'stop_s': 3.0}}


def test_the_drive_of_the_node():
    outcome = node.report(SUMMARY)
    assert outcome.status is Status.PASSED
    assert ('path IoU', 'none') in outcome.tables[0].rows
    assert node.report({**SUMMARY, 'dropped': 2}).status is Status.FAILED
