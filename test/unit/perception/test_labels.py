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

"""Label tables and nearest-label resizing."""

from __future__ import annotations

import cv2
from hypothesis import given
from hypothesis import strategies as st
import numpy as np

from seg_node.perception.labels import (
    color_lut,
    drivable,
    drivable_lut,
    ground_lut,
    resize_labels,
)
from seg_node.perception.models.manifest import UNLABELLED
from seg_node.perception.models.model import Action, ClassInfo

CLASSES = (
    ClassInfo('background', (1, 2, 3), False, Action.STOP),
    ClassInfo('path', (10, 20, 30), True, Action.GO),
)


def test_only_drivable_classes_are_drivable():
    table = drivable_lut(CLASSES)
    assert table.shape == (256,)
    assert table.dtype == np.uint8
    assert np.flatnonzero(table).tolist() == [1]
    assert table[UNLABELLED] == 0


def test_drivable_pixels_are_a_bool_map():
    path = drivable(np.array([[0, 1, UNLABELLED, 2]], np.uint8), CLASSES)
    assert path.dtype == np.bool_
    assert path.tolist() == [[False, True, False, False]]


def test_ground_is_what_is_drivable_or_flat():
    flat = (*CLASSES, ClassInfo('grass', (0, 0, 0), False, Action.STOP, flat=True))
    assert np.flatnonzero(ground_lut(CLASSES)).tolist() == [1]
    assert np.flatnonzero(ground_lut(flat)).tolist() == [1, len(CLASSES)]


def test_colours_are_bgr_and_black_beyond_the_classes():
    table = color_lut(CLASSES)
    assert table.shape == (256, 1, 3)
    assert table[1, 0].tolist() == [30, 20, 10]
    assert not table[2:].any()


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 90), st.integers(1, 90))
def test_resizing_takes_the_label_at_the_pixel_centre(width, height, new_width, new_height):
    labels = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    resized = resize_labels(labels, (new_width, new_height))

    def candidates(new, old):
        place = (np.arange(new) + 0.5) * old / new
        # On the border of two source pixels rounding decides, and either is nearest.
        low = np.clip(np.floor(place - 1e-3), 0, old - 1).astype(int)
        return low, np.clip(np.floor(place + 1e-3), 0, old - 1).astype(int)

    rows, columns = candidates(new_height, height), candidates(new_width, width)
    options = [labels[np.ix_(y, x)] for y in rows for x in columns]
    assert np.any([option == resized for option in options], axis=0).all()


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 2000), st.integers(1, 2000))
def test_resizing_rounds_as_opencv_does(width, height, new_width, new_height):
    labels = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    np.testing.assert_array_equal(resize_labels(labels, (new_width, new_height)), cv2.resize(
        labels, (new_width, new_height), interpolation=cv2.INTER_NEAREST_EXACT))
