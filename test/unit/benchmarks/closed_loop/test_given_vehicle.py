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

"""The closed loop drives the vehicle of a parameter file, read as the node reads it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.closed_loop.given_vehicle import read_vehicle
from benchmarks.closed_loop.limits import StatedLimits
from seg_node.errors import UserError

SIZE = (512, 288)
ROBOT = """
/robot/seg_node:
  ros__parameters:
    cameras: [front]
    mounting: {front: {height: 1.2, pitch: 0.15, forward: 0.4}}
    vehicle: {width: 0.7, max_speed: 1.5, deceleration: 1.5}
    ground: {pitch_error: 0.005}
"""
CAMERA = """
image_width: 640
image_height: 360
distortion_model: plumb_bob
camera_matrix: {rows: 3, cols: 3, data: [400, 0, 320, 0, 400, 180, 0, 0, 1]}
"""


def read(folder, text=ROBOT, camera_info=None):
    path = folder / 'params.yaml'
    path.write_text(text)
    return read_vehicle(path, 'seg_node', camera_info)


def test_geometry_mounting_and_vehicle_are_those_of_the_file(tmp_path):
    (tmp_path / 'camera.yaml').write_text(CAMERA)
    setup = read(tmp_path, camera_info=tmp_path / 'camera.yaml').draw(
        np.random.default_rng(0), SIZE, StatedLimits())
    assert (setup.mounting.height, setup.mounting.pitch, setup.mounting.forward) == (
        1.2, 0.15, 0.4)
    assert (setup.vehicle.width, setup.vehicle.max_speed, setup.vehicle.deceleration) == (
        0.7, 1.5, 1.5)
    assert setup.pitch_error == 0.005
    assert setup.camera.focal_px == pytest.approx(400 * 512 / 640)


def test_without_a_calibration_60_degrees_are_assumed(tmp_path):
    assert math.degrees(read(tmp_path).fov) == pytest.approx(60.0)


@pytest.mark.parametrize(('change', 'words'), [
    (('deceleration', 'decelleration'), 'did you mean vehicle.deceleration'),
    (('height: 1.2, ', ''), 'mounting.front.height: not set'),
    (('width: 0.7, ', ''), 'vehicle.width: not set'),
    (('pitch: 0.15', 'yaw: 0.1'), 'mounting.front.yaw: 0.1'),
    (('[front]', '[front, rear]'), 'mounting.rear.height: not set'),
    (('cameras: [front]', 'cameras: [front]\n    geometry: trapezoid'), 'needs geometry: ground'),
])
def test_what_cannot_be_driven_is_told(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        read(tmp_path, ROBOT.replace(*change))


def test_a_speed_that_the_camera_does_not_allow_is_told(tmp_path):
    vehicle = read(tmp_path, ROBOT.replace('max_speed: 1.5', 'max_speed: 15.0'))
    with pytest.raises(UserError, match='at 15 m/s it needs .* Lower vehicle.max_speed'):
        vehicle.draw(np.random.default_rng(0), SIZE, StatedLimits())
