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

"""Launch files: their arguments, and what they start."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

from helpers.places import ROOT

pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')

from launch import LaunchContext
from launch.utilities import perform_substitutions

SEG_NODE = {'namespace', 'params_file', 'geometry', 'image_topic', 'model', 'backend',
            'use_sim_time', 'rviz', 'namespaced_tf'}
ARGUMENTS = {
    'seg': {'autostart', 'namespace', 'name', 'params_file', 'image_topic', 'depth_topic',
            'cmd_vel_topic', 'geometry', 'transport', 'model', 'backend', 'use_sim_time',
            'log_level', 'respawn', 'rviz', 'namespaced_tf'},
    'replay': {'input', 'topic', 'rate', 'fps', 'loop', 'namespace', 'params_file',
               'camera_info', 'geometry', 'model', 'backend', 'rviz'},
    'gate': SEG_NODE | {'cmd_vel_in', 'cmd_vel_out', 'gate_params_file', 'name',
                        'respawn'},
    'twist_mux': SEG_NODE | {'cmd_vel_out', 'twist_mux_file'},
}


def load(name):
    path = ROOT / 'launch' / f'{name}.launch.py'
    spec = importlib.util.spec_from_file_location(f'{name}_launch', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def context(monkeypatch):
    for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'):
        monkeypatch.delenv(name, raising=False)
    return LaunchContext()


@pytest.mark.parametrize('name', ARGUMENTS)
def test_arguments_are_declared_and_described(name):
    declared = {item.name: item for item in load(name).ARGUMENTS}
    assert set(declared) == ARGUMENTS[name]
    assert all(item.description for item in declared.values())
    assert len(load(name).generate_launch_description().entities) > len(declared)


@pytest.mark.parametrize('topic, image, camera_info', [
    ('camera/image_raw', 'camera/image_raw', 'camera/camera_info'),
    ('/front/image_rect', '/front/image_rect', '/front/camera_info'),
    ('front/image_raw/compressed', 'front/image_raw', 'front/camera_info'),
    ('image', 'image', 'camera_info'),
    ('/image', '/image', '/camera_info'),
])
def test_image_topic_takes_its_neighbours_along(topic, image, camera_info):
    assert dict(load('seg').camera_remappings(topic)) == {
        'camera/image_raw': image,
        'camera/image_raw/compressed': f'{image}/compressed',
        'camera/camera_info': camera_info,
    }


@pytest.mark.parametrize('chosen, tf', [
    ('false', {}), ('true', {'/tf': 'tf', '/tf_static': 'tf_static'})])
def test_tf_may_be_in_the_namespace(chosen, tf):
    module = load('seg')
    context = context_of(module, namespaced_tf=chosen, namespace='robot')
    node, _ = module.start_node(context)
    told = remappings_of(node, context)
    assert {name: told[name] for name in ('/tf', '/tf_static') if name in told} == tf


@pytest.mark.parametrize('distribution, variable', [
    ('humble', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
    ('kilted', 'FASTDDS_DEFAULT_PROFILES_FILE'),
])
def test_fastdds_profile_is_set(context, monkeypatch, distribution, variable):
    monkeypatch.setenv('ROS_DISTRO', distribution)
    (action,) = load('seg').use_fastdds_profile(context)
    action.visit(context)
    assert Path(context.environment[variable]) == ROOT / 'config' / 'fastdds.xml'


def test_fastdds_profile_of_the_user_stays(context, monkeypatch):
    monkeypatch.setenv('FASTRTPS_DEFAULT_PROFILES_FILE', 'mine.xml')
    assert load('seg').use_fastdds_profile(context) == []


def test_missing_params_file_is_refused(context):
    context.launch_configurations['params_file'] = '/nowhere/seg.yaml'
    with pytest.raises(FileNotFoundError, match='params_file: /nowhere/seg.yaml'):
        load('seg').start_node(context)


# --- those who listen to ~/stop ----------------------------------------------------------------

def context_of(module, **chosen):
    """Return a context with the arguments as declared or chosen."""
    context = LaunchContext()
    for argument in module.ARGUMENTS:
        default = perform_substitutions(context, argument.default_value)
        context.launch_configurations[argument.name] = chosen.get(argument.name, default)
    return context


def remappings_of(node, context):
    return {perform_substitutions(context, old): perform_substitutions(context, new)
            for old, new in node._Node__remappings}


def parameters_of(node, context):
    """Return the parameters given in the launch file itself."""
    given = {}
    for item in node._Node__parameters:
        if isinstance(item, dict):
            given.update({perform_substitutions(context, name): value
                          for name, value in item.items()})
    # A text comes as the YAML of its substitutions.
    return {name: yaml.safe_load(perform_substitutions(context, value))
            if isinstance(value, tuple) else value for name, value in given.items()}


@pytest.mark.parametrize('name', ['gate', 'twist_mux'])
def test_what_is_passed_on_is_an_argument_of_both(name):
    module = load(name)
    theirs = {item.name for item in load('seg').ARGUMENTS}
    assert set(module.PASSED_ON) <= theirs & {item.name for item in module.ARGUMENTS}


def test_the_gate_listens_to_the_seg_node_of_that_name():
    module = load('gate')
    context = context_of(module, name='eyes', cmd_vel_in='/nav/cmd_vel')
    (gate,) = module.start_gate(context)
    assert remappings_of(gate, context) == {
        'stop': 'eyes/stop', 'speed_limit': 'eyes/speed_limit',
        'cmd_vel_in': '/nav/cmd_vel', 'cmd_vel_out': 'cmd_vel'}
    assert parameters_of(gate, context) == {}
    context.launch_configurations['use_sim_time'] = 'true'
    (gate,) = module.start_gate(context)
    assert parameters_of(gate, context) == {'use_sim_time': True}


def test_twist_mux_never_runs_on_simulated_time():
    module = load('twist_mux')
    context = context_of(module, use_sim_time='true')
    (mux,) = module.start_twist_mux(context)
    assert parameters_of(mux, context) == {'use_sim_time': False}
    assert remappings_of(mux, context) == {'cmd_vel_out': 'cmd_vel'}


@pytest.mark.parametrize('name, function, argument', [
    ('gate', 'start_gate', 'gate_params_file'),
    ('twist_mux', 'start_twist_mux', 'twist_mux_file')])
def test_missing_file_is_refused(name, function, argument):
    module = load(name)
    context = context_of(module, **{argument: '/nowhere/file.yaml'})
    with pytest.raises(FileNotFoundError, match=f'{argument}: /nowhere/file.yaml'):
        getattr(module, function)(context)


# --- the parameter file ------------------------------------------------------------------------

def started(folder, in_file, **chosen):
    """Return the parameters that seg.launch.py gives beside a file with these."""
    path = folder / 'params.yaml'
    path.write_text(f'/**:\n  ros__parameters: {{threads: 1, {in_file}}}\n')
    module = load('seg')
    context = context_of(module, params_file=str(path), **chosen)
    node, _ = module.start_node(context)
    return parameters_of(node, context)


@pytest.mark.parametrize('in_file, chosen, given', [
    ('', {}, {'autostart': True}),
    ('autostart: false, use_sim_time: true, geometry: ground', {}, {'autostart': False}),
    ('autostart: false', {'autostart': 'true'}, {'autostart': True}),
    ('use_sim_time: true, geometry: ground', {'use_sim_time': 'False', 'geometry': 'trapezoid'},
     {'autostart': True, 'use_sim_time': False, 'geometry': 'trapezoid'}),
])
def test_only_what_was_asked_for_wins_over_the_file(tmp_path, in_file, chosen, given):
    assert started(tmp_path, in_file, **chosen) == given


def test_a_file_for_another_node_is_refused_before_anything_starts(tmp_path):
    with pytest.raises(ValueError, match='is not for /robot/seg_node'):
        path = tmp_path / 'params.yaml'
        path.write_text('/seg_node:\n  ros__parameters: {threads: 1}\n')
        module = load('seg')
        module.start_node(context_of(module, params_file=str(path), namespace='/robot'))


@pytest.mark.parametrize('chosen, geometry', [
    ({}, 'trapezoid'), ({'geometry': 'ground'}, 'ground'), ({'params_file': 'f'}, ''),
    ({'params_file': 'f', 'geometry': 'ground'}, 'ground')])
def test_a_replay_takes_the_geometry_of_the_file(chosen, geometry):
    module = load('replay')
    (include,) = module.start_node(context_of(module, **chosen))
    assert dict(include.launch_arguments)['geometry'] == geometry


def test_a_replay_plays_for_the_cameras_of_the_file_with_a_calibration(tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('/**:\n  ros__parameters: {cameras: [front, rear]}\n')
    module = load('replay')
    assert module.cameras_in(str(path), 'robot') == ('front', 'rear')
    assert module.cameras_in('', '') == ('camera',)
