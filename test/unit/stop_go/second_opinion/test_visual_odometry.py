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

"""Unit tests of the motion that images of the ground tell: how far and how much it turned."""

from dataclasses import replace
import math

import cv2
from hypothesis import assume, given, reject
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import Renderer, Scene
from seg_node.simulation.road import CentreLine, Pose, Profile
from seg_node.stop_go import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.second_opinion.level_camera import LevelCamera, small_image
from seg_node.stop_go.second_opinion.visual_odometry import VisualOdometry

CAMERA = Camera.from_fov(320, 192, 1.2, 1.2, 0.12)
RATE = 15.0


def level_camera(ahead=0.3):
    view = View(Intrinsics(320, 192, CAMERA.focal_px, CAMERA.focal_px, CAMERA.cx, CAMERA.cy),
                CameraPose.from_mounting(Mounting(forward=ahead, height=1.2, pitch=0.12)))
    return LevelCamera.build(view, (320, 192))


def road():
    line = CentreLine.from_curvature(lambda s: np.zeros_like(s), -10.0, 80.0)
    return Renderer(
        Scene(line, Profile(8.0), Surfaces(Material.ASPHALT, Material.GRASS)), CAMERA)


def level(camera, bgr):
    return np.asarray(cv2.cvtColor(camera.image(small_image(bgr)), cv2.COLOR_BGR2GRAY), np.uint8)


def told(images, turned=0.0):
    """Return what is told from images, bgr, at RATE, and the odometry."""
    camera = level_camera()
    odometry = VisualOdometry(camera, turned)
    return [odometry.motion(level(camera, bgr), number / RATE)
            for number, bgr in enumerate(images)], odometry


def drive(speed, curvature=0.0, nod=0.0, frames=20, renderer=None, ahead=0.3):
    """Yield what the camera sees, `ahead` of the vehicle's origin, which drives along an arc."""
    renderer = renderer or road()
    x = y = yaw = 0.0
    for number in range(frames):
        pose = Pose(x + ahead * math.cos(yaw), y + ahead * math.sin(yaw), yaw)
        yield renderer.render(pose, (), number, nod * math.sin(1.7 * number)).bgr
        middle = yaw + speed * curvature / RATE / 2
        x, y = x + math.cos(middle) * speed / RATE, y + math.sin(middle) * speed / RATE
        yaw += speed * curvature / RATE


@pytest.mark.parametrize('speed, curvature', [
    (0.3, 0.0), (1.0, 0.0), (1.0, 0.3), (2.0, -0.2), (4.0, 0.0), (-1.0, 0.0)])
@pytest.mark.parametrize('nod', [0.0, 0.004])
def test_ground_tells_how_the_vehicle_moves(speed, curvature, nod):
    said, odometry = told(drive(speed, curvature, nod))
    assert said[0] is said[1] is None       # one pair of images is not believed
    motions = [motion for motion in said[2:] if motion is not None]
    assert len(motions) >= 15 and not odometry.silent
    forward = np.mean([motion.forward for motion in motions])
    assert forward == pytest.approx(speed, rel=0.05)
    assert np.mean([motion.yaw_rate for motion in motions]) == pytest.approx(
        speed * curvature, abs=0.02)
    assert all(motion.left == 0.0 for motion in motions)


def test_a_camera_that_looks_back_sees_the_vehicle_drive_backwards():
    said, _ = told(drive(1.0), math.pi)
    assert said[-1].forward == pytest.approx(-1.0, rel=0.05)
    assert said[-1].left == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize('nod', [0.0, 0.004])
def test_a_vehicle_that_stands_is_told_to_stand(nod):
    said, _ = told(drive(0.0, nod=nod))
    assert np.abs([motion.forward for motion in said[2:]]).max() < 0.1
    assert abs(np.mean([motion.forward for motion in said[2:]])) < 0.02


def test_ground_without_texture_tells_nothing():
    said, odometry = told([np.full((192, 320, 3), 120, np.uint8)] * 6)
    assert said == [None] * 6
    assert odometry.silent == 'the ground does not tell how the vehicle moved'


def test_lines_alone_tell_nothing():
    # Along them all looks alike, so a vehicle at any speed seems to stand.
    line = np.full((192, 320, 3), 120, np.uint8)
    for column in (-300, 100, 220, 620):
        cv2.line(line, (160, 40), (column, 191), (230, 230, 230), 5, cv2.LINE_AA)
    noise = np.random.default_rng(0)
    said, _ = told([np.clip(line + noise.normal(0, 2, line.shape), 0, 255).astype(np.uint8)
                    for _ in range(10)])
    assert said == [None] * 10


def test_images_that_have_nothing_to_do_with_each_other_tell_nothing():
    noise = np.random.default_rng(1)
    said, _ = told([cv2.resize(noise.integers(0, 255, (48, 80, 3), dtype=np.uint8), (320, 192))
                    for _ in range(8)])
    assert said == [None] * 8


def test_a_speed_that_jumps_is_not_believed_before_it_is_told_again():
    renderer = road()
    images = [*drive(1.0, renderer=renderer, frames=10)]
    x = 9 / RATE
    for number in range(6):
        x += 3.0 / RATE
        images.append(renderer.render(Pose(0.3 + x, 0.0, 0.0), (), number, 0.0).bgr)
    said, _ = told(images)
    assert said[9] is not None and said[10] is None
    assert said[-1].forward == pytest.approx(3.0, rel=0.06)


def test_an_image_of_the_same_time_is_no_motion():
    camera = level_camera()
    odometry = VisualOdometry(camera, 0.0)
    first, second = (level(camera, bgr) for bgr in drive(1.0, frames=2))
    assert odometry.motion(first, 1.0) is None
    assert odometry.motion(second, 1.0) is None
    assert odometry.silent == 'no image before'


@pytest.mark.parametrize('rows', [1, 3, 7, 30])
def test_a_sliver_of_ground_tells_nothing(rows):
    camera = level_camera()
    sliver = replace(camera, seen=camera.seen[:rows], map_u=camera.map_u[:rows],
                     map_v=camera.map_v[:rows])
    odometry = VisualOdometry(sliver, 0.0)
    for number, bgr in enumerate(drive(1.0, frames=4)):
        assert odometry.motion(level(sliver, bgr), number / RATE) is None


@given(height=st.floats(0.02, 5.0), pitch=st.floats(-0.6, 1.4), roll=st.floats(-0.5, 0.5),
       size=st.tuples(st.integers(2, 400), st.integers(2, 300)), seed=st.integers(0, 99),
       grain=st.integers(1, 12), moved=st.integers(-9, 9), gap=st.floats(1e-6, 5.0))
def test_whatever_the_camera_sees_it_is_no_number_that_is_none(
        height, pitch, roll, size, seed, grain, moved, gap):
    view = View(Intrinsics(*size, size[0] * 0.7, size[0] * 0.7, size[0] / 2, size[1] / 2),
                CameraPose.from_mounting(Mounting(height=height, pitch=pitch, roll=roll)))
    rows = max(1, round(size[1] * 320 / size[0]))
    assume(rows < 2000)
    try:
        camera = LevelCamera.build(view, (320, rows))
    except ValueError:
        reject()
    noise = np.random.default_rng(seed).integers(
        0, 255, (rows // grain + 1, 320 // grain + 1, 3), dtype=np.uint8)
    image = cv2.resize(noise, (320, rows))
    odometry = VisualOdometry(camera, 0.0)
    for number in range(4):
        found = odometry.motion(level(camera, np.roll(image, number * moved, 0)), number * gap)
        assert found is None or math.isfinite(found.forward + found.yaw_rate)
        assert (found is None) is bool(odometry.silent)
