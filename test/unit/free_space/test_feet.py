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

"""Borders between pixels: nothing leaves its pixel, and nothing more is free."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np

from helpers.views import draw_post, make_view, PATH, POST
from seg_node.free_space.feet import join_feet
from seg_node.stop_go import GroundLimits
from seg_node.stop_go.ground_rays import GroundRays

SIZE = 320, 192
VIEW = make_view(SIZE, pitch=0.1)
RAYS = GroundRays.build(VIEW, GroundLimits(pitch_error=0.0))


def measure(labels):
    return RAYS.measure(labels == PATH, labels == POST)


def wall(*ends):
    """Return labels of a plain up to a line through two points of the ground, [2] each."""
    (u0, v0), (u1, v1) = VIEW.project(np.array([[*end, 0.0] for end in ends]))
    rows, cols = np.mgrid[:SIZE[1], :SIZE[0]]
    return np.where(rows > v0 + (cols - u0) * (v1 - v0) / (u1 - u0), PATH, POST).astype(np.uint8)


def test_a_wall_aslant_is_told_where_it_stands():
    before = measure(wall((24.0, 5.0), (8.0, -1.0)))
    after = join_feet(RAYS, before)
    # x = a + b y along the wall, so its distance at an angle is known.
    slope = 16.0 / 6.0
    truth = (24.0 - 5.0 * slope) / (np.cos(RAYS.azimuth) - slope * np.sin(RAYS.azimuth))
    middle = np.abs(RAYS.azimuth) < 0.15
    off = np.abs(np.stack([before.foot, after.foot])[:, middle] - truth[middle]) / truth[middle]
    assert np.median(off[1]) < np.median(off[0]) / 2
    assert off[1].max() < off[0].max()


def test_what_stands_alone_is_not_mixed_with_what_lies_behind():
    labels = wall((9.0, 4.0), (9.0, -4.0))
    draw_post(labels, VIEW, 5.0, 0.0, width=0.3)
    before = measure(labels)
    np.testing.assert_allclose(join_feet(RAYS, before).foot, before.foot, rtol=0.02)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 191), st.integers(0, 319), st.integers(1, 60),
                          st.integers(1, 90), st.sampled_from([PATH, POST, 7])), max_size=12))
def test_no_foot_leaves_its_pixel_and_nothing_more_is_free(boxes):
    labels = np.full(SIZE[::-1], PATH, np.uint8)
    for row, col, height, width, label in boxes:
        labels[row:row + height, col:col + width] = label
    before = measure(labels)
    after = join_feet(RAYS, before)
    assert (after.free <= before.free).all() and (after.free <= after.foot).all()
    assert (after.free >= RAYS.start).all()
    seen = np.isfinite(before.foot)
    np.testing.assert_array_equal(np.isfinite(after.foot), seen)
    cut = before.foot == RAYS.start
    np.testing.assert_array_equal(after.foot[cut], before.foot[cut])

    def row(reach):
        points = np.stack([RAYS.origin[0] + reach * np.cos(RAYS.azimuth[seen]),
                           RAYS.origin[1] + reach * np.sin(RAYS.azimuth[seen]),
                           np.zeros(seen.sum())], axis=-1)
        return VIEW.project(points)

    moved = np.hypot(*(row(after.foot[seen]) - row(before.foot[seen])).T)
    assert np.nan_to_num(moved).max(initial=0.0) < 1.0
