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

"""The node's parameter files, read without ROS, as strictly as the node reads them."""

from __future__ import annotations

from pathlib import Path
import time

import pytest

from helpers.places import ROOT
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import configure, read_params_file
from seg_node.stop_go.geometry import Mounting
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.roles import Direction, Role

CONFIG = ROOT / 'config' / 'seg_node.yaml'


def test_the_shipped_file_holds_the_defaults():
    # The one that is a comment there: the launch files decide where a file does not.
    shipped = {**read_params_file(CONFIG), 'autostart': False}
    configuration = configure(shipped)
    assert configuration.values == shipped == configure({}).values
    assert configuration.limits == Limits(mountings={'camera': Mounting()})
    assert configuration.structure.geometry is Geometry.GROUND


def write(folder: Path, text: str) -> Path:
    path = folder / 'params.yaml'
    path.write_text(text)
    return path


def test_blocks_of_any_node_and_of_this_one_count_in_their_order(tmp_path):
    path = write(tmp_path, '/**:\n  ros__parameters: {threads: 1, stop_go: {go_after: 3}}\n'
                 '/robot/seg_node:\n  ros__parameters: {stop_go.go_after: 4}\n'
                 'other:\n  ros__parameters: {threads: 9}\n')
    assert read_params_file(path) == {'threads': 1, 'stop_go.go_after': 4}
    assert read_params_file(path, 'other') == {
        'threads': 9, 'stop_go.go_after': 3}


def test_every_camera_has_its_mounting_and_role():
    configuration = configure({
        'cameras': ['front', 'left/rear'], 'mounting.left.rear.height': 1.5,
        'role.left.rear.direction': 'reverse', 'use_sim_time': True})
    assert configuration.limits.mountings['left/rear'].height == 1.5
    assert configuration.structure.roles['left/rear'] == Role(Direction.REVERSE)


@pytest.mark.parametrize(('given', 'words'), [
    ({'stop_go.min_rat': 1.0}, ['stop_go.min_rat', 'stop_go.min_rate']),
    ({'banana': 1}, ['banana', 'config/seg_node.yaml']),
    ({'stop_go.min_rate': 1}, ['stop_go.min_rate', '1.0']),
    ({'stop_go.go_after': 1.0}, ['stop_go.go_after', 'whole']),
    ({'stop_go.min_rate': -1.0}, ['stop_go.min_rate', '-1', '0 to 200']),
    ({'stop_go.latch_faults': 1}, ['stop_go.latch_faults', 'true or false']),
    ({'threads': 65}, ['threads', '65', '1 to 64']),
    ({'threads': True}, ['threads', 'True']),
    ({'geometry': 'flat'}, ['geometry', 'flat', 'trapezoid']),
    ({'cameras': []}, ['cameras', 'empty']),
    ({'cameras': [1]}, ['cameras', 'texts']),
    ({'mounting.rear.height': 1.0}, ['mounting.rear.height']),
    ({'rotation.camera': 45}, ['rotation.camera', '45', '0, 90, 180, 270']),
    ({'rotation.camera': 360}, ['rotation.camera', '360']),
    ({'rotation.camera': 90.0}, ['rotation.camera', 'whole number']),
    ({'class_actions': ['path=fly']}, ['class_actions', 'fly', 'go, slow, stop']),
    ({'trapezoid.far_row': 0.99}, ['trapezoid.far_row', 'near_row']),
])
def test_values_that_cannot_be_used_are_told_with_the_remedy(given, words):
    with pytest.raises(ParameterError) as raised:
        configure(given)
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize(('text', 'words'), [
    ('threads: 2', ['line 1: threads', '/**:']),
    ('other:\n  ros__parameters: {threads: 2}', ['nothing for /seg_node', '/other', '/**']),
    ('/**:\n  threads: 2', ['/**', 'ros__parameters']),
    ('[1, 2]', ['parameter file']),
    ('a: [', ['YAML']),
])
def test_files_that_cannot_be_used_are_told_with_the_remedy(tmp_path, text, words):
    path = write(tmp_path, text)
    with pytest.raises(ParameterError) as raised:
        read_params_file(path)
    assert all(word in str(raised.value) for word in [str(path), *words])


def test_all_misspelt_names_are_told_at_once_with_what_was_meant(tmp_path):
    path = write(tmp_path, """
/**:
  ros__parameters:
    mounting:
      camera: {height: 1.20, pich: 0.05}
    vehicle: {width: 0.60, max_speed: 1.5, decelleration: 0.3}
""")
    with pytest.raises(ParameterError) as raised:
        configure(read_params_file(path))
    assert str(raised.value) == (
        'there is no parameter mounting.camera.pich, vehicle.decelleration; '
        'did you mean mounting.camera.pitch, vehicle.deceleration?')


def test_thousands_of_long_unknown_names_make_a_short_line_quickly():
    begun = time.process_time()
    with pytest.raises(ParameterError) as raised:
        configure({f'{"x" * 500}{number}': 1 for number in range(5000)})
    assert time.process_time() - begun < 2.0
    assert 'and 4995 more' in str(raised.value)
    assert len(str(raised.value)) < 600


def test_a_name_that_a_terminal_would_obey_is_told_harmlessly():
    with pytest.raises(ParameterError) as raised:
        configure({'\x1b[2J\nvehicle.width': 1.0})
    assert str(raised.value).isprintable()


TWO_ROBOTS = ('/**:\n  ros__parameters: {threads: 1}\n'
              '/a/seg_node:\n  ros__parameters: {threads: 2}\n'
              '/b/seg_node:\n  ros__parameters: {threads: 3}\n')


@pytest.mark.parametrize(('text', 'node', 'threads'), [
    (f'{key}:\n  ros__parameters: {{threads: 3}}', 'seg_node', 3)
    for key in ('/**', '/seg_node', 'seg_node', '/robot/seg_node', 'robot/seg_node',
                '/*/seg_node', '/**/seg_node', '/*', "'**'", 'robot:\n seg_node')] + [
    (TWO_ROBOTS, '/a/seg_node', 2), (TWO_ROBOTS, '/b/seg_node', 3),
    ('/**:\n  ros__parameters: {threads: 3}\nseg_node2:\n  ros__parameters: {threads: 4}',
     'seg_node2', 4),
])
def test_every_form_of_the_name_is_taken(tmp_path, text, node, threads):
    assert read_params_file(write(tmp_path, text), node) == {'threads': threads}


@pytest.mark.parametrize(('node', 'words'), [
    ('seg_node', ['/a/seg_node, /b/seg_node', 'choose one by its full name']),
    ('/c/seg_node', ['seg_node is not for /c/seg_node', 'Name the block /c/seg_node']),
    ('/seg_nodes', ['did you mean seg_nodes']),
])
def test_a_block_that_may_have_been_meant_is_told(tmp_path, node, words):
    with pytest.raises(ParameterError) as raised:
        read_params_file(write(tmp_path, TWO_ROBOTS), node)
    assert all(word in str(raised.value) for word in words)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ParameterError, match='missing.yaml'):
        read_params_file(tmp_path / 'missing.yaml')
