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

"""What a fan of rays shows, held against points all around each circle."""

from __future__ import annotations

import math

from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np

from seg_node.stop_go.memory.ray_fan import RayFan

AXIS = np.linspace(-3.0, 3.0, 25)
RADIUS = 0.1
ROUND = np.linspace(0.0, 2 * math.pi, 200, endpoint=False)


def points_around():
    """Return points on each circle, [H, W, 200, 2]."""
    x, y = np.meshgrid(AXIS, AXIS)
    return np.stack([x[..., None] + RADIUS * np.cos(ROUND), y[..., None] + RADIUS * np.sin(ROUND)],
                    axis=-1)


@settings(max_examples=60)
@example(0.0, 6.25, 1.0, 4.0, 0.0)      # a gap that is narrower than a circle
@given(st.floats(-3.1, 3.1), st.floats(0.3, 2 * math.pi), st.floats(0.2, 1.0),
       st.floats(1.0, 4.0), st.floats(-1.0, 1.0))
def test_a_circle_is_shown_where_all_of_it_is(begin, turn, start, free, x):
    rays = 500
    fan = RayFan(x, 0.5, begin, turn / rays, np.full(rays, start, np.float32),
                 np.full(rays, free, np.float32))
    index, clear = fan.shown(AXIS, AXIS, RADIUS)
    found, freed = np.zeros((2, len(AXIS) ** 2), np.bool_)
    found[index], freed[index[clear]] = True, True
    apart = points_around() - (x, 0.5)
    distance = np.hypot(apart[..., 0], apart[..., 1])
    aside = np.arctan2(apart[..., 1], apart[..., 0]) - begin - turn / 2
    aside = np.abs(np.mod(aside + math.pi, 2 * math.pi) - math.pi)

    def expected(slack):
        """Return what is in view, and free; with less slack, or more, than rounding makes."""
        within = (aside <= turn / 2 - slack) | (turn > 2 * math.pi - 1e-3)
        view = (within & (distance >= start + slack)).all(axis=-1).ravel()
        return view, view & (distance <= free - slack).all(axis=-1).ravel()

    for got, most, least in zip((found, freed), expected(-0.01), expected(0.01), strict=True):
        assert not (got & ~most).any() and not (least & ~got).any()
