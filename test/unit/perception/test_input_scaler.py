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

"""Camera images to the network's size: nothing is skipped, nothing moves."""

from __future__ import annotations

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.perception.input_scaler import halvings, InputScaler

SIZES = st.tuples(st.integers(1, 700), st.integers(1, 700))


@given(SIZES, SIZES)
def test_halving_ends_just_above_the_target(size, target):
    times = halvings(size, target)
    after, further = [[side >> count for side in size] for count in (times, times + 1)]
    assert times == 0 or (after[0] >= target[0] and after[1] >= target[1])
    assert further[0] < target[0] or further[1] < target[1]


@pytest.mark.parametrize(('size', 'times'), [
    ((320, 192), 0), ((639, 400), 0), ((640, 383), 0), ((640, 384), 1), ((1280, 720), 1),
    ((1920, 1080), 2), ((3840, 2160), 3), ((5000, 300), 0)])
def test_real_cameras(size, times):
    assert halvings(size, (320, 192)) == times


@pytest.mark.parametrize('size', [
    (640, 384), (1280, 720), (1279, 719), (1920, 1080), (3001, 2003)])
def test_no_pixel_is_skipped(size):
    # Fine stripes are grey from afar; sampled, they would flicker between black and white.
    stripes = np.zeros((size[1], size[0], 3), np.uint8)
    stripes[:, ::2] = 255
    scaled = InputScaler(320, 192).scale(stripes)
    assert abs(int(scaled.min()) - 128) <= 1 and abs(int(scaled.max()) - 128) <= 1


@pytest.mark.parametrize('size', [(320, 192), (641, 385), (1280, 720), (1919, 1079), (500, 900)])
def test_a_gradient_stays_where_it_is(size):
    columns = (np.arange(size[0]) + 0.5) / size[0] * 200 + 20
    image = np.repeat(columns.round().astype(np.uint8)[None, :, None], size[1], 0).repeat(3, 2)
    scaled = InputScaler(320, 192).scale(image)[96, :, 0].astype(float)
    wanted = (np.arange(320) + 0.5) / 320 * 200 + 20
    # Half a level of rounding at each step, and the left-out column of odd widths.
    assert np.abs(scaled - wanted).max() < 2.0


def test_colours_become_rgb_and_the_image_stays():
    image = np.full((400, 700, 3), (10, 20, 30), np.uint8)
    given = image.copy()
    scaler = InputScaler(64, 32)
    assert (scaler.scale(image) == (30, 20, 10)).all()
    assert (scaler.resize(image) == (10, 20, 30)).all()
    np.testing.assert_array_equal(image, given)
    assert scaler.resize(image[:32, :64]).shape == (32, 64, 3)


@pytest.mark.parametrize('size', [(640, 480), (1280, 720), (352, 191), (31, 47), (700, 16)])
def test_what_is_interpolated_has_the_bits_that_opencv_defines(size):
    image = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    halved = image
    for _ in range(halvings(size, (352, 192))):
        halved = cv2.resize(halved, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    wanted = cv2.resize(halved, (352, 192), interpolation=cv2.INTER_LINEAR_EXACT)
    scaler = InputScaler(352, 192)
    for _ in range(2):      # the second time in memory that is used again
        np.testing.assert_array_equal(scaler.resize(image), wanted)
        np.testing.assert_array_equal(scaler.scale(image), wanted[..., ::-1])
