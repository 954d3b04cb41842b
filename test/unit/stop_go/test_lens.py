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

"""Where a lens shows a point, held against OpenCV; and what drivers call it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from helpers.views import BARREL, FISHEYE, RATIONAL
from seg_node.stop_go import Intrinsics
from seg_node.stop_go.lens import Lens, read_lens

NAN = float('nan')
FOCAL = {'width': 640, 'height': 480, 'fx': 500.0, 'fy': 510.0, 'cx': 322.0, 'cy': 238.0}
MATRIX = np.array([[500.0, 0, 322], [0, 510.0, 238], [0, 0, 1]])
PRISM = (0.01, -0.004, 0.006, 0.003)
TILT = (0.05, -0.08)
GRID = np.stack([*np.meshgrid(np.linspace(-0.6, 0.6, 13), np.linspace(-0.5, 0.5, 11)),
                 np.ones((11, 13))], axis=-1)


def seen_by_opencv(fisheye, d):
    """Return the pixels [11, 13, 2] of GRID that OpenCV gives."""
    project = cv2.fisheye.projectPoints if fisheye else cv2.projectPoints
    points = GRID.reshape(-1, 1, 3) * 3.0
    pixels, _ = project(points, np.zeros(3), np.zeros(3), MATRIX, np.array(d, float))
    return pixels.reshape(11, 13, 2)


def seen_by_us(name, d):
    return Intrinsics(**FOCAL, lens=read_lens(name, d)).project(GRID * 3.0)


@pytest.mark.parametrize('name', ['plumb_bob', 'rational_polynomial', ''])
@pytest.mark.parametrize('d', [
    BARREL[:4], BARREL, RATIONAL, (*RATIONAL, *PRISM), (*RATIONAL, *PRISM, *TILT),
    (*BARREL, 0.0, 0.0, 0.0), (*BARREL, *[0.0] * 7), (*BARREL, *[0.0] * 9),
    (-0.3, 0.1, 0.0, 0.0, -0.01, 0.02, 0.01, *[0.0] * 7), (*[0.0] * 12, *TILT),
    (*[0.0] * 8, *PRISM)], ids=len)
def test_every_form_of_opencv_is_seen_as_opencv_sees_it_under_either_name(name, d):
    np.testing.assert_allclose(seen_by_us(name, d), seen_by_opencv(False, d), atol=1e-6)


@pytest.mark.parametrize('lens', [
    Lens(), Lens('plumb_bob', BARREL), Lens('plumb_bob', RATIONAL),
    Lens('plumb_bob', (*RATIONAL, *PRISM)), Lens('plumb_bob', (*RATIONAL, *PRISM, *TILT)),
    Lens('equidistant', FISHEYE)], ids=lambda lens: f'{lens.model}{len(lens.coefficients)}')
def test_undistort_undoes_distort(lens):
    plane = GRID[..., :2]
    np.testing.assert_allclose(lens.undistort(lens.distort(plane)), plane, atol=1e-5)
    intrinsics = Intrinsics(**FOCAL, lens=lens)
    np.testing.assert_allclose(intrinsics.unproject(intrinsics.project(GRID)), plane, atol=1e-5)


def test_what_a_lens_cannot_show_is_nowhere():
    folds = Lens('plumb_bob', BARREL)
    edge = folds.distort(np.array([[folds.valid_radius, 0.0]]))[0, 0]
    far = np.array([[edge * 1.5, 0.0], [0.0, -edge * 9], [float('inf'), 0.0], [NAN, 0.0]])
    assert np.isnan(folds.undistort(far)).all()
    assert np.isfinite(folds.undistort(np.array([[edge * 0.9, 0.0], [0.0, 0.0]]))).all()


@pytest.mark.parametrize('name', ['equidistant', 'fisheye'])
@pytest.mark.parametrize('d', [FISHEYE, (*FISHEYE, 0.0), (*FISHEYE, *[0.0] * 10), (0.0,) * 4,
                               (0.0,) * 5], ids=len)
def test_fisheye_is_equidistant_and_zeros_at_the_end_are_nothing(name, d):
    np.testing.assert_allclose(seen_by_us(name, d), seen_by_opencv(True, d[:4]), atol=1e-6)


@pytest.mark.parametrize('name', ['', 'none', 'pinhole', 'plumb_bob', 'rational_polynomial'])
@pytest.mark.parametrize('count', [0, 1, 3, 4, 5, 8, 12, 14, 20])
def test_zeros_and_nothing_are_no_distortion(name, count):
    assert read_lens(name, [0.0] * count) == Lens()
    np.testing.assert_allclose(seen_by_us(name, [0.0] * count), seen_by_opencv(False, [0.0] * 4))


def test_the_same_lens_told_longer_is_the_same():
    """A driver that restarts with another length has not changed the camera."""
    assert read_lens('plumb_bob', BARREL[:4]) == read_lens('rational_polynomial', [
        *BARREL, *[0.0] * 9]) == Lens('plumb_bob', BARREL[:4])


@pytest.mark.parametrize(('name', 'd', 'message'), [
    ('mei', [], "distortion_model: 'mei' is none of none, pinhole, plumb_bob, "),
    ('PLUMB_BOB\n', [], 'distortion_model: '),
    ('plumb_bob', (0.1,) * 3, 'd: .* does not fit plumb_bob, which has 0 or 4 or 5 or 8 or 12'),
    ('plumb_bob', (0.1,) * 6, 'd: '), ('rational_polynomial', (0.1,) * 7, 'd: '),
    ('plumb_bob', (0.1,) * 15, 'd: '), ('rational_polynomial', (0.1, 0, 0, 0, 0, 0, 0.2), 'd: '),
    ('plumb_bob', (0.1, 0.0, NAN, 0.0), 'd: '), ('plumb_bob', (0.1, *[0.0] * 12, NAN), 'd: '),
    ('pinhole', BARREL, "d: .* is a distortion, and distortion_model is 'pinhole'"),
    ('none', (0.0, NAN), 'd: '), ('fisheye', (), 'd: .* does not fit equidistant, which has 4'),
    ('equidistant', (0.1, 0.2), 'd: '), ('equidistant', (*FISHEYE, 0.1), 'd: '),
    ('equidistant', (math.inf,) * 4, 'd: ')])
def test_what_no_lens_has_is_refused_by_name(name, d, message):
    with pytest.raises(ValueError, match=f'^{message}'):
        read_lens(name, d)


@pytest.mark.parametrize(('model', 'message'), [
    ('mei', "distortion_model: 'mei' is none of plumb_bob, equidistant"),
    ('equidistant', 'd: .* does not fit equidistant, which has 4')])
def test_a_lens_is_checked(model, message):
    with pytest.raises(ValueError, match=f'^{message}'):
        Lens(model)


def test_equidistant_in_closed_form():
    lens = Intrinsics(**FOCAL, lens=Lens('equidistant', (0.0, 0.0, 0.0, 0.0)))
    off = math.radians(60)
    np.testing.assert_allclose(
        lens.project(np.array([[math.tan(off), 0.0, 1.0], [0.0, 0.0, 5.0]])),
        [[322 + 500 * off, 238], [322, 238]])


def test_strong_barrel_distortion_ends_where_it_folds():
    # r (1 - 0.3 r^2) grows up to r = 1 / sqrt(0.9) = 1.054.
    lens = Intrinsics(**FOCAL, lens=Lens('plumb_bob', (-0.3, 0.0, 0.0, 0.0)))
    pixels = lens.project(np.array([[1.04, 0.0, 1.0], [1.07, 0.0, 1.0], [3.0, 0.0, 1.0]]))
    assert np.isfinite(pixels[0]).all() and np.isnan(pixels[1:]).all()


@pytest.mark.parametrize('d', [
    (0.0, 0.0, 0.0, 0.05, 0.0), (*[0.0] * 8, -0.2, 0.0, 0.0, 0.0), (*[0.0] * 12, 0.0, 0.6)])
def test_a_fold_on_one_side_ends_it_too(d):
    """Tangential, prism and tilt terms: x grows with distance on one side, not on the other."""
    lens = Intrinsics(**FOCAL, lens=read_lens('plumb_bob', d))
    away = np.linspace(0.0, 3.9, 391)
    for side in (-1.0, 1.0):
        u = lens.project(np.stack([side * away, 0 * away, 1 + 0 * away], -1))[:, 0] - lens.cx
        seen = np.isfinite(u)
        assert (np.diff(np.abs(u[seen])) > 0).all() and seen[:100].all()
        assert not seen[seen.argmin():].any() or seen.all()
