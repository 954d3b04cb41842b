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

"""Every command where nothing is installed that only a workstation needs."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys

import pytest

from benchmarks.__main__ import BENCHMARKS
from helpers.places import ROOT
from seg_node.tools.common.command_line import REQUIREMENTS

BLOCKER = f"""
import sys


class Blocker:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition('.')[0] in {set(REQUIREMENTS)}:
            raise ModuleNotFoundError('No module named ' + repr(name), name=name)


sys.meta_path.insert(0, Blocker)
"""
needs_ros = pytest.mark.skipif(importlib.util.find_spec('rclpy') is None, reason='no rclpy')


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Return the environment variables of a machine without these libraries."""
    folder = tmp_path_factory.mktemp('robot')
    (folder / 'sitecustomize.py').write_text(BLOCKER)
    return os.environ | {
        'PYTHONPATH': os.pathsep.join([str(folder), str(ROOT)]),
        'ROS_DOMAIN_ID': '77', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}


def run(robot, module, *arguments):
    return subprocess.run([sys.executable, '-m', module, *arguments], env=robot, cwd=ROOT,
                          capture_output=True, text=True)


def test_the_libraries_are_really_missing(robot):
    code = ('import importlib, json\nmissing = []\n'
            f'for name in {sorted(REQUIREMENTS)}:\n'
            '    try:\n        importlib.import_module(name)\n'
            '    except ModuleNotFoundError:\n        missing.append(name)\n'
            'print(json.dumps(missing))')
    done = subprocess.run([sys.executable, '-c', code], env=robot, cwd=ROOT,
                          capture_output=True, text=True)
    assert json.loads(done.stdout) == sorted(REQUIREMENTS)


COMMANDS = sorted(path.parent.name for path in (ROOT / 'seg_node' / 'tools').glob('*/__main__.py'))


@pytest.mark.parametrize('name', COMMANDS)
def test_help_answers(robot, name):
    done = run(robot, f'seg_node.tools.{name}', '--help')
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith(f'usage: {name}')


@pytest.mark.parametrize('name', BENCHMARKS)
def test_help_of_benchmarks_answers(robot, name):
    done = run(robot, 'benchmarks', name, '--help')
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith(f'usage: benchmark {name}')


@pytest.mark.parametrize(('arguments', 'library'), [
    (['closed_loop', '--drives', '1', '--out', '{out}'], ('matplotlib', 'tqdm')),
    (['model', '--data', '{out}', '--out', '{out}'], ('scikit-learn', 'matplotlib', 'tqdm')),
    pytest.param(['latency', '--out', '{out}'], ('tqdm',), marks=needs_ros),
    pytest.param(['faults', '--out', '{out}'], ('onnx', 'rosbags'), marks=needs_ros),
])
def test_what_a_benchmark_lacks_is_one_line(robot, tmp_path, arguments, library):
    done = run(robot, 'benchmarks', *(text.format(out=tmp_path) for text in arguments))
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f'benchmark {arguments[0]}: ')
    assert any(f'pip install {word}' in done.stderr for word in library)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(('name', 'arguments', 'library'), [
    ('demo', ['--out', '{out}'], ('rosbags', 'matplotlib', 'tqdm')),
    ('evaluate', ['{bag}', '--out', '{out}'], ('rosbags', 'jinja2')),
    ('import_model', ['net.onnx', '--out', '{out}', '--classes', 'cityscapes'], ('onnx',)),
    ('recorder', ['--out', '{out}'], ('rosbags',)),
    ('replay', ['{bag}'], ('rosbags',)),
    ('view', [], ('tornado',)),
    ('camera_health', ['{bag}'], ('rosbags',)),
])
def test_what_a_command_lacks_is_one_line(robot, tmp_path, name, arguments, library):
    bag = tmp_path / 'bag'
    bag.mkdir()
    (bag / 'metadata.yaml').write_text('rosbag2_bagfile_information:\n  version: 5\n')
    (bag / 'bag_0.mcap').write_bytes(b'')
    needs_rclpy = name in ('replay', 'recorder', 'demo', 'view')
    if needs_rclpy and importlib.util.find_spec('rclpy') is None:
        pytest.skip('no rclpy')
    done = run(robot, f'seg_node.tools.{name}',
               *(text.format(out=tmp_path / 'out', bag=bag) for text in arguments))
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f'{name}: ')
    assert any(f'pip install {word}' in line or f'needs {word}' in line.lower()
               for word in library), line


@needs_ros
@pytest.mark.parametrize('module', ['seg_node.ros.node', 'seg_node.ros.cmd_vel_gate'])
def test_the_node_runs_without_them(robot, module):
    """It says STOP, takes SIGINT and ends in order."""
    process = subprocess.Popen(
        [sys.executable, '-m', module, '--ros-args', '-p', 'use_sim_time:=false'], env=robot,
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate()
    finally:
        process.kill()
    assert process.returncode == 0, said + rest
    assert 'Traceback' not in said + rest
