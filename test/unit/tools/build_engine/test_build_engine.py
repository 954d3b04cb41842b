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

import importlib.util
import os
from pathlib import Path
import subprocess
import sys

import pytest

from helpers.refused_graphs import HEIGHT, refused, WIDTH
from helpers.tiny_model import write_model, write_tiny_model

needs_rtx = pytest.mark.skipif(
    importlib.util.find_spec('tensorrt_rtx') is None,
    reason='TensorRT-RTX is not installed: pip install -r requirements/tensorrt.txt')


@pytest.fixture
def command(tmp_path):
    """Return a function that runs the tool on a tiny model with a cache of its own."""
    model = write_tiny_model(tmp_path / 'tiny')
    path = os.pathsep.join(filter(None, sys.path))

    def run(*arguments, model=model, before='', **more):
        return subprocess.run(
            [sys.executable, '-m', 'seg_node.tools.build_engine', '--model', str(model),
             '--cache', str(tmp_path / 'engines'), *arguments],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, (before, path)))},
            **more)
    return run


@pytest.fixture
def without_tensorrt(tmp_path):
    """Return a folder that hides whatever TensorRT is installed."""
    for name in ('tensorrt', 'tensorrt_rtx'):
        folder = tmp_path / 'hidden' / name
        folder.mkdir(parents=True)
        (folder / '__init__.py').write_text('raise ModuleNotFoundError(name=__name__)')
    return str(tmp_path / 'hidden')


@needs_rtx
def test_it_builds_once_and_says_what_it_made(command, tmp_path):
    done = command('--batch', '3')
    assert (done.returncode, done.stderr) == (0, '')
    assert 'tiny fp32, batch 3, TensorRT-RTX' in done.stdout
    (path,) = (tmp_path / 'engines').glob('*.engine')
    for said in (str(path), 'built in', 'MB', 'layers: ', 'fp32 graph; asked for: auto'):
        assert said in done.stdout
    assert f'{path} (already there, built in' in command('--batch', '3').stdout
    assert f'{path} (built in' in command('--batch', '3', '--force').stdout


@needs_rtx
def test_what_is_not_to_be_had_is_said(command):
    done = command('--version-compatible', '--inspect')
    assert done.returncode == 0
    assert 'has no engines for later versions; built without' in done.stderr


@needs_rtx
def test_a_graph_that_cannot_be_built_is_explained(command, tmp_path):
    graph, where, remedy = refused()['uint8 transpose']
    model = write_model(tmp_path / 'bad', graph, width=WIDTH, height=HEIGHT)
    done = command(model=model)
    assert done.returncode == 1
    assert where in done.stderr and remedy in done.stderr
    assert 'Traceback' not in done.stderr


@needs_rtx
def test_ctrl_c_stops_a_build_and_nothing_is_kept(tmp_path):
    model = write_tiny_model(tmp_path / 'tiny')
    stopper = tmp_path / 'stop' / 'tensorrt_rtx'
    stopper.mkdir(parents=True)
    # The build never gets beyond loading: it reports that it began, and is stopped then.
    (stopper / '__init__.py').write_text(
        'import os, signal\n'
        'if "build_process" in open("/proc/self/cmdline").read():\n'
        '    os.kill(os.getppid(), signal.SIGINT)\n'
        '    signal.pause()\n'
        f'__path__ = [{str(real_rtx())!r}]\n'
        'from tensorrt_rtx_bindings import *\n'
        'from tensorrt_rtx_bindings import __version__\n')
    path = os.pathsep.join(filter(None, (str(stopper.parent), *sys.path)))
    done = subprocess.run(
        [sys.executable, '-m', 'seg_node.tools.build_engine', '--model', str(model), '--cache',
         str(tmp_path / 'engines')], capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': path})
    assert done.returncode == 130
    assert 'stopped; nothing was kept' in done.stderr
    assert list((tmp_path / 'engines').glob('*.engine')) == []


def real_rtx():
    return Path(importlib.util.find_spec('tensorrt_rtx').origin).parent


def test_without_tensorrt_it_says_what_to_install(command, without_tensorrt):
    done = command(before=without_tensorrt)
    assert done.returncode == 1
    assert done.stdout == ''
    assert done.stderr.startswith('build_engine: TensorRT is not installed')
    assert 'pip install tensorrt' in done.stderr and 'Traceback' not in done.stderr


@pytest.mark.parametrize('arguments, said', [
    (['--precision', 'int8'], 'model tiny: has no int8 graph; it has fp32'),
    (['--precision', 'fp8'], "invalid choice: 'fp8'"),
    (['--precision', 'uint8'], "invalid choice: 'uint8'"),
    (['--dla', '0'], 'a DLA computes in fp16 or int8 only'),
    (['--batch', '0'], '0 must lie between 1 and 16'),
    (['--workspace', 'much'], "'much' is not a whole number"),
])
def test_unusable_input_is_one_line(command, arguments, said):
    done = command(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_model_that_is_not_there(command):
    done = command(model='nowhere')
    assert done.returncode == 2
    assert "model 'nowhere': no such folder" in done.stderr
