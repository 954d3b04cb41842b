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

"""
The house of docs/architecture.md: who may import whom.

Rooms import downwards only, nothing goes in circles, and ROS stays above.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
import subprocess
import sys

import pytest

from helpers.places import ROOT

ROOMS = ('tools', 'ros', 'recordings', 'drawing', 'scoring', 'parameters', 'free_space',
         'calibration', 'stop_go', 'perception', 'simulation')
"""Of seg_node, from the top down. Its modules outside of them (errors, ...) lie at the bottom."""
WITH_ROS = ('tools', 'ros')
ROS = {'rclpy', 'rosidl_runtime_py', 'launch', 'launch_ros', 'cv_bridge', 'tf2_msgs'}
TOPS = ('seg_node', 'benchmarks', 'training')
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


def module_name(path):
    return '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__')


MODULES = {module_name(path): path for top in TOPS for path in sorted(ROOT.glob(f'{top}/**/*.py'))}


def imported_names(path, module):
    """Return the full names of all that a file imports, relative imports resolved."""
    package = module.split('.') if path.name == '__init__.py' else module.split('.')[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            start = '.'.join([*base, *([node.module] if node.module else [])])
            yield from (f'{start}.{name.name}' for name in node.names)


def own_module(name):
    """Return the module of this project that a name is, or is in; None for others."""
    while name and name not in MODULES:
        name = name.rpartition('.')[0]
    return name or None


def import_graph():
    return {module: {found for name in imported_names(path, module)
                     if (found := own_module(name)) and found != module}
            for module, path in MODULES.items()}


def room_of(module):
    """Return the room of a module of seg_node; None for what lies outside of all rooms."""
    parts = module.split('.')
    return parts[1] if len(parts) > 1 and parts[0] == 'seg_node' and parts[1] in ROOMS else None


def goes_up(importer, imported):
    """Tell whether an import goes to a higher room, or out of the package."""
    if not importer.startswith('seg_node'):
        return False
    if not imported.startswith('seg_node'):
        return True
    here, there = room_of(importer), room_of(imported)
    if there is None:
        return False
    # The package itself opens perception lazily; what else is outside of the rooms is below all.
    if here is None:
        return importer != 'seg_node'
    return ROOMS.index(there) < ROOMS.index(here)


def is_ros(name):
    top = name.partition('.')[0]
    return top in ROS or top.endswith(('_msgs', '_srvs'))


def ros_free_modules():
    return [module for module in MODULES
            if module.startswith('seg_node') and room_of(module) not in WITH_ROS]


def test_a_name_of_a_class_means_one_thing():
    homes = {}
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding='utf-8')).body:
            if isinstance(node, ast.ClassDef) and module.startswith('seg_node') \
                    and not node.name.startswith('_'):
                homes.setdefault(node.name, []).append(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_no_imports_go_in_circles():
    try:
        TopologicalSorter(import_graph()).prepare()
    except CycleError as error:
        pytest.fail(' <- '.join(error.args[1]))


def test_imports_go_downwards():
    assert [(importer, imported) for importer, found in import_graph().items()
            for imported in sorted(found) if goes_up(importer, imported)] == []


def test_rooms_are_all_there_are():
    folders = {path.name for path in (ROOT / 'seg_node').iterdir()
               if path.is_dir() and not path.name.startswith('__')}
    assert folders <= set(ROOMS)


def test_ros_stays_above():
    assert [(module, name) for module in ros_free_modules()
            for name in imported_names(MODULES[module], module) if is_ros(name)] == []


def test_ros_free_modules_load_without_ros():
    modules = ros_free_modules()
    code = (f'import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n'
            'print(*sys.modules, sep="\\n")')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()
    assert set(modules) <= set(loaded)
    assert [name for name in loaded if is_ros(name)] == []


@pytest.mark.parametrize(('importer', 'imported', 'wrong'), [
    ('seg_node.stop_go.timing', 'seg_node.ros.clocks', True),
    ('seg_node.perception.labels', 'seg_node.stop_go.actions', True),
    ('seg_node.tools.demo.drive', 'benchmarks.latency.usage', True),
    ('seg_node.errors', 'seg_node.simulation', True),
    ('seg_node.ros.messages', 'seg_node.stop_go.verdict', False),
    ('seg_node.stop_go.timing', 'seg_node.stop_go.verdict', False),
    ('seg_node.recordings.sources', 'seg_node.errors', False),
    ('benchmarks.faults.testbed', 'seg_node.tools.common', False)])
def test_the_rule_knows_up_from_down(importer, imported, wrong):
    assert goes_up(importer, imported) is wrong


@pytest.mark.parametrize('name', [
    'rclpy', 'rclpy.node', 'sensor_msgs.msg.Image', 'std_srvs.srv', 'launch'])
def test_the_rule_knows_ros(name):
    assert is_ros(name)


@pytest.mark.parametrize('name', ['numpy', 'seg_node.perception.models.model', 'rosbags.rosbag2'])
def test_the_rule_lets_the_rest_pass(name):
    assert not is_ros(name)


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
