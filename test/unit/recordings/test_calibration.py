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

"""Calibration files, as camera_calibration writes them, are what camera_info would be."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from seg_node.errors import UserError
from seg_node.recordings.calibration import Calibration, read_calibration
from seg_node.recordings.decoding import decode_frames
from seg_node.recordings.opening import open_frames
from seg_node.stop_go.camera_view import to_intrinsics

TEXT = """\
image_width: 640
image_height: 480
camera_name: cam
camera_matrix:
  rows: 3
  cols: 3
  data: [525.0, 0, 320.5, 0, 526.0, 240.5, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.3, 0.1, 0.001, -0.002, 0.0]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
projection_matrix:
  rows: 3
  cols: 4
  data: [500.0, 0, 321, 0, 0, 501.0, 241, 0, 0, 0, 1, 0]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / 'camera.yaml'
    path.write_text(text)
    return path


def test_a_file_says_what_camera_info_would(tmp_path):
    found = read_calibration(write(tmp_path, TEXT))
    assert (found.width, found.height, found.distortion_model) == (640, 480, 'plumb_bob')
    raw, rectified = to_intrinsics(found, False), to_intrinsics(found, True)
    assert (raw.fx, raw.fy, raw.cx, raw.cy) == (525.0, 526.0, 320.5, 240.5)
    assert (rectified.fx, rectified.fy, rectified.cx) == (500.0, 501.0, 321.0)
    assert found.d == (-0.3, 0.1, 0.001, -0.002, 0.0)


def test_what_drivers_call_otherwise_is_taken_as_in_camera_info(tmp_path):
    text = TEXT.replace('plumb_bob', 'fisheye').replace('-0.002, 0.0', '-0.002, 0')
    assert to_intrinsics(read_calibration(write(tmp_path, text)), False).lens.model \
        == 'equidistant'


@pytest.mark.parametrize(('change', 'words'), [
    (('image_width: 640\n', ''), ['image_width', 'camera_calibration writes']),
    (('640', '-1'), ['image_width']),
    (('525.0, 0,', '0,'), ['camera_matrix', '9 numbers']),
    (('525.0', '.nan'), ['camera_matrix']),
    (('525.0', '-1.0'), ['fx', '-1']),
    (('plumb_bob', 'mei'), ['mei']),
    (('data: [-0.3', 'date: [-0.3'), ['distortion_coefficients']),
    (('camera_name: cam', 'camera_name: [cam'), ['is no YAML: line']),
    ((TEXT, '[1, 2]'), ['is no calibration']),
    ((TEXT, ''), ['is no calibration']),
])
def test_what_cannot_be_used_is_told_in_a_line_with_the_remedy(tmp_path, change, words):
    path = write(tmp_path, TEXT.replace(*change))
    with pytest.raises(UserError) as raised:
        read_calibration(path)
    assert all(word in str(raised.value) for word in [f'--camera-info {path}: ', *words])
    assert '\n' not in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r'cannot be read \(No such file'):
        read_calibration(tmp_path / 'missing.yaml')


def test_images_come_with_the_calibration(tmp_path):
    cv2.imwrite(str(tmp_path / '0.png'), np.full((48, 64, 3), 99, np.uint8))
    camera = Calibration.pinhole(64, 48, 50.0, 31.5, 23.5)
    with open_frames(tmp_path, camera=camera) as source:
        assert [frame.info for frame in decode_frames(source)] == [camera]
    with open_frames(tmp_path) as source:
        assert [frame.info for frame in decode_frames(source)] == [None]


def test_a_calibration_of_another_size_or_for_what_has_its_own_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / '0.png'), np.zeros((40, 64, 3), np.uint8))
    camera = Calibration.pinhole(64, 48, 50.0, 31.5, 23.5)
    with pytest.raises(UserError, match='is for images of 64x48, .* has 64x40'):
        open_frames(tmp_path, camera=camera)
    with pytest.raises(UserError, match='the rendered drive has its own'):
        open_frames(None, camera=camera)
    bag = tmp_path / 'some.mcap'
    bag.touch()
    with pytest.raises(UserError, match='some.mcap has its own'):
        open_frames(bag, camera=camera)
