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
"""Launch files and configurations of those who listen to ~/stop."""

from __future__ import annotations

import importlib.util

import pytest

from helpers.places import ROOT

pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')

from launch import LaunchContext
from launch.utilities import perform_substitutions

SEG_NODE = {'namespace', 'params_file', 'geometry', 'image_topic', 'model', 'backend',
            'use_sim_time', 'rviz'}
ARGUMENTS = {
    'gate': SEG_NODE | {'cmd_vel_in', 'cmd_vel_out', 'stamped', 'gate_params_file', 'name',
                        'respawn'},
    'twist_mux': SEG_NODE | {'cmd_vel_out', 'twist_mux_file'},
}


def load(name):
    path = ROOT / 'launch' / f'{name}.launch.py'
    spec = importlib.util.spec_from_file_location(f'{name}_launch', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
    return given


@pytest.mark.parametrize('name', ARGUMENTS)
def test_arguments_are_declared_and_described(name):
    declared = {item.name: item for item in load(name).ARGUMENTS}
    assert set(declared) == ARGUMENTS[name]
    assert all(item.description for item in declared.values())


@pytest.mark.parametrize('name', ARGUMENTS)
def test_what_is_passed_on_is_an_argument_of_both(name):
    module = load(name)
    theirs = {item.name for item in load('seg').ARGUMENTS}
    assert set(module.PASSED_ON) <= theirs & {item.name for item in module.ARGUMENTS}


def test_the_gate_listens_to_the_seg_node_of_that_name():
    module = load('gate')
    context = context_of(module, name='eyes', cmd_vel_in='/nav/cmd_vel', stamped='True')
    (gate,) = module.start_gate(context)
    assert remappings_of(gate, context) == {
        'stop': 'eyes/stop', 'speed_limit': 'eyes/speed_limit',
        'cmd_vel_in': '/nav/cmd_vel', 'cmd_vel_out': 'cmd_vel'}
    assert parameters_of(gate, context) == {'use_sim_time': False, 'stamped': True}


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
