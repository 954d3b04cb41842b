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

"""Where a camera sits, from a checkerboard on the floor."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from helpers.mounted import MountedCamera
from seg_node.calibration.checkerboard import Board, board_pose, from_board
from seg_node.calibration.estimate import CalibrationError
from seg_node.stop_go import Mounting

MOUNTING = Mounting(0.8, 0.35, roll=0.03, yaw=-0.05)
SQUARES, SIDE = (10, 7), 0.1


@pytest.fixture(scope='module')
def camera():
    return MountedCamera(MOUNTING)


def seen(camera, board, **how):
    bgr = camera.board(SQUARES, SIDE, 1.3, **how)
    return board_pose(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), board, camera.view.intrinsics)


def test_a_board_along_the_vehicle_s_axes_tells_everything(camera):
    board = Board(9, 6, SIDE, squared=True)
    found = from_board([seen(camera, board)], board)
    assert found.height.value == pytest.approx(0.8, rel=0.02)
    assert found.pitch.value == pytest.approx(0.35, abs=0.005)
    assert found.roll.value == pytest.approx(0.03, abs=0.01)
    assert found.yaw.value == pytest.approx(-0.05, abs=0.01)


def test_one_that_lies_anyhow_tells_no_yaw(camera):
    board = Board(9, 6, SIDE)
    found = from_board([seen(camera, board, turned=0.3)] * 3, board)
    assert found.yaw is None and found.height.value == pytest.approx(0.8, rel=0.02)
    assert found.pitch.value == pytest.approx(0.35, abs=0.006)


def test_one_that_stands_is_refused(camera):
    with pytest.raises(CalibrationError, match='does not lie on the floor'):
        seen(camera, Board(9, 6, SIDE), upright=True)


def test_a_picture_without_one_tells_nothing(camera):
    board = Board(9, 6, SIDE)
    assert board_pose(np.full((360, 640), 90, np.uint8), board, camera.view.intrinsics) is None
    with pytest.raises(CalibrationError, match='9x6: is seen in no image'):
        from_board([], board)


@pytest.mark.parametrize(('how', 'words'), [
    ((9, 2, 0.1), 'too few corners'), ((9, 6, 25.0), 'is no side of a square')])
def test_a_board_that_cannot_be_is_refused(how, words):
    with pytest.raises(CalibrationError, match=words):
        Board(*how)
