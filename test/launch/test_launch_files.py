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
from pathlib import Path

import pytest

from helpers.places import ROOT

pytest.importorskip('launch_ros', reason='launch_ros is missing: source a ROS 2 distribution')

from launch import LaunchContext

ARGUMENTS = {
    'seg': {'autostart', 'namespace', 'name', 'params_file', 'image_topic', 'cmd_vel_topic',
            'geometry', 'transport', 'model', 'backend', 'use_sim_time', 'log_level', 'respawn',
            'rviz'},
    'replay': {'input', 'topic', 'rate', 'fps', 'loop', 'namespace', 'params_file',
               'geometry', 'model', 'backend', 'rviz'},
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
