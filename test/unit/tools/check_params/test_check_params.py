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

"""check_params: all that is wrong or doubtful, at once."""

from __future__ import annotations

import cv2
import pytest

from helpers.places import ROOT
from seg_node.parameters.problems import find_problems
from seg_node.simulation import demo_drive
from seg_node.tools.check_params.__main__ import main

RIGHT = """/**:
  ros__parameters:
    vehicle: {width: 0.6, max_speed: 1.0}
    mounting:
      camera: {height: 1.2, pitch: 0.052}
"""
WRONG = """/**:
  ros__parameters:
    vehicle: {width: 1, max_sped: 3.0, decceleration: 3.0, deceleration: 300.0}
    output: {width: 640}
    mounting:
      camera: {pitch: 1.2}
      front: {height: 1.0}
    class_actions: [sidewlk=go]
    role: {camera: {duty: optional}}
    model: nowhere
"""


@pytest.fixture
def check(tmp_path, capsys):
    """Return what checks a text, and gives exit code and what was printed."""
    def run(text, *options):
        path = tmp_path / 'my_robot.yaml'
        path.write_text(text)
        code = main([str(path), *options])
        told = capsys.readouterr()
        return code, told.out + told.err
    return run


@pytest.fixture(scope='module')
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp('picture') / 'road.png'
    cv2.imwrite(str(path), demo_drive().frame(1.0).bgr)
    return str(path)


def test_a_file_that_is_right(check):
    code, told = check(RIGHT)
    assert code == 0 and 'nothing is wrong or doubtful; give --image' in told


def test_everything_that_is_wrong_is_told_at_once(check):
    code, told = check(WRONG)
    assert code == 1
    for words in (
            'vehicle.deceleration, vehicle.max_speed?', 'no parameter mounting.front.height',
            'vehicle.width: 1 is not a number; write 1.0', '300.0 is not from 0.05 to 20',
            'output.width: 640, output.height: 0; give both',
            "role.camera.duty: 'optional' is none of", 'mounting.camera.height: not set',
            "model 'nowhere'", 'vehicle.width and vehicle.max_speed: not set'):
        assert words in told, words
    assert 'doubtful: mounting.camera.pitch: 1.2 rad is 69 degrees' in told


def test_each_value_is_refused_once():
    problems, configuration = find_problems({
        'vehicle.width': 1, 'jpeg_quality': 0, 'ground.max_range': 0.0, 'nonsense': 1,
        'mounting.camera.height': 1.0})
    assert len(problems) == 4
    assert configuration.limits.mountings['camera'].height == 1.0


def test_cameras_that_cannot_be_leave_no_loop():
    problems, configuration = find_problems({'cameras': ['a b'], 'mounting.camera.height': 1.0})
    assert problems == ("cameras: 'a b' cannot begin a topic name; use letters, digits and _",)
    assert configuration.structure.cameras == ('camera',)


@pytest.mark.parametrize(('old', 'new', 'words'), [
    ('max_speed: 1.0', 'max_speed: 12.0', 'there is GO only up to 8.4 m/s'),
    ('height: 1.2', 'height: 12.0', 'height: 12 m is rare'),
    ('pitch: 0.052', 'roll: 0.5', 'roll: 0.5 rad is 29 degrees'),
    ('pitch: 0.052', 'yaw: 3.1416', 'yaw: 3.1416 rad is 180 degrees'),
    ('width: 0.6', 'width: 9.0', 'width: 9 m is rare')])
def test_doubts_of_numbers_are_no_error(check, old, new, words):
    code, told = check(RIGHT.replace(old, new))
    assert code == 0 and words in told


def test_a_camera_that_looks_back_for_reverse_is_no_doubt(check):
    code, told = check(RIGHT.replace('pitch: 0.052', 'yaw: 3.1416')
                       + '    role: {camera: {direction: reverse}}\n')
    assert (code, 'doubtful' in told.partition('nothing')[0]) == (0, False)


def test_a_picture_shows_where_the_corridor_lies(check, picture, tmp_path):
    code, told = check(RIGHT, '--image', picture, '--fov', '72', '--out',
                       str(tmp_path / 'drawn.jpg'))
    assert code == 0 and 'doubtful:' not in told
    assert cv2.imread(str(tmp_path / 'drawn.jpg')).shape == (360, 640, 3)


@pytest.mark.parametrize(('old', 'new', 'words'), [
    ('pitch: 0.052', 'pitch: -0.1', 'above the horizon of the mounting'),
    ('max_speed: 1.0', 'max_speed: 8.0', 'of vehicle.max_speed 8'),
    ('pitch: 0.052', 'pitch: -0.6', 'is not in view')])
def test_a_picture_tells_of_a_mounting_that_cannot_be(check, picture, old, new, words):
    code, told = check(RIGHT.replace(old, new), '--image', picture, '--fov', '72')
    assert code == 0 and words in told


def test_a_trapezoid_is_drawn_too(check, picture):
    code, told = check('/**: {ros__parameters: {geometry: trapezoid}}', '--image', picture,
                       '--fov', '72')
    assert code == 0 and 'look at' in told


@pytest.mark.parametrize(('options', 'words'), [
    (('--image', 'nothing.png'), 'nothing.png: no such file or folder'),
    (('--node', 'other'), 'nothing for /other')])
def test_input_that_cannot_be_used(check, options, words):
    text = RIGHT.replace('/**', '/seg_node')
    code, told = check(text, *options)
    assert code == 2 and words in told


def test_the_package_s_own_file_lacks_just_the_robot(capsys):
    assert main([str(ROOT / 'config' / 'seg_node.yaml')]) == 1
    told = capsys.readouterr().out
    assert 'mounting.camera.height: not set' in told and told.count('wrong:') == 2
