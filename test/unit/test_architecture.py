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

import ast
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROS_FREE = ('configuration', 'perception', 'scoring', 'stop_go', 'simulation')
FORBIDDEN = {'rclpy', 'rosbags', 'rosidl_runtime_py', 'launch', 'launch_ros'}
FORBIDDEN_PARTS = ('seg_node.ros', 'seg_node.tools')
MAX_LINES = 300
HEADER = Path(__file__).read_text(encoding='utf-8').splitlines()[:13]
MADE_BY_TOOLS = ('build', 'install', 'log', 'out')


def relative(path):
    return path.relative_to(ROOT).as_posix()


def own_files():
    for path in sorted(ROOT.rglob('*.py')):
        top = path.relative_to(ROOT).parts[0]
        if not top.startswith('.') and top not in MADE_BY_TOOLS:
            yield path


def ros_free_modules():
    for part in ROS_FREE:
        for path in sorted(ROOT.glob(f'seg_node/{part}/**/*.py')):
            yield path, '.'.join(path.relative_to(ROOT).with_suffix('').parts)


def imported_modules(path, module):
    """Return the full names of all modules a file imports, relative imports resolved."""
    package = module.split('.')[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            start = '.'.join([*base, *([node.module] if node.module else [])])
            yield start
            yield from (f'{start}.{name.name}' for name in node.names)


def is_forbidden(name):
    top = name.partition('.')[0]
    return (top in FORBIDDEN or top.endswith('_msgs') or top.endswith('_srvs')
            or any(f'{name}.'.startswith(f'{part}.') for part in FORBIDDEN_PARTS))


@pytest.mark.parametrize('path, module', ros_free_modules(), ids=lambda value: str(value)[-40:])
def test_ros_free_module_imports_no_ros(path, module):
    assert [name for name in imported_modules(path, module) if is_forbidden(name)] == []


def test_ros_free_modules_load_without_ros():
    modules = [module.removesuffix('.__init__') for _, module in ros_free_modules()]
    code = (f'import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n'
            'print(*sys.modules, sep="\\n")')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()
    assert set(modules) <= set(loaded)
    assert [name for name in loaded if is_forbidden(name)] == []


@pytest.mark.parametrize('name', [
    'rclpy', 'rclpy.node', 'sensor_msgs.msg.Image', 'std_srvs.srv', 'launch', 'seg_node.ros',
    'seg_node.tools.player'])
def test_the_rule_knows_ros(name):
    assert is_forbidden(name)


@pytest.mark.parametrize('name', ['numpy', 'seg_node.perception.models.model', 'seg_node.rosy'])
def test_the_rule_lets_the_rest_pass(name):
    assert not is_forbidden(name)


def test_every_file_has_the_licence_header():
    assert HEADER[0].startswith('# Copyright')
    assert 'Apache License, Version 2.0' in HEADER[2]
    texts = {relative(path): path.read_text(encoding='utf-8') for path in own_files()}
    assert [name for name, text in texts.items()
            if text and text.splitlines()[:13] != HEADER] == []


def test_modules_stay_readable():
    lengths = {relative(path): len(path.read_text(encoding='utf-8').splitlines())
               for path in ROOT.glob('seg_node/**/*.py')}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}
