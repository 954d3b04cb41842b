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

"""Labels and confidence to the camera's resolution: the kernel gives what resize_labels gives."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.on_cpu import address, assert_guarded, guarded, load, needs_compiler
from seg_node.perception.backends.cuda.map_plan import plan_maps
from seg_node.perception.labels import resize_labels

pytestmark = needs_compiler

SIDE = st.integers(1, 90)


def maps(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (2, height, width), np.uint8)


@settings(max_examples=300)
@given(SIDE, SIDE, SIDE, SIDE)
@example(1, 1, 1, 1)
@example(448, 256, 1280, 720)
@example(448, 256, 641, 479)
@example(512, 256, 300, 200)
def test_any_size(width, height, full_width, full_height):
    plan = plan_maps(width, height, full_width, full_height)
    labels, confidence = maps(width, height, seed=full_width)
    (full, around), (full_sure, around_sure) = (guarded(full_height, full_width) for _ in '12')
    load().run(plan.launch(address(labels), address(confidence), address(plan.tables.data),
                           address(full), address(full_sure)))
    size = full_width, full_height
    np.testing.assert_array_equal(full, resize_labels(labels, size))
    np.testing.assert_array_equal(full_sure, resize_labels(confidence, size))
    assert_guarded(full, around)
    assert_guarded(full_sure, around_sure)


def test_only_labels():
    plan = plan_maps(40, 30, 64, 48)
    labels, _ = maps(40, 30)
    full = np.empty((48, 64), np.uint8)
    load().run(plan.launch(address(labels), 0, address(plan.tables.data), address(full), 0))
    np.testing.assert_array_equal(full, resize_labels(labels, (64, 48)))


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match='40x0 to 64x48'):
        plan_maps(40, 0, 64, 48)
