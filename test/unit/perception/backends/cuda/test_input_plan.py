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

"""Camera frames to network input: the kernels give the bytes of the CPU path."""

from __future__ import annotations

import platform

from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.on_cpu import address, assert_guarded, guarded, load, needs_compiler
from seg_node.perception.backends.cuda.input_plan import linear_taps, plan_input
from seg_node.perception.images.errors import MAX_SIDE
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.raw import decode_raw
from seg_node.perception.images.raw_image import RawImage
from seg_node.perception.input_scaler import InputScaler

pytestmark = needs_compiler

X86 = platform.machine() in ('x86_64', 'AMD64')


def cpu_path(bgr, width, height):
    """Return the network's input as the CPU makes it."""
    return InputScaler(width, height).scale(bgr)


def on_gpu(plan, data, step):
    """Return the network's input as the kernel makes it."""
    target, around = guarded(plan.target_height, plan.target_width, 3)
    load().run(plan.launch(address(data), step, address(plan.tables.data), address(target)))
    assert_guarded(target, around)
    return target


def assert_same(given, expected):
    if X86:
        np.testing.assert_array_equal(given, expected)
    else:  # OpenCV may convert YUV with fewer bits
        assert np.abs(given.astype(int) - expected).max() <= 3


def compare(layout, width, height, target_width, target_height, padding=0, seed=0):
    plan = plan_input(layout, width, height, target_width, target_height)
    step = width * layout.pixel_bytes + padding
    data = np.random.default_rng(seed).integers(0, 256, plan.source_bytes(step), np.uint8)
    data[::seed % 5 + 2] = 255 * (seed % 2)  # saturation, and flat parts
    bgr = decode_raw(RawImage(height, width, layout.name.lower(), False, step, data))
    assert_same(on_gpu(plan, data, step), cpu_path(bgr, target_width, target_height))
    return plan.halvings


@st.composite
def frames(draw):
    """Return layout, size and target: any ratio, or one at which the rule changes."""
    layout = draw(st.sampled_from(Layout))
    target = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    size = tuple(draw(st.one_of(
        st.integers(1, 60), st.integers(1, 5).map(lambda times, side=side: times * side),
        st.floats(1.8, 4).map(lambda times, side=side: round(times * side)))) for side in target)
    width, height = (side + side % shared
                     for side, shared in zip(size, layout.shared, strict=True))
    return layout, width, height, *target


@settings(max_examples=500)
@given(frames(), st.integers(0, 9), st.integers(0, 2**32 - 1))
@example((Layout.BGR8, 1, 1, 1, 1), 0, 0)
@example((Layout.RGB8, 1, 1, 7, 5), 3, 1)
@example((Layout.NV12, 2, 2, 9, 1), 0, 1)
@example((Layout.YUYV, 2, 1, 1, 9), 2, 0)
@example((Layout.BGR8, 37, 150, 2, 3), 1, 3)      # four halvings, odd sizes
def test_any_frame(frame, padding, seed):
    compare(*frame, padding, seed)


@pytest.mark.parametrize(('layout', 'width', 'height', 'halvings'), [
    ('bgr8', 320, 192, 0), ('nv21', 320, 192, 0), ('rgb8', 426, 240, 0), ('mono8', 200, 120, 0),
    ('bgr8', 2000, 300, 0), ('yuyv', 640, 480, 1), ('bgr8', 640, 384, 1), ('nv12', 1280, 720, 1),
    ('uyvy', 1280, 768, 2), ('bgra8', 1920, 1080, 2), ('rgba8', 1919, 1079, 2),
    ('rgb8', 2448, 2048, 2), ('bgr8', 3840, 2160, 3)])
def test_frames_of_real_cameras(layout, width, height, halvings):
    assert compare(
        Layout[layout.upper()], width, height, 320, 192, padding=16, seed=width) == halvings


def test_every_colour_of_yuv():
    y, u, v = np.indices((128, 256, 256), np.uint8)
    data = np.stack([y, u, 255 - y, v], axis=-1).reshape(4096, -1)
    plan = plan_input(Layout.YUYV, 4096, 4096, 4096, 4096)
    bgr = decode_raw(RawImage(4096, 4096, 'yuyv', False, data.shape[1], data))
    assert_same(on_gpu(plan, data, data.shape[1]), bgr[..., ::-1])


def test_cameras_of_a_batch_get_slices():
    batch, around = guarded(3, 30, 50, 3)
    rng = np.random.default_rng(3)
    for index, (width, height) in enumerate([(50, 30), (64, 48), (131, 97)]):
        plan = plan_input(Layout.BGR8, width, height, 50, 30)
        frame = rng.integers(0, 256, (height, width, 3), np.uint8)
        load().run(plan.launch(address(frame), 3 * width, address(plan.tables.data),
                               address(batch) + index * 30 * 50 * 3))
        assert_same(batch[index], cpu_path(frame, 50, 30))
    assert_guarded(batch, around)


@settings(max_examples=50)
@given(st.integers(1, MAX_SIDE), st.integers(1, 600))
def test_weights_of_neighbours_stay_inside(source, target):
    index, weight = linear_taps(source, target).T
    assert (index >= 0).all() and (index + (weight > 0) < source).all()
    assert (weight >= 0).all() and (weight <= 256).all()


@pytest.mark.parametrize(('layout', 'width', 'height', 'said'), [
    ('bgr8', 0, 4, '0x4'), ('bgr8', 4, MAX_SIDE + 1, str(MAX_SIDE)), ('yuyv', 3, 4, 'even'),
    ('uyvy', 5, 4, '5x4'), ('nv12', 4, 3, '2x2'), ('nv21', 3, 4, 'even')])
def test_sizes_that_do_not_fit(layout, width, height, said):
    with pytest.raises(ValueError, match=said):
        plan_input(Layout[layout.upper()], width, height, 4, 4)


def test_rows_that_overlap():
    plan = plan_input(Layout.BGR8, 10, 4, 4, 4)
    assert plan.source_bytes(32) == 3 * 32 + 30
    with pytest.raises(ValueError, match='step 29.*at least 30'):
        plan.launch(0, 29, 0, 0)
