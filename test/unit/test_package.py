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
import importlib.util
import json
from pathlib import Path
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import yaml

from helpers.places import ROOT
import seg_node

REQUIREMENTS = sorted(ROOT.glob('requirements/*.txt'))
# Imported names whose rosdep key has another name.
ROSDEP_KEYS = {
    'cv2': 'python3-opencv',
    'matplotlib': 'python3-matplotlib',
    'numpy': 'python3-numpy',
    'onnxruntime': 'python3-onnxruntime-pip',
    'rosbags': 'python3-rosbags-pip',
    'tqdm': 'python3-tqdm',
    'yaml': 'python3-yaml',
}
TYPE_CHECKING_ONLY = {'typing_extensions'}
# For benchmarks, reports and fleets only, which say what to install: models of faults, baselines,
# pages, tables, clusters; backports is rosbags' own dependency.
WITHOUT_KEY = {'onnx', 'openvino', 'jinja2', 'pyarrow', 'distributed', 'backports',
               'compression', 'lz4'}


@pytest.fixture(scope='module')
def setup_arguments():
    """Return what setup.py hands to setuptools."""
    code = ("import json, setuptools; from distutils.core import run_setup; "
            "d = run_setup('setup.py', stop_after='init'); "
            "print(json.dumps([d.get_version(), d.data_files, d.entry_points, d.packages]))")
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = ('version', 'data_files', 'entry_points', 'packages')
    return dict(zip(names, json.loads(done.stdout.splitlines()[-1]), strict=True))


def manifest():
    return ET.parse(ROOT / 'package.xml').getroot()


def test_one_version_everywhere(setup_arguments):
    heading = re.search(r'^(\d+\.\d+\.\d+) \(', (ROOT / 'CHANGELOG.rst').read_text(), re.MULTILINE)
    assert heading is not None
    assert {
        manifest().findtext('version'), setup_arguments['version'], heading.group(1),
    } == {seg_node.__version__}


def test_launch_files_configuration_and_models_are_installed(setup_arguments):
    installed = {name for _, names in setup_arguments['data_files'] for name in names}
    wanted = {path.relative_to(ROOT).as_posix()
              for pattern in ('launch/*.launch.py', 'config/**/*', 'models/*/*')
              for path in ROOT.glob(pattern) if path.is_file()}
    assert {'package.xml', 'resource/seg_node'} | wanted == installed


def test_every_module_is_in_an_installed_package(setup_arguments):
    folders = {path.parent.relative_to(ROOT).as_posix().replace('/', '.')
               for path in ROOT.glob('seg_node/**/*.py')}
    assert folders == set(setup_arguments['packages'])


def test_console_scripts_have_their_function(setup_arguments):
    for script in setup_arguments['entry_points']['console_scripts']:
        module, _, function = script.partition(' = ')[2].partition(':')
        spec = importlib.util.find_spec(module)
        assert spec is not None, script
        tree = ast.parse(Path(spec.origin).read_text(encoding='utf-8'))
        assert function in {node.name for node in tree.body
                            if isinstance(node, ast.FunctionDef)}, script


def test_package_xml_names_all_that_is_imported():
    imported = set()
    for path in [*ROOT.glob('seg_node/**/*.py'), *ROOT.glob('launch/*.py')]:
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition('.')[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.partition('.')[0])
    imported -= sys.stdlib_module_names | TYPE_CHECKING_ONLY | WITHOUT_KEY | {'seg_node'}
    declared = {element.text for element in manifest().iter('exec_depend')}
    assert {ROSDEP_KEYS.get(name, name) for name in imported} <= declared


@pytest.mark.parametrize('path', REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_are_pinned_and_explained(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith('#')]
    assert lines
    pattern = r'[\w.-]+(\[\w+\])?==\S+(; python_version [<>=]+ \S+)?  # .+'
    assert [line for line in lines if not re.fullmatch(pattern, line)] == []


def test_fastdds_profile_replaces_the_small_default_transports():
    space = '{http://www.eprosima.com}'
    profile = ET.parse(ROOT / 'config' / 'fastdds.xml').getroot()
    defined = {item.findtext(f'{space}transport_id'): item
               for item in profile.iter(f'{space}transport_descriptor')}
    (participant,) = profile.iter(f'{space}participant')
    used = [item.text for item in participant.find(f'.//{space}userTransports')]
    assert participant.get('is_default_profile') == 'true'
    assert participant.findtext(f'.//{space}useBuiltinTransports') == 'false'
    assert set(used) == set(defined)
    full_hd_image = 1920 * 1080 * 3
    (shared_memory,) = [d for d in defined.values() if d.findtext(f'{space}type') == 'SHM']
    assert int(shared_memory.findtext(f'{space}maxMessageSize')) > full_hd_image
    assert int(shared_memory.findtext(f'{space}segment_size')) > 8 * full_hd_image


def test_rviz_shows_the_overlay_as_the_node_publishes_it():
    config = yaml.safe_load((ROOT / 'config' / 'seg.rviz').read_text())
    displays = {item['Name']: item for item in config['Visualization Manager']['Displays']}
    overlay = displays['Overlay']
    assert overlay['Class'] == 'rviz_default_plugins/Image'
    assert overlay['Enabled']
    assert overlay['Topic']['Value'] == '/camera/segmentation/overlay'
    assert overlay['Topic']['Reliability Policy'] == 'Best Effort'
