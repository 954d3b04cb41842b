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

"""Where a camera sits, from rendered drives of which it is known."""

from __future__ import annotations

from dataclasses import replace
import math

import cv2
import numpy as np
import pytest

from helpers.mounted import MountedCamera, SIZE, world
from helpers.views import BARREL
from seg_node.calibration.drive import combined, DriveCalibration, ENOUGH, PairEstimate
from seg_node.calibration.estimate import angles_of, CalibrationError, upright_pose
from seg_node.calibration.ground_motion import axes, GroundMotion
from seg_node.stop_go import CameraPose, Mounting, View
from seg_node.stop_go.lens import Lens


def drive(camera, step=0.2, count=12, curvature=0.0, nod=0.003, told=None, paint=None):
    """Drive along a road; `told` metres from image to image, None: as they are."""
    found, x, y, yaw = DriveCalibration(camera.view.intrinsics), 0.0, 0.0, 0.0
    for number in range(count):
        middle = yaw + curvature * step / 2
        x, y = x + step * math.cos(middle), y + step * math.sin(middle)
        yaw += curvature * step
        picture = camera.picture(x, yaw, number, nod * math.sin(2.1 * number), y)
        found.look(picture if paint is None else paint(picture), step if told is None else told)
    return found


@pytest.mark.parametrize(('mounting', 'step', 'things'), [
    (Mounting(1.2, 0.1), 0.2, True),
    (Mounting(1.2, 0.1, roll=0.05, yaw=0.1), 0.2, True),
    (Mounting(0.3, 0.2, roll=-0.03, yaw=-0.2), 0.05, True),
    (Mounting(1.5, 0.05), 0.7, False)], ids=['car', 'rolled', 'low', 'quick'])
def test_a_straight_drive_tells_the_mounting(mounting, step, things):
    found = drive(MountedCamera(mounting, world(things)), step).estimate()
    assert found.pitch.value == pytest.approx(mounting.pitch, abs=0.005)
    assert found.roll.value == pytest.approx(mounting.roll, abs=0.01)
    assert found.yaw.value == pytest.approx(mounting.yaw, abs=0.01)
    assert found.height.value == pytest.approx(mounting.height, rel=0.03)
    assert 0.0 < found.pitch.spread < 0.01 and found.pitch.count >= ENOUGH


def test_a_lens_that_bends_is_straightened():
    mounting = Mounting(1.0, 0.2, 0.03, 0.05)
    camera = MountedCamera(mounting)
    bent = replace(camera.view.intrinsics, lens=Lens('plumb_bob', BARREL))
    u, v = np.meshgrid(*(np.arange(size, dtype=float) for size in SIZE))
    plane = bent.unproject(np.stack([u, v], -1))
    maps = [np.nan_to_num(plane[..., axis] * focal + middle, nan=-9.0).astype(np.float32)
            for axis, focal, middle in ((0, bent.fx, bent.cx), (1, bent.fy, bent.cy))]
    camera.view = View(bent, camera.view.pose)
    found = drive(camera, 0.18, 10, paint=lambda bgr: cv2.remap(
        bgr, *maps, cv2.INTER_LINEAR)).estimate()
    assert found.pitch.value == pytest.approx(0.2, abs=0.005)
    assert found.roll.value == pytest.approx(0.03, abs=0.01)
    assert found.height.value == pytest.approx(1.0, rel=0.03)


def test_backwards_is_told_by_odometry():
    camera = MountedCamera(Mounting(1.2, 0.12))
    found = drive(camera, -0.2, told=-0.2).estimate()
    assert found.yaw.value == pytest.approx(0.0, abs=0.01)
    assert found.pitch.value == pytest.approx(0.12, abs=0.005)


def test_without_a_speed_there_is_no_height():
    sights = [PairEstimate(Mounting(1.0, 0.1), 0.2, 0.0, distance)
              for distance in (None,) * 9 + (0.3,)]
    found = combined(sights)
    assert found.height is None and found.pitch.value == 0.1


@pytest.mark.parametrize(('how', 'words'), [
    ({'count': 1}, 'one picture shows no motion'),
    ({'step': 0.0, 'nod': 0.0}, 'stands, or hardly drives'),
    ({'curvature': 0.15}, r'the vehicle turns, by \+0\.1\d\d rad'),
    ({'count': 5}, f'{ENOUGH} are needed'),
    ({'paint': lambda bgr: np.full_like(bgr, 90)}, 'nothing could be followed'),
], ids=['picture', 'standing', 'turning', 'short', 'blank'])
def test_a_drive_that_was_no_good_is_refused(how, words):
    found = drive(MountedCamera(Mounting(1.2, 0.1)), **how)
    with pytest.raises(CalibrationError, match=words):
        found.estimate()


def test_pairs_that_do_not_agree_are_refused():
    found = DriveCalibration(MountedCamera(Mounting(1.2, 0.1)).view.intrinsics)
    found.sights = [PairEstimate(Mounting(1.0, pitch), 0.2, 0.0, None)
                    for pitch in np.linspace(-0.2, 0.2, 10).tolist()]
    with pytest.raises(CalibrationError, match='do not agree: the pitch spreads by'):
        found.estimate()


def test_a_camera_that_looks_back_has_one_yaw():
    sights = [PairEstimate(Mounting(1.0, yaw=yaw), 0.2, 0.0, 0.3) for yaw in (3.14, -3.14) * 5]
    found = combined(sights)
    assert abs(found.yaw.value) == pytest.approx(math.pi, abs=0.003)
    assert found.height.value == pytest.approx(1.5)


@pytest.mark.parametrize('mounting', [
    Mounting(1.0), Mounting(0.5, 0.3, 0.1, -0.4), Mounting(2.0, -0.1, -0.2, 3.0)])
def test_angles_and_poses_are_each_other_s_inverse(mounting):
    pose = CameraPose.from_mounting(mounting)
    again = upright_pose(pose.rotation[:, 0], -pose.rotation[:, 2], mounting.height)
    found = angles_of(again)
    for name in ('height', 'pitch', 'roll', 'yaw'):
        assert getattr(found, name) == pytest.approx(getattr(mounting, name), abs=1e-9)


def test_the_homography_is_that_of_the_ground():
    camera = MountedCamera(Mounting(1.2, 0.2, 0.05, 0.1))
    rotation, intrinsics = camera.view.pose.rotation, camera.view.intrinsics
    motion = GroundMotion(np.zeros(3), rotation[:, 0],
                          axes(rotation[:, 0]) @ -rotation[:, 2] * (0.5 / 1.2))
    before = np.array([[3.0, 0.4, 0.0], [5.0, -1.0, 0.0], [4.0, 0.0, 0.0]])
    matrix = np.array([[intrinsics.fx, 0, intrinsics.cx], [0, intrinsics.fy, intrinsics.cy],
                       [0, 0, 1]])
    pixels = camera.view.project(before)
    there = np.c_[pixels, np.ones(3)] @ motion.homography(matrix).T
    assert there[:, :2] / there[:, 2:] == pytest.approx(
        camera.view.project(before - [0.5, 0.0, 0.0]), abs=1e-6)
