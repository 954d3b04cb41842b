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

"""Cameras upside down or on their side: pictures, sizes, projection and pose turn alike."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.views import body_axes, make_view
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.images.rotation import Rotation
from seg_node.stop_go import CameraPose, Intrinsics, Limits, Mounting, Reason
from seg_node.stop_go.camera_health.camera_health import CameraHealth
from seg_node.stop_go.camera_view import FixedPose
from seg_node.stop_go.geometry import View
from seg_node.stop_go.lens import Lens

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
K1, K2, P1, P2 = -0.2, 0.05, 0.01, -0.02
MOUNTING = Mounting(height=1.1, pitch=0.3, roll=0.05, yaw=0.1, forward=0.2, left=0.1)


@pytest.mark.parametrize(('rotation', 'corner'), [
    (Rotation.NONE, (0, 0)), (Rotation.RIGHT, (0, -1)), (Rotation.HALF, (-1, -1)),
    (Rotation.LEFT, (-1, 0))])
def test_the_first_pixel_sent_goes_where_it_must(rotation, corner):
    upright = rotation.upright(PICTURE)
    assert upright[corner].tolist() == PICTURE[0, 0].tolist()
    assert (upright.shape[1], upright.shape[0]) == rotation.size(6, 4)
    assert np.array_equal(rotation.as_sent(upright), PICTURE)
    assert np.array_equal(rotation.back.upright(upright), PICTURE)
    assert np.array_equal(rotation.as_sent(upright[..., 0]), PICTURE[..., 0]), 'maps too'


@pytest.mark.parametrize('rotation', Rotation)
def test_an_image_is_turned_with_its_size(rotation):
    reduced = CameraImage(Pixels.of(PICTURE), 'bgr8', 60, 40, 'a note')
    turned = reduced.turned(rotation)
    assert (turned.width, turned.height) == rotation.size(60, 40)
    assert (turned.encoding, turned.note, turned.rotation) == ('bgr8', 'a note', rotation)


@pytest.mark.parametrize('rotation', Rotation)
def test_the_projection_falls_on_the_turned_pixels(rotation):
    """A point seen at a pixel of the camera is seen at that pixel's place upright."""
    sent = View(Intrinsics(640, 480, 500.0, 510.0, 300.0, 250.0,
                           Lens('plumb_bob', (K1, K2, P1, P2, 0.0))),
                CameraPose.from_mounting(MOUNTING))
    upright = View(sent.intrinsics.turned(rotation), sent.pose.turned(rotation))
    rng = np.random.default_rng(1)
    points = np.stack([rng.uniform(2, 9, 50), rng.uniform(-1, 1, 50), rng.uniform(0, 1, 50)], -1)
    u, v = np.moveaxis(sent.project(points), -1, 0)
    expected = {
        Rotation.NONE: (u, v), Rotation.RIGHT: (479 - v, u), Rotation.HALF: (639 - u, 479 - v),
        Rotation.LEFT: (v, 639 - u)}[rotation]
    assert np.isfinite(u).all()
    assert upright.project(points) == pytest.approx(np.stack(expected, axis=-1), abs=1e-9)
    small = upright.scaled(*rotation.size(320, 240))
    assert small.project(points) == pytest.approx((upright.project(points) + 0.5) / 2 - 0.5)


@pytest.mark.parametrize('rotation', Rotation)
def test_mounting_angles_are_those_of_the_upright_picture(rotation):
    limits = Limits(mountings={'camera': MOUNTING})
    own = FixedPose('camera', limits, rotation).pose('any')
    upright = own.turned(rotation)
    ahead, left, up = body_axes(MOUNTING).T
    assert upright.rotation == pytest.approx(np.array([-left, -up, ahead]))
    assert own.rotation[2] == pytest.approx(ahead), 'however it is turned, it looks there'
    if rotation is Rotation.HALF:
        assert own.rotation[1] == pytest.approx(up), 'down in its picture is up'


def test_scaling_keeps_the_rotation():
    turned = make_view().intrinsics.turned(Rotation.HALF)
    assert turned.scaled(100, 50).rotation is Rotation.HALF


@pytest.mark.parametrize('rotation', Rotation)
def test_tears_are_found_along_the_rows_that_were_sent(rotation):
    rng = np.random.default_rng(0)
    health = CameraHealth()

    def check(shift):
        x = np.arange(640)[None, :] / 640
        y = np.arange(480)[:, None]
        grey = 90 + 60 * x + 20 * np.sin(y / 50) + np.where(y >= 200, shift, 0)
        noisy = np.clip(grey + rng.normal(0, 2, (480, 640)), 0, 255).astype(np.uint8)
        image = CameraImage.of(np.repeat(noisy[..., None], 3, axis=2)).turned(rotation)
        return {finding.reason for finding in health.check(image)}

    for _ in range(3):
        assert Reason.CAMERA_TORN not in check(0)
    assert Reason.CAMERA_TORN in check(40)
