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

"""The grid of directions around the horizon, against rays worked out the other way round."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import make_view, rays, views
from seg_node.stop_go.corridor.horizon import HorizonGrid


def elevations(view):
    """Return the elevation at which each pixel looks, radians over the horizon: [H, W]."""
    looks = rays(view)
    return np.arctan2(looks[..., 2], np.hypot(looks[..., 0], looks[..., 1]))


@settings(max_examples=40, deadline=None)
@given(views(), st.floats(-0.3, 0.0))
def test_path_up_to_an_elevation_is_seen_up_to_it(view, end):
    up = elevations(view)
    path = up < end
    if not path.any() or path.all():
        return
    pixel = 1 / view.intrinsics.fx
    top = HorizonGrid.build(view).top(path)
    # In the corners of a picture a pixel of a rolled camera may stand for a row of its own.
    assert top == pytest.approx(min(end, up.max()), abs=3 * pixel)


@pytest.mark.parametrize('yaw', [0.0, 1.5, 3.1416])
@pytest.mark.parametrize('roll', [-0.3, 0.3])
def test_roll_and_yaw_do_not_matter(roll, yaw):
    view = make_view(roll=roll, yaw=yaw, pitch=0.1)
    assert HorizonGrid.build(view).top(elevations(view) < -0.05) == pytest.approx(-0.05, abs=0.006)


def test_what_hangs_in_the_air_is_not_the_end_of_the_path():
    view = make_view(pitch=0.1)
    up = elevations(view)
    path = (up < -0.1) | ((up > 0.05) & (up < 0.1))
    assert HorizonGrid.build(view).top(path) == pytest.approx(-0.1, abs=0.005)


def test_a_single_wrong_pixel_in_a_row_is_none():
    view = make_view(pitch=0.1)
    path = elevations(view) < -0.1
    path[:, 256] = True
    assert HorizonGrid.build(view).top(path) == pytest.approx(-0.1, abs=0.005)


def test_no_path_has_no_end():
    view = make_view()
    assert HorizonGrid.build(view).top(np.zeros((288, 512), np.bool_)) is None
