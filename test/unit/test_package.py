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
from seg_node.tools.common.command_line import PACKAGES
from seg_node.tools.common.command_line import REQUIREMENTS as REQUIREMENTS_OF

REQUIREMENTS = sorted(ROOT.glob('requirements/*.txt'))
# Imported names whose rosdep key has another name.
ROSDEP_KEYS = {
    'cv2': 'python3-opencv',
    'numpy': 'python3-numpy',
    'onnxruntime': 'python3-onnxruntime-pip',
    'yaml': 'python3-yaml',
}
TYPE_CHECKING_ONLY = {'typing_extensions'}
WORKSTATION_ONLY = {'tools', 'recordings'}  # rooms of seg_node that the node does not enter
MAX_INSTALLED_BYTES = 1_837_000  # the aim is 900 kB: only with the bytes of a feature
BROUGHT_BY_ROSBAGS = {'backports', 'compression', 'lz4'}


@pytest.fixture(scope='module')
def setup_arguments():
    """Return what setup.py hands to setuptools."""
    code = ("import json, setuptools; from distutils.core import run_setup; "
            "d = run_setup('setup.py', stop_after='init'); "
            "print(json.dumps([d.get_version(), d.data_files, d.entry_points, d.packages, "
            "d.extras_require]))")
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = ('version', 'data_files', 'entry_points', 'packages', 'extras')
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


def imported(paths):
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition('.')[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(node.module.partition('.')[0])
    return found - sys.stdlib_module_names - TYPE_CHECKING_ONLY - {'seg_node'}


def test_package_xml_names_just_what_the_node_and_its_launch_files_import():
    sources = [path for path in ROOT.glob('seg_node/**/*.py')
               if path.relative_to(ROOT / 'seg_node').parts[0] not in WORKSTATION_ONLY]
    imports = imported([*sources, *ROOT.glob('launch/*.py')]) - set(REQUIREMENTS_OF)
    declared = {element.text for element in manifest().iter('exec_depend')}
    assert {ROSDEP_KEYS.get(name, name) for name in imports} <= declared
    assert {key for key in declared if key.startswith('python3')} == set(ROSDEP_KEYS.values())
    assert not {key for key in declared if key.startswith('rviz')}


def test_what_tools_import_besides_is_an_extra_with_a_remedy(setup_arguments):
    declared = {element.text for element in manifest().iter('exec_depend')}
    imports = imported(ROOT.glob('seg_node/**/*.py')) - BROUGHT_BY_ROSBAGS
    besides = {name for name in imports if ROSDEP_KEYS.get(name, name) not in declared}
    assert besides <= set(REQUIREMENTS_OF)
    extras = {name.lower() for extra in (
                  'tools', 'view', 'video', 'import_model', 'evaluate', 'rerun')
              for name in setup_arguments['extras'][extra]}
    assert {PACKAGES.get(name, name) for name in besides} <= extras


def test_the_remedies_name_the_file_that_pins_the_library():
    for module, name in REQUIREMENTS_OF.items():
        package = PACKAGES.get(module, module)
        pinned = (ROOT / 'requirements' / f'{name}.txt').read_text().lower()
        assert f'\n{package}==' in pinned, module


def test_neither_benchmarks_nor_training_nor_tests_are_installed(setup_arguments):
    assert {name.partition('.')[0] for name in setup_arguments['packages']} == {'seg_node'}


def test_the_installed_python_does_not_grow():
    """Bytes of Python, the licence headers not counted."""
    texts = [path.read_bytes().splitlines(keepends=True)
             for path in ROOT.glob('seg_node/**/*.py')]
    size = sum(len(b''.join(lines[13:])) for lines in texts)
    assert size < MAX_INSTALLED_BYTES


@pytest.mark.parametrize('path', REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_are_pinned_and_explained(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith('#')]
    assert lines
    pattern = r'[\w.-]+(\[\w+\])?==\S+(; python_version [<>=]+ \S+)?  # .+'
    assert [line for line in lines if not re.fullmatch(pattern, line)] == []


def test_everything_is_pinned_once():
    """But for training, whose environment is one of its own, and the bindings, never installed."""
    pins = [line.partition('  #')[0] for path in REQUIREMENTS
            if path.stem not in ('train', 'tensorrt_bindings')
            for line in path.read_text().splitlines() if not line.startswith('#')]
    keys = [(re.split(r'[\[=]', pin)[0], pin.partition(';')[2]) for pin in pins]
    assert len(set(keys)) == len(keys)


def test_setup_installs_what_each_script_needs():
    """Every file of requirements is a layer of scripts/setup, or of one; training has its own."""
    text = (ROOT / 'scripts' / 'setup').read_text()
    layers = {name for line in re.findall(r'layers=\(([^)]+)\)', text) for name in line.split()}
    assert layers >= {'base', 'ros', 'tools', 'import_model', 'benchmark', 'test', 'extra'}
    assert all(f'install_{layer}()' in text for layer in layers)
    assert {path.stem for path in REQUIREMENTS} == {
        *(layers - {'extra'}), 'node', 'tensorrt', 'tensorrt_bindings', 'baselines', 'evaluate',
        'video', 'rerun', 'train'}
    light = re.search(r'import_model\) layers=\(([^)]+)\)', text)
    assert light and light.group(1).split() == ['base', 'import_model']


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


def test_what_viewers_show_is_what_the_node_publishes():
    """Topics are written in files of others' formats; a renamed one would be an empty picture."""
    sources = ''.join(path.read_text() for path in (ROOT / 'seg_node').glob('ros/**/*.py'))
    rviz = yaml.safe_load((ROOT / 'config' / 'seg.rviz').read_text())['Visualization Manager']
    foxglove = json.loads((ROOT / 'config' / 'foxglove_layout.json').read_text())['configById']
    ground = foxglove['3D!ground']['topics']
    shown = {item['Topic']['Value'] for item in rviz['Displays'] if 'Topic' in item}
    assert set(ground) <= shown
    shown |= set(ground) | {foxglove['Image!overlay']['imageMode']['imageTopic']}
    shown |= {foxglove['Indicator!stop']['path'].partition('.')[0],
              foxglove['RawMessages!state']['topicPath'].partition('.')[0],
              *(path['value'].partition('.')[0] for path in foxglove['Plot!distance']['paths'])}
    for topic in shown:
        # In recordings the numbers of ~/state have topics of their own.
        ending = re.sub(r'^/(seg_node(/state/camera)?|camera/segmentation)/', '', topic)
        ending = ending.removesuffix('/compressed')
        assert re.search(rf"/{ending}['\"]|'{ending}'", sources), topic


def test_the_foxglove_layout_places_each_of_its_panels_once():
    layout = json.loads((ROOT / 'config' / 'foxglove_layout.json').read_text())

    def panels(part):
        return [part] if isinstance(part, str) else [
            *panels(part['first']), *panels(part['second'])]

    assert sorted(panels(layout['layout'])) == sorted(layout['configById'])
